"""`labels.log.jsonl`: who labelled what and when, one act a line, for undo.

A line that was cut short, is damaged or does not fit the images is passed over: it costs its own act only.
"""

import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, with_config

from ipo import event_log, records
from ipo.digits.labels.csv_file import UNSURE, Values

Walk = Literal["undo", "redo"]


@with_config(records.STRICT)
@dataclass(frozen=True)
class Act:
    """One change of labels, or the undoing or redoing of one.

    A void one says that another, which a kill kept from the labels, never came to pass.
    """

    action: Literal["label", "undo", "redo", "void"]
    serials: list[int]
    before: list[int]  # labels, `NONE` for none, `UNSURE` for images that were marked so
    after: int | list[int] | None  # one for all, or one each; None: those of before the act that is undone
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    who: str = ""
    event: str = field(default_factory=lambda: secrets.token_hex(8))
    of: str | None = None  # the event of the act that this one is about

    def record(self) -> dict[str, Any]:
        """The act as its line has it."""
        return {name: value for name, value in asdict(self).items() if name != "of" or value is not None}

    def fits(self, count: int, classes: int) -> bool:
        """Whether it is about images and classes that exist."""
        if self.action == "void":
            return self.of is not None
        after = self.after if isinstance(self.after, list) else []
        labels = [*self.before, *after, *([self.after] if isinstance(self.after, int) else [])]
        return (
            bool(self.serials)
            and 0 <= min(self.serials) <= max(self.serials) < count
            and UNSURE <= min(labels) <= max(labels) < classes
            and len(self.before) == len(self.serials)
            and len(after) in (len(self.serials), 0)
            and (self.after is None) == (self.action == "undo")
        )


_SCHEMA = TypeAdapter(Act)


def label_act(
    who: str, event: str | None, chosen: NDArray[Any], before: Values, after: int | list[int]
) -> Act:
    """The act that gives images labels; one of a new `event` for `None`."""
    named = {} if event is None else {"event": event}
    return Act("label", chosen.tolist(), before.tolist(), after, who=who, **named)


def about_act(
    action: Walk,
    who: str,
    event: str | None,
    chosen: NDArray[np.int64],
    codes: Values,
    after: list[int] | None,
    of: str,
) -> Act:
    """The act that undoes or redoes another on some images, whose codes are now as in `codes` `(n,)`."""
    named = {} if event is None else {"event": event}
    return Act(action, chosen.tolist(), codes[chosen].tolist(), after, who=who, of=of, **named)


def void_act(act: Act) -> Act:
    """The act that says of another that it never came to pass."""
    return Act("void", [], [], None, of=act.event)


def append(log: Path, act: Act) -> int:
    """One more line, flushed to disk. Returns how long the log was before. Raises as `event_log.append`."""
    return event_log.append(log, act.record())


def read(log: Path, count: int, classes: int) -> list[Act]:
    """All acts that fit, oldest first. Raises `OSError`, and `ValueError` for what is no file."""
    acts = (parse(line, count, classes) for _, line in event_log.lines(log, 0))
    return [act for act in acts if act is not None]


def parse(line: bytes, count: int, classes: int) -> Act | None:
    """The act of a line; `None` for one that is damaged or does not fit."""
    if not line.strip():
        return None
    try:
        act = records.parse(line, _SCHEMA, "a line of the log", most=len(line))
    except ValueError:
        return None
    return act if act.fits(count, classes) else None
