"""A saved run at work on mails that it has never seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ipo.mail.cleaning import learning_text
from ipo.mail.clues import ReadMail, clue_matrix
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.folder import MailFolder
from ipo.mail.mails import Mail
from ipo.mail.model.spam_model import Scores
from ipo.mail.training.run import TrainRun
from ipo.mail.training.run_store import RunStore


@dataclass(frozen=True, eq=False)
class SavedFilter:
    """Scores mails as the app does, bit for bit."""

    run: TrainRun

    def score(self, mails: Sequence[Mail]) -> Scores:
        """Raises `ValueError` where the embedder of the run cannot be had, or is another one here."""
        embedder = open_embedder(self.run.params.embedder)
        if embedder.name != self.run.embedder:
            raise ValueError(f"The run was trained with {self.run.embedder}, here is {embedder.name}.")
        mask = self.run.params.mask
        texts = [learning_text(mail.title, mail.body, mail.links, mask=mask) for mail in mails]
        clues = clue_matrix(ReadMail(mail.title, mail.body, mail.links) for mail in mails)
        return self.run.model.score(embedder.encode(texts), clues)


def open_filter(home: Path, name: str, run_id: str = "") -> SavedFilter:
    """A run of the set `name`, the newest if none is named. Raises `DamagedRun` and `ValueError`."""
    store = RunStore(MailFolder(home, name).runs)
    ids = store.ids()
    if not ids:
        raise ValueError(f"The set {name} has no run. ipo mail train --set {name} makes one.")
    if run_id and run_id not in ids:
        raise ValueError(f"There is no run {run_id} of {name}; {', '.join(ids[:3])} would be right.")
    return SavedFilter(store.load(run_id or ids[0]))
