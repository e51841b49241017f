"""Which steps go into a file, so that it has at most so many bytes; known before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ipo.inspector.capture.snapshots import Snapshot

HTML_BYTES = 64 * 2**20  # that a browser opens without anybody waiting
NPZ_BYTES = 2**30

_BASE64 = 4 / 3  # characters for a byte


class TooLarge(ValueError):
    """The steps do not fit; the message says how many would."""


@dataclass(frozen=True)
class Choice:
    """Steps to write, and at most how many bytes the file of them has."""

    steps: tuple[int, ...]
    nbytes: int
    left_out: int  # steps in memory that are not among them


def step_bytes(snapshot: Snapshot) -> int:
    """Of all tensors of a step, as they are written."""
    whole = sum(snapshot[key].nbytes for key in snapshot)
    return whole + sum(tensor.nbytes for tensor in snapshot.packed.values())


def html_bytes(snapshot: Snapshot) -> int:
    """Of the figures of a step in a file of HTML. At most: what two steps share is there once."""
    return round(_BASE64 * step_bytes(snapshot))


def choose_steps(
    retained: Sequence[int],
    pinned: Sequence[int],
    each: int,
    budget: int,
    wanted: Sequence[int] | None = None,
) -> Choice:
    """Steps of those in memory, when each has `each` bytes and all together may have `budget`.

    `wanted` ones, all of them; else those that are pinned, the latest, and the others evenly, as many as fit.
    Raises `TooLarge`, and `ValueError` for a step that is not in memory or where there is none.
    """
    if not retained:
        raise ValueError("No step is in memory yet: take one first.")
    room = budget // max(each, 1)
    if wanted is not None:
        strangers = sorted(set(wanted) - set(retained))
        if strangers or not wanted:
            has = f"{retained[0]} … {retained[-1]}"
            raise ValueError(f"Steps {strangers} are not in memory; {len(retained)} of {has} are.")
        if len(set(wanted)) > room:
            raise TooLarge(_too_large(len(set(wanted)), each, budget, room))
        steps = tuple(sorted(set(wanted)))
    else:
        if room < 1:
            raise TooLarge(_too_large(1, each, budget, room))
        steps = _spread(retained, pinned, room)
    return Choice(steps, len(steps) * each, len(retained) - len(steps))


def megabytes(nbytes: int) -> str:
    """`12 MB`."""
    return f"{max(1, round(nbytes / 1e6)):,} MB"


def _spread(retained: Sequence[int], pinned: Sequence[int], room: int) -> tuple[int, ...]:
    """As many as there is room for: the latest, the pinned ones, then from oldest to newest evenly."""
    if len(retained) <= room:
        return tuple(retained)
    first = [retained[-1], *(step for step in pinned if step in retained and step != retained[-1])][:room]
    others = [step for step in retained if step not in first]
    left = room - len(first)
    places = np.unique(np.linspace(0, len(others) - 1, left).astype(int))
    return tuple(sorted([*first, *(others[place] for place in places)]))


def _too_large(count: int, each: int, budget: int, room: int) -> str:
    steps = "1 step has" if count == 1 else f"{count} steps have"
    right = f"at most {room} fit" if room else "a larger budget would be right"
    return f"{steps} {megabytes(count * each)}; the file may have {megabytes(budget)}: {right}."
