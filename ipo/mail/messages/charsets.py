"""Bytes as text, whatever charset a mail or a file claims to be in."""

import codecs
import re
import unicodedata

# As browsers do: what calls itself by these names is written in their supersets.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
# Names of mail programs that Python does not know.
_ALIASES = {
    "windows-874": "cp874",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-sjis": "cp932",
}
_NO_CHARSETS = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")
_SAMPLE = 20_000  # bytes that a charset is guessed from
_LEAST_SAMPLE = 30  # bytes beyond ASCII: fewer would be a game of chance
_LEAST_SHARE = 0.15  # fewer are letters with accents
_CONTROLS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f"  # control characters but for the end of a line
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # without width
    "\ud800-\udfff]"  # half of a character
)
_BLANK = ("\t", "\x0b", "\x0c")  # controls that stand for a space
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")


def decode(content: bytes, charset: str | None) -> str:
    """Text in the charset that is claimed, else in the likeliest one; what fits none becomes �."""
    codec = _codec(charset)
    if codec is not None:
        try:
            return content.decode(codec)
        except UnicodeError:
            pass
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(codec or guess_charset(content), errors="replace")


def guess_charset(content: bytes) -> str:
    """The charset that bytes are likeliest in, where they are no UTF-8 and say nothing of it."""
    sample = content[:_SAMPLE]
    beyond = sum(byte > 127 for byte in sample)
    if beyond < _LEAST_SAMPLE or beyond < _LEAST_SHARE * len(sample):
        return "cp1252"
    from charset_normalizer import from_bytes  # its tables take long to load, and are seldom needed

    best = from_bytes(sample).best()
    return _codec(best.encoding if best is not None else None) or "cp1252"


def readable(text: str) -> str:
    """Unicode NFC with plain line ends, less what nobody sees: control characters, marks without width."""
    lines = _LINE_ENDS.sub("\n", text)
    return unicodedata.normalize("NFC", _CONTROLS.sub(lambda mark: " " * (mark[0] in _BLANK), lines))


def _codec(charset: str | None) -> str | None:
    """The codec for a name; `None` for a name that means no charset."""
    if not charset:
        return None
    plain = charset.strip().casefold()
    try:
        name = codecs.lookup(_ALIASES.get(plain, plain.replace("cp-", "cp"))).name
        b"-".decode(name, errors="ignore")
    except (LookupError, ValueError):  # such as hex; `ValueError`: a name with NUL or with half a character
        return None
    return None if name in _NO_CHARSETS else _SUPERSETS.get(name, name)
