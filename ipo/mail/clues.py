"""Clues: numbers about a mail that a person would look at too, apart from what it says.

One registry: names of clues are checked against it wherever they come from, so that a typo cannot make one
inert.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]  # (n, clues)

_MANY_CHARACTERS = 100_000  # of a body; what follows is not looked at
_TLDS = frozenset(
    re.findall(r"\w+", "biz cc click cn country gdn icu info loan mobi pw ru su tk to top tv work ws xyz zip")
)
_URGENCY = (
    "act now|apply now|before it'?s too late|call now|deadline|don'?t (?:delay|miss|wait)|expires?|"
    "final notice|hurry|immediate(?:ly)?|instant(?:ly)?|last chance|limited (?:offer|time)|now only|"
    "offer ends|once in a lifetime|only today|order (?:now|today)|risk[- ]free|time is running out|"
    "today only|urgent(?:ly)?|while (?:it|supplies) lasts?|within \\d+ (?:hours?|days?)"
)


@dataclass(frozen=True)
class ReadMail:
    """What clues are computed from."""

    title: str
    body: str
    links: Sequence[str]

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.body[:_MANY_CHARACTERS]}"


@dataclass(frozen=True)
class Clue:
    """One number about a mail."""

    name: str
    title: str
    explanation: str
    compute: Callable[[ReadMail], float]
    present_from: float  # the value from which on the clue counts as present
    shift: float  # of the threshold where it is present; above 0 asks for more before a mail is spam
    shown: Callable[[float], float] = float  # the number as people count it


def _pattern_count(pattern: str) -> Callable[[ReadMail], float]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda mail: float(sum(1 for _ in compiled.finditer(mail.text)))


def _external_links(mail: ReadMail) -> float:
    return float(len(set(_hosts(mail.links))))


def _suspicious_tld(mail: ReadMail) -> float:
    hosts = set(_hosts(mail.links))
    return float(sum(host.rpartition(".")[2] in _TLDS or host.replace(".", "").isdigit() for host in hosts))


def _hosts(links: Iterable[str]) -> Iterable[str]:
    for link in links:
        try:
            address = urlsplit(link if ":" in link.partition("/")[0] else f"http://{link}")
            host = address.hostname
        except ValueError:  # brackets that are no address
            continue
        if host and address.scheme in ("http", "https", "ftp"):
            yield host


def _all_caps_ratio(mail: ReadMail) -> float:
    words = re.findall(r"[^\W\d_]{3,}", mail.text)
    return sum(word.isupper() for word in words) / len(words) if words else 0.0


def _length(mail: ReadMail) -> float:
    return float(np.log1p(len(re.findall(r"\w+", mail.text))))


CLUES: tuple[Clue, ...] = (
    Clue(
        "external_links",
        "External links",
        "different hosts that the mail links to",
        _external_links,
        3,
        -0.04,
    ),
    Clue(
        "suspicious_tld",
        "Suspicious hosts",
        "hosts that are a bare number, or end as throw-away addresses often do (.biz, .info, .ru, .xyz, …)",
        _suspicious_tld,
        1,
        -0.06,
    ),
    Clue(
        "punctuation_bursts",
        "Punctuation bursts",
        "two or more exclamation or question marks in a row",
        _pattern_count(r"[!?]{2,}"),
        1,
        -0.04,
    ),
    Clue(
        "money_symbols",
        "Money",
        "amounts and signs of currencies",
        _pattern_count(r"[$€£¥]\s?\d|\b\d[\d,.]*\s?(?:usd|eur|dollars?|euros?)\b|[$€£]{2,}"),
        1,
        -0.04,
    ),
    Clue(
        "urgency_terms",
        "Urgency",
        "words that press for time",
        _pattern_count(rf"\b(?:{_URGENCY})\b"),
        1,
        -0.04,
    ),
    Clue("all_caps_ratio", "Capitals", "share of words that are all capitals", _all_caps_ratio, 0.15, -0.04),
    Clue("length", "Length", "words", _length, np.log1p(400), 0.02, lambda value: float(np.expm1(value))),
)
CLUE_NAMES = tuple(clue.name for clue in CLUES)
DEFAULT_SHIFTS: Mapping[str, float] = {clue.name: clue.shift for clue in CLUES}


def clue_matrix(mails: Iterable[ReadMail]) -> Matrix:
    """`(n, clues)` in the order of the registry."""
    rows = [[clue.compute(mail) for clue in CLUES] for mail in mails]
    return np.array(rows, np.float32).reshape(-1, len(CLUES))


def present(matrix: Matrix) -> NDArray[np.bool_]:
    """`(n, clues)`: which clues a mail has."""
    return matrix >= np.array([clue.present_from for clue in CLUES], np.float32)


def check_names(names: Iterable[str]) -> None:
    """Raises `ValueError` for the name of a clue that does not exist."""
    unknown = [name for name in names if name not in CLUE_NAMES]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a clue; {', '.join(CLUE_NAMES)} would be right")
