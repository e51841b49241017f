"""A message as mail programs send and store it (RFC 822, MIME), read as a `Mail`.

A broken one is read as far as it goes.
"""

import email.utils
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import CloseBoundaryNotFoundDefect
from email.message import Message

from ipo.mail.mails import Mail, content_id
from ipo.mail.messages.charsets import decode, readable
from ipo.mail.messages.header_text import decode_header
from ipo.mail.messages.html_text import declared_charset, read_html
from ipo.mail.messages.mime import BadMessage, read_mime

MOST_BODY = 200_000  # characters of a body, and
MOST_TITLE = 1_000  # of a title: what follows is not read
_MOST_TEXT = 1_000_000  # characters of what a body is made of, such as HTML, of all parts together
_MOST_HEADER = 20_000  # characters: a title is cut, and encoded words are longer than what they say
_MOST_DATE = 200  # characters
_MOST_ARRIVALS = 100  # servers that a mail came through
_MOST_LINKS = 1_000
_MOST_LINK = 2_000  # characters
_DATES = (0, 4_102_444_800)  # 1970 to 2100, in seconds
_LEAST_PLAIN = 0.3  # of the length of the same in HTML: less only says that there is HTML

_FOR_PROGRAMS = ("text/calendar", "text/directory", "text/vcard", "text/x-amp-html", "text/x-vcard")

_MBOX_LINE = re.compile(rb"From [^\n]*\n")
_URL = re.compile(r"(?:https?|ftp)://[^\s<>\"'()\[\]]+|www\.[^\s<>\"'()\[\]]+", re.IGNORECASE)
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_SIGNATURE = "-- "  # a line of its own before one
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class _Shown:
    """What a part of a message shows."""

    text: str
    links: tuple[str, ...] = ()
    plain: bool = False


@dataclass
class _Room:
    """How many characters more are read of a message."""

    left: int = _MOST_TEXT

    def take(self, text: str) -> str:
        taken = text[: self.left]
        self.left -= len(taken)
        return taken


def parse_message(content: bytes, given: int, source: str) -> Mail:
    """The mail of a message, with or without the line that an mbox has before each.

    Raises `BadMessage` for what has neither headers nor text, and for more parts than can be read.
    """
    content = unify(content)
    message = read_mime(content)
    shown = _show(message, _Room())
    title = _title(message)
    body = _tidy(readable(shown.text))
    if not message.keys() and not body:
        raise BadMessage("it has neither headers nor text")
    return Mail(content_id(content), title, body, given, _date(message), _links(shown.links, body), source)


def parse_text(title: str, body: str, given: int, date: int | None, source: str) -> Mail:
    """The mail of a title and a body that came as text or HTML, as from a table."""
    start = body[:_MOST_TEXT]
    shown = _read_page(start) if _HTML.match(start) else _Shown(start)
    text = _tidy(readable(shown.text))
    line = " ".join(readable(title).split())[:MOST_TITLE]
    id = content_id(f"{title}\0{body}".encode(errors="surrogatepass"))
    return Mail(id, line, text, given, date, _links(shown.links, text), source)


def unify(content: bytes) -> bytes:
    """The same bytes however a message was stored: line ends, mbox line and blank lines at the end."""
    lines = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    start = _MBOX_LINE.match(lines)
    return lines[start.end() if start else 0 :].rstrip(b"\n") + b"\n"


def is_cut_short(content: bytes) -> bool:
    """Whether a message ends within its headers or within its parts. Raises as `parse_message`."""
    content = unify(content)
    defects = [defect for part in read_mime(content).walk() for defect in part.defects]
    return b"\n\n" not in content or any(isinstance(one, CloseBoundaryNotFoundDefect) for one in defects)


def parse_date(text: str) -> int | None:
    """Seconds since 1970 of a date as in mails (RFC 2822) or as in ISO 8601; `None` for others."""
    fields = email.utils.parsedate_tz(text)
    try:
        if fields is not None:
            seconds = int(email.utils.mktime_tz(fields))
        else:
            date = datetime.fromisoformat(text.strip())
            seconds = int((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if _DATES[0] <= seconds <= _DATES[1] else None


def find_links(text: str) -> list[str]:
    """Addresses of pages in a text."""
    return [link.rstrip(".,;:!?*'") for link in _URL.findall(text)]


def _show(part: Message, room: _Room) -> _Shown:
    if part.is_multipart():
        parts = [child for child in part.get_payload() if isinstance(child, Message)]
        if part.get_content_type() == "multipart/alternative":
            return _choose([_show(child, room) for child in parts])
        if part.get_content_maintype() == "message":
            titles = [title for child in parts if (title := _title(child))]
            return _join([*map(_Shown, titles), *(_show(child, room) for child in parts)])
        return _join([_show(child, room) for child in parts])
    kind = part.get_content_type()
    attached = part.get_content_disposition() == "attachment" or kind in _FOR_PROGRAMS
    if attached or not kind.startswith(("text/", "multipart/")):
        return _Shown("")
    return _read_text(part, kind == "text/html", room)


def _read_text(part: Message, is_html: bool, room: _Room) -> _Shown:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return _Shown("")
    charset = part.get_content_charset() or (declared_charset(content) if is_html else None)
    text = room.take(decode(content, charset))
    return _read_page(text) if is_html or _HTML.match(text) else _Shown(text, plain=True)


def _read_page(html: str) -> _Shown:
    page = read_html(html)
    return _Shown(page.text, page.links)


def _choose(alternatives: list[_Shown]) -> _Shown:
    """Plain text, unless it only stands in for HTML; links of all."""
    plain = _join([shown for shown in alternatives if shown.plain])
    rest = _join([shown for shown in alternatives if not shown.plain])
    stands_in = len(plain.text.strip()) < _LEAST_PLAIN * len(rest.text.strip())
    chosen = rest if stands_in else plain
    return _Shown(chosen.text, plain.links + rest.links)


def _join(parts: list[_Shown]) -> _Shown:
    texts = [shown.text for shown in parts if shown.text.strip()]
    return _Shown("\n\n".join(texts), tuple(link for shown in parts for link in shown.links))


def _title(message: Message) -> str:
    return " ".join(readable(decode_header(_header(message, "subject"))).split())[:MOST_TITLE]


def _header(message: Message, name: str) -> str:
    """The first header of a name, as it came; empty where there is none."""
    values = (str(value) for key, value in message.raw_items() if key.lower() == name)
    return next(values, "")[:_MOST_HEADER]


def _tidy(text: str) -> str:
    lines = [line if line == _SIGNATURE else line.rstrip() for line in text[:MOST_BODY].split("\n")]
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip("\n").rstrip()


def _links(from_html: tuple[str, ...], body: str) -> tuple[str, ...]:
    pages = [link for link in ("".join(readable(link).split()) for link in from_html) if _URL.match(link)]
    unique = dict.fromkeys(link[:_MOST_LINK] for link in (*pages, *find_links(body)))
    return tuple(unique)[:_MOST_LINKS]


def _date(message: Message) -> int | None:
    """When it arrived, by the newest server that says so, else when it claims to have been sent."""
    headers = [(key.lower(), str(value)) for key, value in message.raw_items()]
    arrivals = [value for key, value in headers if key == "received"][:_MOST_ARRIVALS]
    stamps = (value.rpartition(";")[2] for value in arrivals)
    dates = (parse_date(text[:_MOST_DATE]) for text in (*stamps, _header(message, "date")))
    return next((date for date in dates if date is not None), None)
