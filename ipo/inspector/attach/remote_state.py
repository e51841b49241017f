"""What an attached training says of itself, checked as it arrives."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from ipo import records
from ipo.inspector.attach.connection import Unreachable
from ipo.inspector.capture.tensors import TensorSpec, by_key, parse_spec
from ipo.inspector.stopping import Stop
from ipo.inspector.summaries.plan import PlanState

MOST_STEPS = 10_000_000  # that a training may say it keeps

_Text = Annotated[str, Field(max_length=10_000)]
_Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Stopped:
    """Why a training that was stepped is held."""

    kind: _Text
    message: _Text
    step: int | None


@dataclass(frozen=True)
class RemoteState:
    """Where a training is."""

    id: _Text
    name: _Text
    host: _Text
    pid: int
    version: _Count
    specs_version: _Count
    steps: _Count
    runs: tuple[tuple[_Count, _Count], ...]  # first and last of each run of steps that are in memory
    pinned: tuple[_Count, ...]
    nbytes: _Count
    budget: _Count
    plan: PlanState
    sizes: dict[str, _Count]
    loss: float | None
    notes: dict[str, _Text]
    stopped: Stopped | None
    held: bool
    waiting: bool
    over: bool

    @cached_property
    def retained(self) -> tuple[int, ...]:
        """Steps that are in memory there."""
        return tuple(step for first, last in self.runs for step in range(first, last + 1))

    @cached_property
    def stop(self) -> Stop | None:
        said = self.stopped
        return None if said is None else Stop(said.kind, said.message, said.step)


_SCHEMA = TypeAdapter(RemoteState)


def parse_state(answer: Mapping[str, Any]) -> RemoteState:
    """Raises `Unreachable` for an answer that no training of this version gives."""
    try:
        state = _SCHEMA.validate_python(answer)
    except ValidationError as error:
        says = records.describe(error, "its state")
        raise Unreachable(f"What answers there is no attached training of this version: {says}.") from error
    if sum(max(last - first + 1, 0) for first, last in state.runs) > MOST_STEPS:
        raise Unreachable(f"It says that it keeps more than {MOST_STEPS} steps.")
    return state


def parse_specs(answer: Mapping[str, Any]) -> Mapping[str, TensorSpec]:
    """The specs by key. Raises `Unreachable` for what are none."""
    try:
        return by_key(map(parse_spec, answer["specs"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Unreachable(f"It describes its tensors in another way than this version: {error}.") from error
