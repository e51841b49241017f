"""Which phrases carry the decision: what the text head says without each of them.

A phrase is a sentence, a line or a part of one. Its effect is the drop of the text logit when it is cut
out, so it is exact, also where weights of words would mislead: the rest of the text is read anew.
"""

import re
from dataclasses import dataclass

from ipo.mail.cleaning import LINKS, without_links
from ipo.mail.embedding.protocol import Embedder
from ipo.mail.model.text_head import TextHead

MOST_PHRASES = 200
_LONGEST = 160  # characters of a phrase
_END = re.compile(r"(?<=[.!?;:])\s+|\n+")


@dataclass(frozen=True)
class PhraseEffect:
    """A phrase of a learning text; above 0 it speaks for spam."""

    start: int
    end: int
    effect: float  # of the text logit


def split_phrases(text: str) -> list[tuple[int, int]]:
    """Where the first 200 phrases of a text begin and end, without the white space between them.

    The line of links is one phrase.
    """
    body = len(without_links(text))
    spans: list[tuple[int, int]] = []
    start = 0
    for end in [*(match.end() for match in _END.finditer(text, 0, body)), body]:
        spans += _shortened(text, start, end)
        start = end
        if len(spans) >= MOST_PHRASES:
            break
    links = [(body + LINKS.index("L"), len(text))] if body < len(text) else []
    return [*spans[: MOST_PHRASES - len(links)], *links]


def phrase_effects(head: TextHead, embedder: Embedder, text: str) -> list[PhraseEffect]:
    """Strongest first."""
    spans = split_phrases(text)
    variants = [text, *(text[:start] + " " + text[end:] for start, end in spans)]
    logits = head.logit(embedder.encode(variants))
    effects = [
        PhraseEffect(start, end, float(logits[0] - logit))
        for (start, end), logit in zip(spans, logits[1:], strict=True)
    ]
    return sorted(effects, key=lambda effect: -abs(effect.effect))


def _shortened(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A phrase, cut at spaces where it is too long."""
    spans = []
    while start < end:
        stop = min(end, start + _LONGEST)
        if stop < end:
            space = text.rfind(" ", start + 1, stop)
            stop = space if space > start else stop
        phrase = text[start:stop]
        first = start + len(phrase) - len(phrase.lstrip())
        last = start + len(phrase.rstrip())
        if first < last:
            spans.append((first, last))
        start = stop
    return spans
