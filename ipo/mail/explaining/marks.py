"""Where phrases of a learning text stand in the mail as a person reads it.

A learning text has other white space, and lacks what was cut away; a phrase that is not there word for word
has no mark.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ipo.mail.explaining.knockout import PhraseEffect

MOST_MARKS = 10
LEAST_SHARE = 0.08  # of the strongest effect


@dataclass(frozen=True)
class Phrase:
    """A phrase and its effect on the text logit; above 0 it speaks for spam."""

    text: str
    effect: float


@dataclass(frozen=True)
class Mark:
    """A phrase in a text."""

    start: int
    end: int
    effect: float


def carrying_phrases(text: str, effects: Iterable[PhraseEffect]) -> list[Phrase]:
    """The phrases of a learning text that carry the decision, strongest first."""
    phrases = [Phrase(text[one.start : one.end], one.effect) for one in effects]
    least = LEAST_SHARE * max((abs(phrase.effect) for phrase in phrases), default=0.0)
    return [phrase for phrase in phrases if abs(phrase.effect) >= max(least, 1e-6)][:MOST_MARKS]


def marks(shown: str, phrases: Iterable[Phrase]) -> list[Mark]:
    """The phrases where they stand in a text, the strongest first to take its place; in order of the text."""
    found: list[Mark] = []
    for phrase in phrases:
        words = map(re.escape, phrase.text.split())
        for match in re.finditer(r"\s+".join(words), shown):
            if all(match.end() <= mark.start or mark.end <= match.start() for mark in found):
                found.append(Mark(match.start(), match.end(), phrase.effect))
                break
    return sorted(found, key=lambda mark: mark.start)
