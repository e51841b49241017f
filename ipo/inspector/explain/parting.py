"""Where two runs that should be equal part: the first step, its first tensor that differs, the element."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.capture.history import History
from ipo.inspector.capture.tensors import Phase, TensorSpec

Array = NDArray[Any]
Step = Mapping[str, Array]

_PHASES = {phase: place for place, phase in enumerate(Phase)}


class Recorded(Protocol):
    """Numbers of all steps, and tensors of some."""

    @property
    def specs(self) -> Mapping[str, TensorSpec]: ...

    @property
    def history(self) -> History: ...

    @property
    def snapshots(self) -> Mapping[int, Step]: ...


@dataclass(frozen=True)
class Parting:
    """The first difference. `says` has it in one sentence."""

    step: int
    key: str
    phase: str
    index: tuple[int, ...] | None  # of the element in C order; none where shapes differ, or one lacks it
    says: str


@dataclass(frozen=True)
class Comparison:
    """What was compared, and where the two part, if they do."""

    compared: tuple[int, ...]  # steps whose tensors both have
    numbers: int  # steps of which both have the numbers of history
    parting: Parting | None

    @property
    def says(self) -> str:
        tensors = f"the tensors of {len(self.compared)} steps and the numbers of {self.numbers}"
        if self.parting is None:
            return f"Equal, bit for bit, in {tensors}."
        return self.parting.says


def compare_runs(here: Recorded, there: Recorded) -> Comparison:
    """Every bit of what both have: NaN is equal to the same NaN, and −0 is not 0.

    Steps of which one lacks the tensors are compared by their numbers alone. Raises `ValueError` where the
    two have no step in common.
    """
    numbers = min(len(here.history.steps), len(there.history.steps))
    compared = tuple(step for step in here.snapshots if step in there.snapshots)
    if not compared and not numbers:
        raise ValueError("The two have no step in common; runs of the same training would be right.")
    first = _first_in_history(here, there, numbers)
    for step in compared:
        if first is not None and first.step < step:
            break
        found = first_difference(step, here.snapshots[step], there.snapshots[step], here.specs)
        if found is not None:
            return Comparison(compared, numbers, found)
    return Comparison(compared, numbers, first)


def first_difference(step: int, here: Step, there: Step, specs: Mapping[str, TensorSpec]) -> Parting | None:
    """The first tensor of a step that differs, in order of computation; `None` where none does."""
    for key in in_order([*here, *(key for key in there if key not in here)], specs):
        if key not in here or key not in there:
            lacks = "there" if key in here else "here"
            says = f"Step {step} has {_named(key, specs)} in one run only; it is missing {lacks}."
            return Parting(step, key, _phase(key, specs), None, says)
        first, second = np.asarray(here[key]), np.asarray(there[key])
        if first.shape != second.shape or first.dtype != second.dtype:
            says = (
                f"At step {step} {_named(key, specs)} is {first.dtype} {first.shape} here and "
                f"{second.dtype} {second.shape} there."
            )
            return Parting(step, key, _phase(key, specs), None, says)
        differ = _differing(first, second)
        if differ.any():
            return _element(step, key, first, second, differ, specs)
    return None


def in_order(keys: Sequence[str], specs: Mapping[str, TensorSpec]) -> list[str]:
    """As a step computes them: by phase, then as the specs have them."""
    places = {key: place for place, key in enumerate(specs)}
    last = len(_PHASES)

    def place(key: str) -> tuple[int, int]:
        phase = _PHASES[specs[key].phase] if key in specs else last
        return phase, places.get(key, len(places))

    return sorted(keys, key=place)


def _first_in_history(here: Recorded, there: Recorded, steps: int) -> Parting | None:
    """By the numbers of all steps; of one step the first that is computed."""
    best: tuple[int, str] | None = None
    for key in in_order([key for key in here.history.columns if key in there.history.columns], here.specs):
        first, second = here.history.columns[key][:steps], there.history.columns[key][:steps]
        if first.shape != second.shape or not steps:
            continue
        rows = np.flatnonzero(_differing(first, second).reshape(steps, -1).any(1))
        if len(rows) and (best is None or rows[0] < best[0]):
            best = int(rows[0]), key
    if best is None:
        return None
    step, key = best
    first, second = here.history.columns[key][step], there.history.columns[key][step]
    found = _element(step, key, first, second, _differing(first, second), here.specs)
    says = f"{found.says} One run has the numbers of that step only: record it in both to see more."
    return Parting(step, key, found.phase, found.index, says)


def _element(
    step: int, key: str, here: Array, there: Array, differ: NDArray[np.bool_], specs: Mapping[str, TensorSpec]
) -> Parting:
    index = tuple(int(place) for place in np.argwhere(differ)[0])
    count = int(differ.sum())
    with np.errstate(all="ignore"):
        wide = np.complex128 if np.iscomplexobj(here) else np.float64
        distances = np.abs(here.astype(wide) - there.astype(wide))[differ]
        finite = distances[np.isfinite(distances)]
    far = f", at most {finite.max():.3g} apart" if finite.size else ""
    where = f", element [{', '.join(map(str, index))}]" if index else ""
    of = f"; {count} of {differ.size} elements differ{far}" if index else ""
    before = "Equal before. " if step else ""
    says = (
        f"{before}At step {step} they part in {_named(key, specs)} ({_phase(key, specs)}){where}: "
        f"{_value(here[index])} here, {_value(there[index])} there{of}."
    )
    return Parting(step, key, _phase(key, specs), index, says)


def _differing(here: Array, there: Array) -> NDArray[np.bool_]:
    """Which elements have other bits."""
    size = here.dtype.itemsize
    bits = [np.frombuffer(np.ascontiguousarray(one).tobytes(), np.uint8) for one in (here, there)]
    differ: NDArray[np.bool_] = (bits[0] != bits[1]).reshape(-1, size).any(1).reshape(here.shape)
    return differ


def _named(key: str, specs: Mapping[str, TensorSpec]) -> str:
    return f"{specs[key].label} ({key})" if key in specs and specs[key].label != key else key


def _phase(key: str, specs: Mapping[str, TensorSpec]) -> str:
    return specs[key].phase.replace("_", " ") if key in specs else "history"


def _value(value: Any) -> str:
    """With as many digits as tell it from its neighbours."""
    return str(value.item()) if np.issubdtype(value.dtype, np.integer) else f"{value:.9g}"
