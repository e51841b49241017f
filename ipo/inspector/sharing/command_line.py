"""What the commands of inspections do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ipo
from ipo.inspector.explain.parting import compare_runs
from ipo.inspector.sharing.choice import FileSize, choose_steps, html_size, megabytes
from ipo.inspector.sharing.npz import read_inspection
from ipo.jobs import Progress

Say = Callable[[str], None]


def write_html(source: Path, target: Path, most: int, say: Say, progress: Progress) -> None:
    """Write an inspection of a file as a page of at most `most` bytes, which is said before.

    Raises `BadInspection`, `TooLarge` where not one step fits, `OSError` and `Cancelled`.
    """
    inspection = read_inspection(source)
    sizes = [html_size(one) for one in inspection.snapshots.values()]
    size = max(sizes, key=lambda one: one.each, default=FileSize(0))
    choice = choose_steps(tuple(inspection.snapshots), inspection.pinned, size, most)
    of = f"{len(choice.steps)} of {len(inspection.snapshots)} steps"
    say(f"{of}, at most {megabytes(choice.nbytes)}")
    chosen = {step: inspection.snapshots[step] for step in choice.steps}
    ipo.save_html(replace(inspection, snapshots=chosen), target, progress)
    say(f"Wrote {target}, {megabytes(target.stat().st_size)}")


def compare(here: Path, there: Path, say: Say) -> bool:
    """Say where two runs part; whether they are equal. Raises `BadInspection`, `ValueError`, `OSError`."""
    found = compare_runs(read_inspection(here), read_inspection(there))
    say(found.says)
    return found.parting is None
