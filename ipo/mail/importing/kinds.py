"""What kind of file this is, by its first bytes: names lie."""

import re
from enum import Enum, auto

from ipo.mail.importing.report import BadImport

_SAMPLE = 4096  # bytes
_BINARY = 0.05  # of the bytes: control characters beyond this are no text
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

_MBOX = re.compile(rb"\s*(?:\xef\xbb\xbf)?From [^\n]{0,200}\d{1,2}:\d{2}[^\n]{0,60}\n")
_NAME = rb"[A-Za-z][A-Za-z0-9_-]{0,60}:"
_HEADERS = re.compile(rb"(?:\xef\xbb\xbf)?\s*%b(?:[ \t][^\n]*)?\n(?:%b|[ \t]+\S|\r?\n)" % (_NAME, _NAME))
_FOREIGN = (
    (b"%PDF", "a PDF; save the mails as .eml or mbox"),
    (b"\xd0\xcf\x11\xe0", "a file of Outlook or Excel; save mails as .eml, a table as CSV"),
    (b"!BDN", "an archive of Outlook (.pst); export its mails as CSV, mbox or .eml"),
    (b"\x1f\x8b", "packed with gzip; unpack it first"),
    (b"BZh", "packed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "packed with xz; unpack it first"),
    (b"7z\xbc\xaf", "packed with 7-Zip; unpack it first, or pack it as .zip"),
    (b"Rar!", "packed with RAR; unpack it first, or pack it as .zip"),
    (b"PAR1", "a Parquet file; write it as CSV"),
    (b"SQLite format 3", "a database; write its mails as CSV"),
    (b"// <!-- <mdb:mork", "an index of Thunderbird; its mails are in the file without .msf"),
    (b"{\\rtf", "RTF; save the mails as .eml or mbox"),
)


# A message of Apple Mail: its length, itself, and a list of properties.
_EMLX = re.compile(rb"(\d{1,9}) *\n")


class Kind(Enum):
    ZIP = auto()
    MBOX = auto()
    MESSAGE = auto()
    TABLE = auto()


def detect(content: bytes) -> Kind:
    """The kind of a file. Raises `BadImport` for what can hold no mails that can be read."""
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind.ZIP
    for start, what in _FOREIGN:
        if content.startswith(start):
            raise BadImport(f"this is {what}.")
    if not content.strip(b"\x00 \t\r\n"):
        raise BadImport("this is empty.")
    if _MBOX.match(content):
        return Kind.MBOX
    if _HEADERS.match(message_of_emlx(content)):
        return Kind.MESSAGE
    if is_utf16(content):
        return Kind.TABLE
    sample = content[:_SAMPLE]
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1a" for byte in sample)
    if controls > _BINARY * len(sample):
        raise BadImport("this is not text; CSV, mbox, .eml, a Maildir or a .zip of these would be right.")
    return Kind.TABLE


def message_of_emlx(content: bytes) -> bytes:
    """The message in a file of Apple Mail; another file as it is."""
    head = _EMLX.match(content)
    return content[head.end() :][: int(head[1])] if head else content


def is_utf16(content: bytes) -> bool:
    """Whether a text is UTF-16, with or without a mark in front."""
    if content.startswith(_UTF16):
        return True
    odd = content[1:_SAMPLE:2]
    return len(odd) > 4 and odd.count(0) > 0.8 * len(odd) and content[:_SAMPLE:2].count(0) == 0
