"""Labels when another program wrote labels.csv without knowing of the newest: neither side's are lost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels.csv_file import NONE, Values


@dataclass(frozen=True, eq=False)
class Change:
    """The codes of some images before and after an act."""

    rows: NDArray[np.int64]
    before: Values
    after: Values


def reconcile(found: Values, expected: Values, recent: Sequence[Change]) -> Values:
    """The codes to go on with `(n,)`, where files have `found` and the log says `expected`.

    The other program had read the state that `found` differs least from, of those with only the first ones of
    the `recent` changes. Later changes, of images that it left alone, are kept; where both changed one,
    `found` counts. A file that equals such a state brings that one back.
    """
    given = np.maximum(found, NONE)  # labels.csv says nothing of unsure images
    newest = np.maximum(expected, NONE)
    base = _base(given, newest, recent)
    if np.array_equal(given, base):
        return found
    return np.where((given == base) & (newest != base), expected, found)


def _base(given: Values, newest: Values, recent: Sequence[Change]) -> Values:
    state, base = newest.copy(), newest
    count = fewest = int(np.count_nonzero(given != newest))
    for change in reversed(recent):
        stands = state[change.rows] == np.maximum(change.after, NONE)
        rows, before = change.rows[stands], np.maximum(change.before, NONE)[stands]
        count += int(np.count_nonzero(given[rows] != before))
        count -= int(np.count_nonzero(given[rows] != state[rows]))
        state[rows] = before
        if count < fewest:
            fewest, base = count, state.copy()
    return base
