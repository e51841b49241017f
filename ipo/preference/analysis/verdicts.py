"""Whether the last verdicts are so one-sided that another one would teach little."""

from collections.abc import Sequence
from dataclasses import dataclass

from ipo.preference.storage.rows import BAD, GOOD, Row

LAST = 20
_ONE_SIDED = 17  # of them: a fair coin does it once in 390 runs


@dataclass(frozen=True)
class LastVerdicts:
    """How many of the last judged images are Good."""

    good: int
    judged: int  # at most `LAST`

    @property
    def one_sided(self) -> int | None:
        """`GOOD` or `BAD` where nearly all are, else `None`."""
        if self.good >= _ONE_SIDED:
            return GOOD
        return BAD if self.judged - self.good >= _ONE_SIDED else None


def last_verdicts(rows: Sequence[Row]) -> LastVerdicts:
    """Of judged rows, oldest first."""
    last = rows[-LAST:]
    return LastVerdicts(sum(row.label == GOOD for row in last), len(last))
