"""What a training reads of a set of mails, whatever the labels: texts, near-duplicates, clues."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.jobs import SILENT, Progress
from ipo.mail.cleaning import learning_texts, without_links
from ipo.mail.clues import Matrix, ReadMail, clue_matrix
from ipo.mail.duplicates import text_groups
from ipo.mail.mails import MailSet

VERSION = 1  # of what is made of a mail: another one once cleaning, near-duplicates or clues are others
_CHUNK = 500


@dataclass(frozen=True, eq=False)
class MailFeatures:
    """One row a mail, in the order of the set."""

    masked: bool  # whether personal data are hidden in the texts
    texts: tuple[str, ...]  # what a model may read
    groups: NDArray[np.int32]  # (n,) near-duplicates share a number
    clues: Matrix  # (n, clues)


def mail_features(mails: MailSet, *, mask: bool, progress: Progress = SILENT) -> MailFeatures:
    """Raises `Cancelled`."""
    progress.report(0, "Clean the texts")
    texts = tuple(learning_texts(mails, mask=mask))
    progress.check()
    progress.report(0.4, "Find near-duplicates")
    groups = text_groups([without_links(text) for text in texts])
    clues = []
    for first in range(0, len(mails), _CHUNK):
        progress.check()
        progress.report(0.7 + 0.3 * first / len(mails), "Count clues")
        rows = range(first, min(first + _CHUNK, len(mails)))
        clues.append(
            clue_matrix(ReadMail(mails.titles[row], mails.bodies[row], mails.links[row]) for row in rows)
        )
    return MailFeatures(mask, texts, groups, np.concatenate([clue_matrix([]), *clues]))
