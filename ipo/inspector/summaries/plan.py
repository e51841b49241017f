"""Which tensors of a step are kept whole, and which as summaries, within a budget of bytes a step.

Followed tensors are whole whatever they weigh. Of the others the smallest are, as far as the budget goes; a
training of which everything fits is kept whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ipo.inspector.summaries.summary import SAMPLE

STEP_BYTES = 4 * 2**20  # of one step: 64 of them fill the memory for snapshots

_SUMMARY_BYTES = 4 * SAMPLE


@dataclass(frozen=True)
class PlanState:
    """What a plan does now. Bytes are of one step."""

    budget: int | None  # `None`: everything is whole
    used: int
    followed: tuple[str, ...]
    whole: int  # tensors
    summarized: int


class CapturePlan:
    """Decides for one inspector. Any thread may change it: what is changed holds from the next step on."""

    def __init__(self, budget_bytes: int | None = STEP_BYTES, followed: Iterable[str] = ()) -> None:
        """`followed`: keys, layers (all tensors of theirs), or patterns of either such as `encoder.*`."""
        self._budget = checked_budget(budget_bytes)
        self._followed = tuple(dict.fromkeys(followed))
        self._bytes: dict[str, int] = {}  # the most that a tensor ever had
        self._whole: dict[str, bool] = {}
        self._fixed: set[str] = set()  # whole whatever the plan says
        self._used = 0
        self._changed = False
        self._begins = False  # whether the next tensor is the first of a step

    @property
    def budget(self) -> int | None:
        return self._budget

    @property
    def followed(self) -> tuple[str, ...]:
        return self._followed

    @property
    def state(self) -> PlanState:
        decided = list(self._whole.values())
        return PlanState(self._budget, self._used, self._followed, sum(decided), len(decided) - sum(decided))

    def change(self, *, budget_bytes: int | None, followed: Iterable[str]) -> None:
        """From the next step on. Raises `ValueError` for a budget below 0."""
        self._budget = checked_budget(budget_bytes)
        self._followed = tuple(dict.fromkeys(followed))
        self._changed = True

    def keeps_whole(self, key: str, size: int) -> bool:
        """Whether to keep a tensor of the running step, of `size` values of 4 bytes, whole.

        One that was not seen before, or was smaller, is kept if it fits beside what there is.
        """
        if self._begins:
            self._settle()
        nbytes = 4 * size
        if nbytes <= self._bytes.get(key, -1):
            return self._whole[key]
        before = self._weight(key) if key in self._whole else 0
        self._bytes[key] = nbytes
        self._changed = True
        fits = self._budget is None or self._used - before + nbytes <= self._budget
        self._whole[key] = fits or nbytes <= _SUMMARY_BYTES or self._follows(key)
        self._used += self._weight(key) - before
        return self._whole[key]

    def count(self, key: str, nbytes: int) -> None:
        """A tensor that is kept whole whatever the plan says, as those that a recipe captures by name."""
        if self._begins:
            self._settle()
        if nbytes > self._bytes.get(key, -1):
            before = self._weight(key) if key in self._whole else 0
            self._bytes[key], self._whole[key] = nbytes, True
            self._used += nbytes - before
            self._fixed.add(key)
            self._changed = True

    def end_step(self) -> None:
        """What is asked next is about another step."""
        self._begins = True

    def _settle(self) -> None:
        """Decide anew, where there is news."""
        self._begins = False
        if not self._changed:
            return
        self._changed = False
        budget, followed = self._budget, {key for key in self._bytes if self._follows(key)}
        used = sum(
            nbytes if key in followed else min(nbytes, _SUMMARY_BYTES) for key, nbytes in self._bytes.items()
        )
        whole = dict.fromkeys(self._bytes, False)
        for key, nbytes in sorted(self._bytes.items(), key=lambda one: one[1]):
            more = 0 if key in followed else max(nbytes - _SUMMARY_BYTES, 0)
            if not more or budget is None or used + more <= budget:
                whole[key], used = True, used + more
        self._whole, self._used = whole, used

    def _follows(self, key: str) -> bool:
        return key in self._fixed or is_followed(key, self._followed)

    def _weight(self, key: str) -> int:
        return self._bytes[key] if self._whole[key] else min(self._bytes[key], _SUMMARY_BYTES)


def is_followed(key: str, followed: Iterable[str]) -> bool:
    """Whether a key, or the layer that it is a tensor of, is named or fits a pattern."""
    layer = key.partition("/")[0]
    return any(fnmatchcase(key, one) or (layer != key and fnmatchcase(layer, one)) for one in followed)


def checked_budget(budget_bytes: int | None) -> int | None:
    """Raises `ValueError` for a budget below 0."""
    if budget_bytes is not None and budget_bytes < 0:
        raise ValueError(f"A step cannot have {budget_bytes} bytes; 0 or more, or None for all, is right.")
    return budget_bytes
