"""What a run says of single mails and why, computed on a lane when somebody looks at one."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ipo.jobs import Submit
from ipo.mail.cleaning import learning_text
from ipo.mail.clues import ReadMail
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.explaining.opinion import Opinion, explain
from ipo.mail.mails import Mail
from ipo.mail.training.run import TrainRun
from ipo.services.background_cache import PortableJob
from ipo.services.recent_values import RecentValues

_MOST = 64


@dataclass(frozen=True)
class ExplainedMail:
    """A mail, what the model may read of it, and what it says."""

    mail: Mail
    text: str  # `Opinion.phrases` are places in it
    opinion: Opinion


@dataclass(frozen=True)
class _Question:
    run_id: str
    mail_id: str
    run: TrainRun = field(compare=False)
    mail: Mail = field(compare=False)


class Opinions:
    """Of one set of mails. Every method is quick and safe to call from any thread."""

    def __init__(self, submit: Submit) -> None:
        self._opinions = RecentValues[_Question, ExplainedMail](submit, _prepare, _MOST)

    @property
    def version(self) -> Any:
        return self._opinions.version

    def get(self, run: TrainRun, mail: Mail) -> ExplainedMail | None:
        """`None` while it is computed, or if it cannot be."""
        return self._opinions.get(_Question(run.id, mail.id, run, mail))

    def problem(self, run: TrainRun, mail: Mail) -> str:
        """Why there is no opinion; empty if there is, or will be."""
        return self._opinions.problem(_Question(run.id, mail.id, run, mail))


def _prepare(question: _Question) -> PortableJob[ExplainedMail]:
    return PortableJob("Explain a mail", partial(_explain, question.run, question.mail))


def _explain(run: TrainRun, mail: Mail) -> ExplainedMail:
    text = learning_text(mail.title, mail.body, mail.links, mask=run.params.mask)
    read = ReadMail(mail.title, mail.body, mail.links)
    embedder = open_embedder(run.params.embedder)
    return ExplainedMail(mail, text, explain(run.model, embedder, read, text))
