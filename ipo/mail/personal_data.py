"""Personal data in a text: mail addresses, phone numbers, numbers of cards and accounts.

Numbers count where a check sum or the way they are written says what they are; a number alone is none.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The name stands in brackets where data of the kind was masked."""

    ADDRESS = "mail address"
    CARD = "card"
    ACCOUNT = "account"
    PHONE = "phone"


@dataclass(frozen=True)
class Found:
    """Personal data at `text[start:end]`."""

    kind: Kind
    start: int
    end: int


ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+%=~*'&-]{1,64}@(?:[A-Za-z0-9_-]{1,63}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,24}(?![\w@])"
)
_CARD = re.compile(r"(?<![\d.,-])[3-6](?:[ -]?\d){12,18}(?![\d-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_NAMED_ACCOUNT = re.compile(
    r"\b(?:account|acct|a/c|konto|compte|cuenta|routing|iban|ssn)\.?"
    r"(?: ?(?:no|nr|num|number|nummer|#)\.?)? ?[:#]? ?(\d(?:[ -]?\d){5,19})(?![\d-])",
    re.IGNORECASE,
)
_SOCIAL_SECURITY = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_PHONE = re.compile(
    r"(?<![\w.,/:=&?%@#-])(?:"
    r"\+\d{1,3}[ ./-]?(?:\(0?\d{0,4}\)[ ./-]?)?\d{1,5}(?:[ ./-]?\d{2,5}){1,5}"  # +44 20 7946 0958
    r"|(?:1[ .-]?)?\(\d{3}\)[ .-]{0,2}\d{3}[ .-]\d{4}"  # (415) 555-0132
    r"|(?:1[ .-])?[2-9]\d{2}([ .-])[2-9]\d{2}\1\d{4}"  # 415-555-0132
    r"|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,4}"  # 020 7946 0958
    r")(?![\w-])(?!\.\d)"
)
_PHONE_DIGITS = (7, 15)


def find(text: str) -> list[Found]:
    """All personal data of a text in order, without overlaps."""
    free, taken = bytearray(b"\1" * len(text)), []
    for found in _candidates(text):
        if all(free[found.start : found.end]):
            free[found.start : found.end] = bytes(found.end - found.start)
            taken.append(found)
    return sorted(taken, key=lambda found: found.start)


def counts(texts: Iterable[str]) -> dict[Kind, int]:
    """How many of the texts have data of each kind."""
    mails = Counter(kind for text in texts for kind in {found.kind for found in find(text)})
    return {kind: mails[kind] for kind in Kind}


def mask(text: str) -> str:
    """The text with “[phone]” in place of a phone number, and so on."""
    parts, end = [], 0
    for found in find(text):
        parts += [text[end : found.start], f"[{found.kind}]"]
        end = found.end
    return "".join([*parts, text[end:]])


def _candidates(text: str) -> Iterator[Found]:
    """The surer a kind is, the earlier it comes."""
    if "@" in text:
        yield from (Found(Kind.ADDRESS, *match.span()) for match in ADDRESS.finditer(text))
    for match in _IBAN.finditer(text):
        if _is_iban(match[0].replace(" ", "")):
            yield Found(Kind.ACCOUNT, *match.span())
    for match in _CARD.finditer(text):
        if _is_card(re.sub(r"[ -]", "", match[0])):
            yield Found(Kind.CARD, *match.span())
    yield from (Found(Kind.ACCOUNT, *match.span(1)) for match in _NAMED_ACCOUNT.finditer(text))
    yield from (Found(Kind.ACCOUNT, *match.span()) for match in _SOCIAL_SECURITY.finditer(text))
    for match in _PHONE.finditer(text):
        if _PHONE_DIGITS[0] <= sum(letter.isdigit() for letter in match[0]) <= _PHONE_DIGITS[1]:
            yield Found(Kind.PHONE, *match.span())


def _is_card(digits: str) -> bool:
    """Luhn: every second digit from the right doubled, digits summed, a multiple of ten."""
    doubled = (2 * int(digit) if at % 2 else int(digit) for at, digit in enumerate(reversed(digits)))
    return len(set(digits)) > 1 and sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    """ISO 13616: the first four at the end, letters as numbers from 10, remainder 1 by 97."""
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1
