"""What is remembered of each epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ipo.proportions import Proportion

MOST_POINTS = 500  # of one training
TRAIN_TERMS = ("loss", "recon", "kl", "label", "consistency", "contrast", "map", "confident")
VAL_TERMS = ("loss", "recon", "kl", "label", "accuracy", "labels")


@dataclass(frozen=True)
class EpochMetrics:
    """Means over the batches of one epoch, and what the averaged weights do on held-out images at its end."""

    epoch: int  # from 1
    train: Mapping[str, float]  # TRAIN_TERMS, without their weights
    val: Mapping[str, float]  # VAL_TERMS; those that need labels only where held-out images have some
    knobs: Mapping[str, float]  # as they were at the end
    labels: int  # images that taught
    seconds: float

    def record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class TrainingPoint:
    """Means over the last few batches, a few seconds of training."""

    step: int  # the last of them
    train: Mapping[str, float]  # TRAIN_TERMS, without their weights
    knobs: Mapping[str, float]


def held_out_accuracy(val: Mapping[str, float]) -> Proportion | None:
    """`None` where no held-out image had a label."""
    share, trials = val.get("accuracy"), val.get("labels")
    return Proportion(round(share * trials), int(trials)) if share is not None and trials else None


def with_point(points: tuple[TrainingPoint, ...], point: TrainingPoint) -> tuple[TrainingPoint, ...]:
    """One more; of too many, every other one is left out."""
    points = (*points, point)
    return points[1::2] if len(points) > MOST_POINTS else points


def accuracy_text(val: Mapping[str, float]) -> str:
    """`held-out accuracy 88 % (53–98 %, n = 8)`; empty where no held-out image had a label."""
    accuracy = held_out_accuracy(val)
    return "" if accuracy is None else f"held-out accuracy {accuracy}"


def epoch_of(record: Mapping[str, Any]) -> EpochMetrics:
    """Metrics from their record. Raises `TypeError` or `ValueError` for anything else."""
    made = EpochMetrics(**record)
    for values in (made.train, made.val, made.knobs):
        for name, value in values.items():
            if not isinstance(value, int | float):
                raise ValueError(f"{name} of epoch {made.epoch} is {value!r}.")
    return made


def column(history: Sequence[EpochMetrics], part: str, name: str) -> list[float | None]:
    """One curve: `column(history, "val", "accuracy")`, `None` for epochs that do not have it."""
    return [getattr(epoch, part).get(name) for epoch in history]
