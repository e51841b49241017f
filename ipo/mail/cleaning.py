"""What a model may read of a mail: what its author wrote, not the list, the archive or the answered mail.

Else it would learn which mailing list a mail went through, not what makes it spam.
"""

import re
from collections.abc import Sequence

from ipo.mail import personal_data
from ipo.mail.mails import MailSet

_LIST_TAGS = re.compile(
    r"^\s*((?:(?:re|fwd?|aw|wg|sv)\s*(?:\[\d+\])?\s*:\s*)*)(?:\[[^\]\n]{1,40}\]\s*:?\s*)+", re.IGNORECASE
)
_PGP = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Z]\w+: .*\n)*"
    r"|^-----BEGIN PGP (SIGNATURE|MESSAGE|PUBLIC KEY BLOCK)-----\n(?:.*\n){0,200}?-----END PGP \1-----\n?",
    re.MULTILINE,
)
_PART_BOUNDARY = re.compile(r"--[^\s-]\S{9,}$")  # of a broken message
_RULE = re.compile(r"\s*(?:[-_=*~]{8,}|-{2,}.{0,60}[-~_]{8,}>?|--)\s*$")
_INLINE_RULE = re.compile(r"(?<=[ \t])(-{20,}|_{20,}|--\w{10,}--)(?=\s|$)")  # where lines were joined
_LIST_LINE = re.compile(  # wherever it stands
    r"/listinfo\b|[\w.]-(?:un)?(?:subscribe|request)@|\b(?:egroups|yahoogroups)\.com\b"
    r"|your use of yahoo! groups|this sf\.net email is",
    re.IGNORECASE,
)
_LIST_FOOTER = re.compile(  # below a rule
    rf"^\s*\S{{2,40}} mailing[ -]list\b.{{0,60}}$|\blistserv\b|\bmailman\b|majordomo|yahoo! groups"
    rf"|\bsubscription info|{_LIST_LINE.pattern}",
    re.IGNORECASE | re.MULTILINE,
)
_FOOTER_LINES = 15  # a footer of a list has no more, and
_FOOTER_WORDS = 6  # speaks of the list in its first lines
_SIGNATURE = re.compile(r"--\s?$")
_SIGNATURE_LINES = 12
_QUOTE = re.compile(r"\s{0,3}(?:[A-Za-z]{0,4}>|\|\s)")
_QUOTES = re.compile(rf"(?:{_QUOTE.pattern})+ ?")
_ATTRIBUTION = re.compile(
    r".{0,200}\b(?:wrote|writes|said|says|schrieb|a écrit|escribió)\b.{0,60}:\s*$|quoting .{3,100}:\s*$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"\s*-{2,}\s*(?:original message|forwarded (?:message|by)|ursprüngliche nachricht|message d'origine)\b"
    r"|begin forwarded (?:message|text)\s*:?\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\s*(?:from|to|cc|bcc|date|sent|subject|reply-to|sender|message-id|received|return-path|organization"
    r"|newsgroups|resent-\w+|delivered-to|mime-version|content-[\w-]+|x-[\w-]+|von|an|gesendet|betreff)\s*:"
    r"(?:\s|$)",
    re.IGNORECASE,
)
_LEAST_HEADERS = 2  # lines of headers that follow each other
_HOST = r"[^\s/:?#<>\"'()\[\],]+"
_REST = r"[^\s<>\"'()\[\]]*"
_URL = re.compile(
    rf"(?:https?|ftp)://(?:[^\s/@<>\"]*@)?({_HOST}){_REST}|\b(www\.{_HOST}){_REST}|<?mailto:[^\s<>\"]*>?",
    re.IGNORECASE,
)
_IP_ADDRESS = re.compile(r"[\d.]+(?::\d+)?$")
_PATH_WORD = re.compile(r"[a-z]{3,12}")
_MOST_LINKS = 60  # of a mail; more are only counted
_MOST_DOUBLINGS = 6
LINKS = "\n\nLinks: "  # begins the last line of a learning text
_LOOSE_ADDRESS = re.compile(r"<[^<>\s@]{0,200}@[^<>\s]{0,200}>|[^\s<>()\[\],;:\"]{1,200}@[\w-]+(?:\.[\w-]+)*")
_LETTER = re.compile(r"[^\W\d_]")
_SPACES = re.compile(r" {2,}")
_EMPTY_LINES = re.compile(r"\n\s*\n\s*")


def learning_texts(mail_set: MailSet, *, mask: bool) -> list[str]:
    """What a model may read of each mail."""
    return [
        learning_text(title, body, links, mask=mask)
        for title, body, links in zip(mail_set.titles, mail_set.bodies, mail_set.links, strict=True)
    ]


def learning_text(title: str, body: str, links: Sequence[str], *, mask: bool) -> str:
    """Title and body without tags and footers of lists, signatures, quoted mails, PGP and mail addresses.

    Links in the text become the words of their host; a last line has those of links that HTML hides. With
    `mask`, phone numbers and the like become “[phone]”.
    """
    lines = _INLINE_RULE.sub(r"\n\1\n", _PGP.sub("", body + "\n")).split("\n")
    lines = _without_signature(_without_footers(_without_forwards(lines)))
    lines = _without_quotes(lines) or [_QUOTES.sub("", line) for line in lines]  # a mail that only passes on
    text = "\n".join([_LIST_TAGS.sub(r"\1", title), *lines])
    text = _SPACES.sub(" ", _LOOSE_ADDRESS.sub(" ", _URL.sub(_host_words, text)))
    if mask:
        text = personal_data.mask(text)
    text = _EMPTY_LINES.sub("\n\n", text).strip()
    words = _link_words([link for link in links if link not in body and not _LIST_LINE.search(link)])
    return f"{text}{LINKS}{words}" if words else text


def without_links(text: str) -> str:
    """A learning text without its line of links."""
    return text.rpartition(LINKS)[0] or text


def _link_words(links: Sequence[str]) -> str:
    """How many there are, then hosts, endings and words of paths; nothing that names a person."""
    found: list[str] = []
    for link in links[:_MOST_LINKS]:
        scheme, _, rest = link.partition("?")[0].rpartition("://")
        host, _, path = rest.partition("/")
        if "@" in rest or scheme not in ("", "http", "https"):
            continue
        if _IP_ADDRESS.match(host):
            found += ["ip", "address"]
        else:
            found += [*host.removeprefix("www.").split("."), f".{host.rpartition('.')[2]}"]
        found += _PATH_WORD.findall(path.lower())
    if not links:
        return ""
    return " ".join([f"many{min(len(links).bit_length(), _MOST_DOUBLINGS)}", *dict.fromkeys(found)])


def _host_words(link: re.Match[str]) -> str:
    host = (link[1] or link[2] or "").removeprefix("www.").strip(".")
    return " ip address " if _IP_ADDRESS.match(host) else f" {host.replace('.', ' ')} "


def _without_forwards(lines: list[str]) -> list[str]:
    """Without the headers of a forwarded or answered mail, and the line before them."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        announced = _FORWARD.match(lines[at]) is not None
        start = at + announced
        while announced and start < len(lines) and not lines[start].strip():
            start += 1
        end = _end_of_headers(lines, start)
        if announced or end - start >= _LEAST_HEADERS:
            at = end
        else:
            kept.append(lines[at])
            at += 1
    return kept


def _end_of_headers(lines: list[str], start: int) -> int:
    end = start
    while end < len(lines) and (
        _HEADER.match(lines[end]) or (end > start and lines[end].strip() and lines[end][0] in " \t")
    ):
        end += 1
    return end


def _without_footers(lines: list[str]) -> list[str]:
    """Without what a list adds: from a rule on, or any line that gives an address of the list."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if _RULE.match(lines[at]) and _LIST_FOOTER.search("\n".join(lines[at : at + _FOOTER_WORDS])):
            if len(lines) - at <= _FOOTER_LINES:
                break
            at = next((row for row in range(at + 2, len(lines)) if not lines[row].strip()), len(lines))
            continue
        if not _LIST_LINE.search(lines[at]) and not _PART_BOUNDARY.match(lines[at]):
            kept.append(lines[at])
        at += 1
    return kept


def _without_signature(lines: list[str]) -> list[str]:
    for at in range(max(0, len(lines) - _SIGNATURE_LINES), len(lines)):
        if _SIGNATURE.match(lines[at]):
            return lines[:at]
    return lines


def _without_quotes(lines: list[str]) -> list[str]:
    """Without quoted lines, and one or two before them that say whose they are; none if no text is left."""
    kept: list[str] = []
    for line in lines:
        if not _QUOTE.match(line):
            kept.append(line)
            continue
        while kept and not kept[-1].strip():
            kept.pop()
        if kept and _ATTRIBUTION.match(kept[-1]):
            two = len(kept) > 1 and kept[-2].startswith("On ") and not kept[-1].startswith("On ")
            del kept[-2 if two else -1 :]
        kept.append("")
    return kept if any(_LETTER.search(line) for line in kept) else []
