"""What happened to labels of mails: one event a line of `labels.jsonl`."""

import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import TypeAdapter, with_config

from ipo import records
from ipo.mail.mails import NONE, SAFE, SPAM, UNSURE

Label = Literal["safe", "spam", "none", "unsure", "given"]  # given: as the data says, as if never labelled

CODES: dict[Label, int] = {"safe": SAFE, "spam": SPAM, "none": NONE, "unsure": UNSURE}
NAMES: dict[int, Label] = {code: name for name, code in CODES.items()}


@with_config(records.STRICT)
@dataclass(frozen=True)
class LabelEvent:
    """Mails got labels: because somebody said so, or because something was undone or redone."""

    action: Literal["label", "undo", "redo"]
    ids: list[str]
    labels: list[Label]  # one for all, or one each
    who: str = ""
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    event: str = field(default_factory=lambda: secrets.token_hex(8))
    about: str | None = None  # the event that was undone or redone

    def record(self) -> dict[str, Any]:
        """The event as its line has it."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def pairs(self) -> list[tuple[str, Label]]:
        """Each mail with its label."""
        labels = self.labels * len(self.ids) if len(self.labels) == 1 else self.labels
        return list(zip(self.ids, labels, strict=True))


_SCHEMA = TypeAdapter(LabelEvent)


def parse(line: bytes) -> LabelEvent | None:
    """The event of a line; `None` for a line that is damaged."""
    try:
        event = records.parse(line, _SCHEMA, "a line of the log", most=len(line))
    except ValueError:
        return None
    return event if event.ids and len(event.labels) in (1, len(event.ids)) else None
