"""Why a mail was decided as it was: both heads, the gate, each clue, the phrases that carry the decision."""

from dataclasses import dataclass

from ipo.mail.clues import CLUES, ReadMail, clue_matrix, present
from ipo.mail.embedding.protocol import Embedder
from ipo.mail.explaining.knockout import PhraseEffect, phrase_effects
from ipo.mail.model.spam_model import SpamModel
from ipo.proportions import percent


@dataclass(frozen=True)
class ClueReading:
    """A clue of a mail."""

    name: str
    title: str
    explanation: str
    value: float  # as people count it
    present: bool
    contribution: float  # to the numeric logit; above 0 it speaks for spam


@dataclass(frozen=True)
class Opinion:
    """What a model says of one mail."""

    text_logit: float
    p_text: float
    p_numeric: float  # with the capped logit, as the guardrail takes it
    probability: float
    threshold: float
    consulted: bool
    clues: tuple[ClueReading, ...]  # strongest first
    phrases: tuple[PhraseEffect, ...]  # strongest first; places in the learning text

    @property
    def spam(self) -> bool:
        return self.probability >= self.threshold

    @property
    def heads_disagree(self) -> bool:
        """Whether text and clues are on different sides of one half."""
        return (self.p_text >= 0.5) != (self.p_numeric >= 0.5)

    @property
    def sentence(self) -> str:
        """What tipped it, in words."""
        verdict, sure = "Spam" if self.spam else "Safe", cautious_percent(self.p_text)
        if not self.consulted:
            return f"{verdict} by its text alone ({sure}); the clues were not asked."
        by_text = "spam" if self.p_text >= self.threshold else "safe"
        if by_text == verdict.lower():
            return f"{verdict}: the text left doubt ({sure}), and the clues agreed."
        return f"{verdict}: the text alone said {by_text} ({sure}), the clues tipped it."


def cautious_percent(p: float) -> str:
    """A probability in whole percents; never certainty."""
    if p < 0.01:
        return "<1\u00a0%"
    return ">99\u00a0%" if p > 0.99 else percent(p)


def explain(model: SpamModel, embedder: Embedder, mail: ReadMail, learning_text: str) -> Opinion:
    """The opinion about one mail, of which `learning_text` is what the model may read."""
    clues = clue_matrix([mail])
    scores = model.score(embedder.encode([learning_text]), clues)
    contributions, has = model.numeric_head.contributions(clues)[0], present(clues)[0]
    readings = [
        ClueReading(
            clue.name,
            clue.title,
            clue.explanation,
            clue.shown(float(clues[0, place])),
            bool(has[place]),
            float(contributions[place]),
        )
        for place, clue in enumerate(CLUES)
    ]
    return Opinion(
        float(scores.text_logit[0]),
        float(scores.p_text[0]),
        float(scores.p_numeric[0]),
        float(scores.probability[0]),
        float(scores.threshold[0]),
        bool(scores.consulted[0]),
        tuple(sorted(readings, key=lambda reading: -abs(reading.contribution))),
        tuple(phrase_effects(model.text_head, embedder, learning_text)),
    )
