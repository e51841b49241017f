"""Which steps go into a file, so that it has at most so many bytes; known before it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ipo.inspector.capture.history import History
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import TensorSpec

HTML_BYTES = 64 * 2**20  # that a browser opens without anybody waiting
NPZ_BYTES = 2**30

_BASE64 = 4 / 3  # characters for a byte
_DESCRIBED = 2000  # characters that say what a tensor is
_NUMBER = 12  # characters of a number in a table, of which an axis may have one each
_ENTRY = 512  # bytes around an array within an npz
_PAGE = 500_000  # bytes of scripts, findings and the timeline


class TooLarge(ValueError):
    """The steps do not fit; the message says how many would."""


@dataclass(frozen=True)
class Choice:
    """Steps to write, and at most how many bytes the file of them has."""

    steps: tuple[int, ...]
    nbytes: int
    left_out: int  # steps in memory that are not among them


@dataclass(frozen=True)
class FileSize:
    """At most: what two steps share, and what is kept shorter, is there once."""

    each: int  # bytes of a step
    besides: int = 0  # of all that is no step


def html_size(snapshot: Snapshot) -> FileSize:
    """Of a page with steps like this one: values in base64, words and numbers beside them, its scripts."""
    names = snapshot.captured
    words = _DESCRIBED * len(names) + sum(_NUMBER * sum(snapshot[key].shape) for key in snapshot)
    return FileSize(round(_BASE64 * _nbytes(snapshot)) + words, _PAGE)


def npz_size(snapshot: Snapshot, specs: Mapping[str, TensorSpec], history: History) -> FileSize:
    """Of an npz with steps like this one."""
    columns = sum(column.nbytes + _ENTRY for column in history.columns.values())
    about = _DESCRIBED * len(specs)
    entries = len(snapshot) + len(snapshot.packed)
    return FileSize(_nbytes(snapshot) + _ENTRY * entries, columns + about + _PAGE)


def choose_steps(
    retained: Sequence[int],
    pinned: Sequence[int],
    size: FileSize,
    budget: int,
    wanted: Sequence[int] | None = None,
) -> Choice:
    """Steps of those in memory, so that the file has at most `budget` bytes.

    `wanted` ones, all of them; else those that are pinned, the latest, and the others evenly, as many as fit.
    Raises `TooLarge`, and `ValueError` for a step that is not in memory or where there is none.
    """
    if not retained:
        raise ValueError("No step is in memory yet: take one first.")
    room = max(0, budget - size.besides) // max(size.each, 1)
    if wanted is not None:
        strangers = sorted(set(wanted) - set(retained))
        if strangers or not wanted:
            has = f"{retained[0]} … {retained[-1]}"
            raise ValueError(f"Steps {strangers} are not in memory; {len(retained)} of {has} are.")
        if len(set(wanted)) > room:
            raise TooLarge(_too_large(len(set(wanted)), size, budget, room))
        steps = tuple(sorted(set(wanted)))
    else:
        if room < 1:
            raise TooLarge(_too_large(1, size, budget, room))
        steps = _spread(retained, pinned, room)
    return Choice(steps, size.besides + len(steps) * size.each, len(retained) - len(steps))


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


def _nbytes(snapshot: Snapshot) -> int:
    """Of all tensors of a step, as they are read, and of the summaries of others."""
    whole = sum(snapshot[key].nbytes for key in snapshot)
    return whole + sum(tensor.nbytes for tensor in snapshot.packed.values())


def _too_large(count: int, size: FileSize, budget: int, room: int) -> str:
    steps = "A file of 1 step has" if count == 1 else f"A file of {count} steps has"
    right = f"at most {room} fit" if room else "a larger budget would be right"
    return f"{steps} {megabytes(size.besides + count * size.each)}; it may have {megabytes(budget)}: {right}."
