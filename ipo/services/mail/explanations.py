"""An opinion as the mailbox shows it: in words and numbers, with its phrases marked in the mail."""

from dataclasses import dataclass

from ipo.mail.explaining.marks import Mark, Phrase, carrying_phrases, marks
from ipo.mail.explaining.opinion import ClueReading
from ipo.mail.mails import Mail
from ipo.mail.model.guardrail import GuardParams
from ipo.services.mail.opinions import ExplainedMail

_MOST_SHOWN = 200_000  # characters of a body


@dataclass(frozen=True)
class Explanation:
    """What a filter says of a mail, and why."""

    sentence: str
    spam: bool
    probability: float
    threshold: float
    p_text: float
    p_numeric: float
    consulted: bool
    heads_disagree: bool
    band: tuple[float, float]  # where the clues are asked
    clues: tuple[ClueReading, ...]
    phrases: list[Phrase]
    title_marks: list[Mark]
    body_marks: list[Mark]


def shown_body(mail: Mail) -> str:
    """As much of a mail as a page shows."""
    return mail.body[:_MOST_SHOWN]


def explanation(explained: ExplainedMail, guard: GuardParams) -> Explanation:
    opinion, mail = explained.opinion, explained.mail
    phrases = carrying_phrases(explained.text, opinion.phrases)
    return Explanation(
        opinion.sentence,
        opinion.spam,
        opinion.probability,
        opinion.threshold,
        opinion.p_text,
        opinion.p_numeric,
        opinion.consulted,
        opinion.heads_disagree,
        (guard.assist_center - guard.uncertainty_band, guard.assist_center + guard.uncertainty_band),
        opinion.clues,
        phrases,
        marks(mail.title, phrases),
        marks(shown_body(mail), phrases),
    )
