"""All labels at one moment."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels.csv_file import NONE, UNSURE, Values


@dataclass(frozen=True, eq=False)
class Labels:
    """All labels at one moment. `codes` `(n,)` int8: a class, `NONE` or `UNSURE`; read-only.

    `version` grows with every change.
    """

    codes: Values
    version: int

    @cached_property
    def values(self) -> Values:
        """What may be taught `(n,)` int8: a class, or `NONE`; read-only."""
        return frozen(np.maximum(self.codes, NONE))

    @cached_property
    def unsure(self) -> NDArray[np.bool_]:
        """Which images somebody looked at and could not label `(n,)`."""
        unsure: NDArray[np.bool_] = self.codes == UNSURE
        return unsure

    @property
    def count(self) -> int:
        """How many images have a label."""
        return int(np.count_nonzero(self.values != NONE))

    def per_class(self, classes: int = 10) -> NDArray[np.int64]:
        """How many images have each label."""
        return np.bincount(self.values[self.values != NONE], minlength=classes)


def frozen(values: Values) -> Values:
    """The same array, read-only from now on."""
    values.setflags(write=False)
    return values
