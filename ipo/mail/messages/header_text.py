"""Words of headers that are encoded as in RFC 2047, also by programs that get it wrong."""

import base64
import binascii
import re

from ipo.mail.messages.charsets import decode

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN = re.compile(r"(?<=\?=)\s+(?==\?)")  # white space between two encoded words is not text


def decode_header(value: str) -> str:
    """The text of a header as `email` gives it: bytes that are no ASCII as surrogate escapes."""
    text = decode(value.encode("utf-8", errors="surrogateescape"), None)
    joined = _BETWEEN.sub("", re.sub(r"\r?\n(?=[ \t])", "", text))
    parts: list[str] = []
    pending, charset, end = b"", "", 0  # a character may be cut in two words
    for word in _WORD.finditer(joined):
        named = word[1].casefold().partition("*")[0]  # a language may follow
        if pending and (word.start() != end or named != charset):
            parts.append(decode(pending, charset))
            pending = b""
        parts.append(joined[end : word.start()])
        pending += _content(word[2], word[3])
        charset, end = named, word.end()
    if pending:
        parts.append(decode(pending, charset))
    return "".join([*parts, joined[end:]])


def _content(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        return binascii.a2b_qp(text.encode(), header=True)
    raw = re.sub(r"[^A-Za-z0-9+/]", "", text)
    try:
        return base64.b64decode(raw + "=" * (-len(raw) % 4))
    except binascii.Error:  # one letter too many
        return base64.b64decode(raw[: len(raw) // 4 * 4])
