"""What a training says to people: messages, and the same once more from the record of a run."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from ipo.digits.config import KnobTurn
from ipo.digits.epoch_metrics import EpochMetrics, accuracy_text, epoch_of
from ipo.digits.runs import Outcome, RunRecord


class MessageType(StrEnum):
    EPOCH_COMPLETE = "epoch_complete"
    LATENT_UPDATED = "latent_updated"
    TRAINING_COMPLETE = "training_complete"
    TRAINING_STOPPED = "training_stopped"
    KNOB_TURNED = "knob_turned"
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """One thing that happened, with a sentence for people."""

    type: MessageType
    text: str
    at: float  # seconds since the epoch of Unix
    metrics: EpochMetrics | None = None  # of epoch_complete
    turns: tuple[KnobTurn, ...] = ()  # of knob_turned

    def record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def parse_message(record: Mapping[str, Any]) -> Message:
    metrics = record["metrics"]
    return Message(
        MessageType(record["type"]),
        str(record["text"]),
        float(record["at"]),
        None if metrics is None else epoch_of(metrics),
        tuple(KnobTurn(**turn) for turn in record["turns"]),
    )


def error_message(text: str) -> Message:
    return Message(MessageType.ERROR, text, time.time())


def predicted_message() -> Message:
    text = "All images are predicted by the model as it is now."
    return Message(MessageType.LATENT_UPDATED, text, time.time())


def messages_from(run: RunRecord) -> list[Message]:
    """What a training said, from its record; the moments of its epochs are near the true ones."""
    at = datetime.fromisoformat(run.started_at).timestamp()
    end = at + run.seconds
    messages = _turned_messages(run, at)
    for metrics in run.history:
        at = min(end, at + metrics.seconds)
        messages.append(Message(MessageType.EPOCH_COMPLETE, epoch_text(metrics), at, metrics))
    if run.outcome == Outcome.COMPLETE and run.history:
        messages.append(Message(MessageType.TRAINING_COMPLETE, complete_text(run.history[-1].epoch), end))
    elif run.outcome == Outcome.STOPPED:
        messages.append(Message(MessageType.TRAINING_STOPPED, stopped_text(run.to_step), end))
    elif run.outcome == Outcome.ERROR:
        messages.append(Message(MessageType.ERROR, run.error, end))
    elif run.outcome == Outcome.INTERRUPTED:
        text = "The training was interrupted; its last epoch is kept."
        messages.append(Message(MessageType.TRAINING_STOPPED, text, end))
    return sorted(messages, key=lambda message: message.at)


def _turned_messages(run: RunRecord, start: float) -> list[Message]:
    """Its turns, as if every step had taken the same time."""
    messages = []
    for _, turns in groupby(run.turns, key=lambda turn: turn.step):
        together = tuple(turns)
        share = (together[0].step - run.from_step - 0.5) / max(1, run.to_step - run.from_step)
        at = start + share * run.seconds
        messages.append(Message(MessageType.KNOB_TURNED, turned_text(together), at, turns=together))
    return messages


def turned_text(turns: Sequence[KnobTurn]) -> str:
    """`Turned at step 412: KL 0.1 → 0.106`, of knobs that were turned at one step."""
    return f"Turned at step {turns[0].step:,}: {', '.join(turn.text for turn in turns)}"


def epoch_text(metrics: EpochMetrics) -> str:
    measured = [f"loss {metrics.train['loss']:.4g}", f"{metrics.seconds:.1f} s", accuracy_text(metrics.val)]
    return f"Epoch {metrics.epoch}: {', '.join(filter(None, measured))}"


def stopped_text(steps: int) -> str:
    return f"Stopped after {steps:,} steps; what was learnt is kept."


def complete_text(epoch: int) -> str:
    return f"Trained to the end of epoch {epoch}."
