"""The training loop, which goes on where it ended: model, optimizer, random numbers and place in the epoch.

    trainer = InteractiveTrainer(SSVAEConfig())
    trainer.train_epochs(5, images, labels)      # and again, with more labels

`steps` is the loop as a generator; `train_epochs` runs it and tells callbacks. Predictions and pseudo-labels
come from an exponential moving average of the weights, so that they are good at any time at a constant
learning rate: no schedule has to know how many epochs there will be.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from ipo.digits.config import MOST_EPOCHS, Hyperparameters, KnobTurn, SSVAEConfig, turns_between
from ipo.digits.data import Images
from ipo.digits.epoch_metrics import EpochMetrics
from ipo.digits.labels.store import Values
from ipo.digits.model import SSVAE
from ipo.digits.split import Split, split_of
from ipo.digits.training import losses
from ipo.digits.training.averaging import decay_at, follow
from ipo.digits.training.batches import Batches
from ipo.digits.training.measuring import measured

LabelSource = Values | Callable[[], Values]  # labels, or what is asked for them before each epoch


class Diverged(ArithmeticError):
    """The loss is no number any more. Lower the learning rate, and go on from the last epoch."""

    def __init__(self, step: int) -> None:
        super().__init__(
            f"The loss is not finite at step {step}. Lower the learning rate or the weights and go on: "
            "the model is kept as it was after its last epoch."
        )


@dataclass
class Running:
    """Sums over the batches of the epoch under way."""

    batches: int = 0
    seconds: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, terms: Mapping[str, float], seconds: float) -> None:
        self.batches += 1
        self.seconds += seconds
        for name, value in terms.items():
            self.sums[name] = self.sums.get(name, 0.0) + value

    def means(self) -> dict[str, float]:
        return {name: value / self.batches for name, value in self.sums.items()}


@dataclass(frozen=True)
class BatchEnd:
    """One step that was taken."""

    step: int  # from 1
    epoch: int  # from 1
    fraction: float  # of the epoch that is done
    terms: Mapping[str, float]
    knobs: Hyperparameters
    turns: tuple[KnobTurn, ...]  # since the step before, within one training


class TrainingCallback:
    """Does nothing; override what is wanted. All are called in the thread that trains."""

    def on_train_start(self, trainer: "InteractiveTrainer") -> None:
        """Before the first batch."""

    def on_batch_end(self, batch: BatchEnd, trainer: "InteractiveTrainer") -> None:
        """After every step; `trainer.stop()` ends the training here."""

    def on_epoch_end(
        self,
        epoch: int,
        metrics: EpochMetrics,
        history: Sequence[EpochMetrics],
        trainer: "InteractiveTrainer",
    ) -> None:
        """After every epoch; `history` has its metrics last."""

    def on_train_end(self, history: Sequence[EpochMetrics], trainer: "InteractiveTrainer") -> None:
        """After the last batch, also of a training that was stopped."""


class InteractiveTrainer:
    """One model and everything that its next step depends on.

    `model` is trained, `average` predicts. Another thread may call `turn` and `stop` while it trains.
    """

    def __init__(self, config: SSVAEConfig | None = None, knobs: Hyperparameters | None = None) -> None:
        self.config = config or SSVAEConfig()
        self.knobs = knobs or Hyperparameters()
        self.model = SSVAE(self.config)
        self.average = SSVAE(self.config).requires_grad_(False).eval()
        self.moments: dict[int, dict[str, Tensor]] = {}  # of Adam, to go on with
        self.history: list[EpochMetrics] = []
        self.running = Running()
        self.images = 0  # so many are trained on, those of the split included; 0: not known yet
        self.data_sha256: str | None = None  # of their pixels, where that is known
        self.position: dict[str, Any] | None = None  # of the batches; None: before the first one
        self._stopping = False

    @cached_property
    def optimizer(self) -> torch.optim.Optimizer:
        """Adam. It brings seconds of imports, which whoever only predicts does without."""
        optimizer = torch.optim.Adam(self.model.parameters(), lr=self.knobs.learning_rate)
        if self.moments:
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": self.moments, "param_groups": groups})
        return optimizer

    @property
    def step(self) -> int:
        """How many steps were taken."""
        return 0 if self.position is None else int(self.position["step"])

    @property
    def epoch(self) -> int:
        """How many epochs were ended."""
        return len(self.history)

    @property
    def stopped(self) -> bool:
        """Whether the last training ended because it was told to."""
        return self._stopping

    def turn(self, **changes: float) -> Hyperparameters:
        """Turn knobs; the next step sees it. Raises `ValueError` for one that does not exist or reach."""
        self.knobs = self.knobs.turned(**changes)
        return self.knobs

    def stop(self) -> None:
        """End after the batch that is under way. What was learnt stays."""
        self._stopping = True

    def split(self) -> Split:
        """Which images teach. Fixed from the first training on."""
        return split_of(self.images, self.config)

    def train_epochs(
        self,
        num_epochs: int,
        data: Images,
        labels: LabelSource,
        callbacks: Sequence[TrainingCallback] = (),
    ) -> list[EpochMetrics]:
        """Train to the end of so many epochs, one that was broken off being the first. Returns the history.

        `data` `(n, h, w)` uint8; `labels` `(n,)` with −1 for none, or a function that is asked for them
        before each epoch. Raises `ValueError` for data that this model was not made for.
        """
        for callback in callbacks:
            callback.on_train_start(self)
        for seen in self.steps(num_epochs, data, labels):
            for callback in callbacks:
                if isinstance(seen, EpochMetrics):
                    callback.on_epoch_end(seen.epoch, seen, self.history, self)
                else:
                    callback.on_batch_end(seen, self)
        for callback in callbacks:
            callback.on_train_end(self.history, self)
        return self.history

    def steps(self, num_epochs: int, data: Images, labels: LabelSource) -> Iterator[BatchEnd | EpochMetrics]:
        """Every step once it is done, and every epoch once it was measured."""
        batches, ask = self._batches(num_epochs, data, labels)
        end = (batches.step // batches.per_epoch + num_epochs) * batches.per_epoch
        self._stopping = False
        before = self.knobs
        while batches.step < end and not self._stopping:
            if ask is not None and batches.step % batches.per_epoch == 0:
                batches.use(ask())
            began = time.perf_counter()
            knobs = self.knobs
            terms = self._step(batches, knobs)
            self.position = batches.state_dict()
            self.running.add(terms, time.perf_counter() - began)
            epoch, at = divmod(batches.step - 1, batches.per_epoch)
            turns, before = turns_between(before, knobs, batches.step), knobs
            yield BatchEnd(batches.step, epoch + 1, (at + 1) / batches.per_epoch, terms, knobs, turns)
            if at + 1 == batches.per_epoch:
                yield self._end_epoch(data, batches, knobs)

    def state_dict(self) -> dict[str, Any]:
        """Weights, moments of Adam, random numbers and place, as `checkpoint` writes them."""
        stepping = "optimizer" in vars(self)  # else the moments are those that were loaded
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "moments": self.optimizer.state_dict()["state"] if stepping else self.moments,
            "position": self.position,
        }

    def _batches(
        self, num_epochs: int, data: Images, labels: LabelSource
    ) -> tuple[Batches, Callable[[], Values] | None]:
        if isinstance(num_epochs, bool) or not 1 <= num_epochs <= MOST_EPOCHS:
            raise ValueError(f"{num_epochs!r} epochs; 1 to {MOST_EPOCHS} would be right.")
        if data.shape[1:] != self.config.image_shape:
            raise ValueError(f"Images are {data.shape[1:]}; this model reads {self.config.image_shape}.")
        if self.images not in (0, len(data)):
            raise ValueError(
                f"This model was trained on {self.images:,} images, not on {len(data):,}: "
                "train it on the same ones, or begin a new model."
            )
        ask = labels if callable(labels) else None
        values: Values = labels() if callable(labels) else labels
        if values.shape != data.shape[:1]:
            raise ValueError(
                f"{len(data):,} images have {len(values):,} labels; each needs one, -1 for none."
            )
        self.images = len(data)
        batches = Batches(data, values, self.split(), self.config, self.average)
        if self.position is not None:
            batches.load_state_dict(self.position)
        return batches, ask

    def _step(self, batches: Batches, knobs: Hyperparameters) -> dict[str, float]:
        batch = batches.next()
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = knobs.learning_rate
        with torch.enable_grad():
            output = losses.forward(self.model, self.average, batch)
            terms = losses.terms(output, batch, knobs, self.config.threshold)
            self.optimizer.zero_grad()
            if not math.isfinite(float(terms.loss.detach())):
                raise Diverged(batches.step)
            terms.loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        follow(self.average, self.model, decay_at(batches.step, self.config.averaging))
        return terms.floats()

    def _end_epoch(self, data: Images, batches: Batches, knobs: Hyperparameters) -> EpochMetrics:
        began = time.perf_counter()
        held = self.split().validation
        val = measured(self.average, data[held], batches.labels[held], knobs)
        ended = EpochMetrics(
            epoch=len(self.history) + 1,
            train=self.running.means(),
            val=val,
            knobs=knobs.record(),
            labels=batches.taught,
            seconds=self.running.seconds + time.perf_counter() - began,
        )
        self.history.append(ended)
        self.running = Running()
        return ended
