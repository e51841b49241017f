"""Training goes on where it ended, listens to the knobs, and stops when told."""

import queue
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from ipo.digits.config import Hyperparameters
from ipo.digits.epoch_metrics import EpochMetrics
from ipo.digits.labels.store import NONE
from ipo.digits.split import split_of
from ipo.digits.training.callbacks import MetricsQueueCallback
from ipo.digits.training.messages import Message, MessageType
from ipo.digits.training.trainer import BatchEnd, InteractiveTrainer, TrainingCallback
from tests.unit.digits.small import CONFIG, COUNT, PER_EPOCH, config, digits, images, labels


class Watch(TrainingCallback):
    """Notes what is called; may act after a step."""

    def __init__(self, at: int = 0, act: str = "", **turns: float) -> None:
        self.at, self.act, self.turns = at, act, turns
        self.called: list[str] = []
        self.rates: list[float] = []

    def on_train_start(self, trainer: InteractiveTrainer) -> None:
        self.called.append("start")

    def on_batch_end(self, batch: BatchEnd, trainer: InteractiveTrainer) -> None:
        self.called.append(f"batch {batch.step}")
        self.rates.append(trainer.optimizer.param_groups[0]["lr"])
        if batch.step == self.at and self.act == "stop":
            trainer.stop()
        if batch.step == self.at and self.act == "turn":
            trainer.turn(**self.turns)

    def on_epoch_end(
        self,
        epoch: int,
        metrics: EpochMetrics,
        history: Sequence[EpochMetrics],
        trainer: InteractiveTrainer,
    ) -> None:
        assert history[-1] is metrics and metrics.epoch == epoch == len(history)
        self.called.append(f"epoch {epoch}")

    def on_train_end(self, history: Sequence[EpochMetrics], trainer: InteractiveTrainer) -> None:
        self.called.append("end")


def weights(trainer: InteractiveTrainer) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in trainer.model.parameters()])


def same(one: InteractiveTrainer, other: InteractiveTrainer) -> bool:
    """Weights, averages, moments, random numbers and losses, bit for bit."""
    losses = [[epoch.train for epoch in trainer.history] for trainer in (one, other)]
    tensors = [
        [*trainer.model.state_dict().values(), *trainer.average.state_dict().values()]
        + [m for state in trainer.optimizer.state.values() for m in state.values()]
        + [trainer.position["generator"] if trainer.position else torch.zeros(())]
        for trainer in (one, other)
    ]
    return (
        losses[0] == losses[1]
        and len(tensors[0]) == len(tensors[1])
        and all(torch.equal(a, b) for a, b in zip(*tensors, strict=True))
    )


def test_callbacks_hear_of_everything_in_order() -> None:
    watch = Watch()
    InteractiveTrainer(CONFIG).train_epochs(2, images(), labels(), [watch])
    batches = [f"batch {step}" for step in range(1, 2 * PER_EPOCH + 1)]
    assert watch.called == [
        "start", *batches[:PER_EPOCH], "epoch 1", *batches[PER_EPOCH:], "epoch 2", "end",
    ]  # fmt: skip


def test_training_twice_goes_on() -> None:
    whole, parts = InteractiveTrainer(CONFIG), InteractiveTrainer(CONFIG)
    whole.train_epochs(3, images(), labels())
    parts.train_epochs(1, images(), labels())
    parts.train_epochs(2, images(), labels())
    assert same(whole, parts)


def test_the_same_seed_gives_the_same_training_and_another_one_another() -> None:
    made = [InteractiveTrainer(config(seed=seed)) for seed in (1, 1, 2)]
    for trainer in made:
        torch.rand(3)  # what others draw does not matter
        trainer.train_epochs(1, images(), labels())
    assert same(made[0], made[1])
    assert not same(made[0], made[2])


def test_stop_ends_after_the_batch_and_keeps_what_was_learnt() -> None:
    trainer, watch = InteractiveTrainer(CONFIG), Watch(at=6, act="stop")
    trainer.train_epochs(3, images(), labels(), [watch])
    assert watch.called[-2:] == ["batch 6", "end"]
    assert trainer.stopped and trainer.step == 6 and trainer.epoch == 1
    trainer.train_epochs(1, images(), labels())  # the rest of the second epoch
    whole = InteractiveTrainer(CONFIG)
    whole.train_epochs(2, images(), labels())
    assert same(trainer, whole)


def test_a_knob_that_is_turned_acts_on_the_next_step() -> None:
    trainer, watch = InteractiveTrainer(CONFIG), Watch(at=2, act="turn", learning_rate=1e-4)
    trainer.train_epochs(1, images(), labels(), [watch])
    assert watch.rates == [2e-3, 2e-3, 1e-4, 1e-4]
    assert trainer.history[0].knobs["learning_rate"] == 1e-4


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        ({"recon_weight": 5001}, "recon_weight is 5001; 0 to 5000 would be right."),
        ({"kl_weight": -0.1}, "kl_weight is -0.1; 0 to 1 would be right."),
        ({"learning_rate": 0.1}, "learning_rate is 0.1; 0.0001 to 0.01 would be right."),
        ({"kl_weight": float("nan")}, "kl_weight is nan; a number would be right."),
        ({"momentum": 1}, "There is no 'momentum' to turn; there are recon_weight, "),
    ],
)
def test_a_knob_does_not_turn_too_far(turn: dict[str, float], message: str) -> None:
    trainer = InteractiveTrainer(CONFIG)
    with pytest.raises(ValueError) as caught:
        trainer.turn(**turn)
    assert message in str(caught.value)
    assert trainer.knobs == Hyperparameters()


def test_labels_that_come_meanwhile_teach_from_the_next_epoch_on() -> None:
    given = iter([labels(every=60), labels(every=60), labels(every=1)])
    trainer = InteractiveTrainer(config(validation=0.0))
    trainer.train_epochs(2, images(), lambda: next(given))
    assert [epoch.labels for epoch in trainer.history] == [2, 120]


def test_held_out_images_do_not_teach() -> None:
    split = split_of(COUNT, CONFIG)
    assert len(split.validation) == 12
    assert sorted([*split.train, *split.validation]) == list(range(COUNT))
    changed, only = images().copy(), labels()
    changed[split.validation] = 0
    only[split.validation] = NONE
    one, other = InteractiveTrainer(CONFIG), InteractiveTrainer(CONFIG)
    one.train_epochs(1, images(), labels())
    other.train_epochs(1, changed, only)
    assert torch.equal(weights(one), weights(other))
    assert "accuracy" in one.history[0].val and "accuracy" not in other.history[0].val


def test_every_term_is_reported_and_the_loss_is_their_weighted_sum() -> None:
    trainer = InteractiveTrainer(CONFIG)
    for seen in trainer.steps(1, images(), labels()):
        if isinstance(seen, BatchEnd):
            terms, knobs = seen.terms, seen.knobs
            total = (
                knobs.recon_weight * terms["recon"]
                + knobs.kl_weight * terms["kl"]
                + knobs.label_weight * terms["label"]
                + knobs.consistency_weight * terms["consistency"]
                + knobs.contrast_weight * terms["contrast"]
                + terms["map"]
            )
            assert total == pytest.approx(terms["loss"], rel=1e-5)


def test_it_trains_without_any_label() -> None:
    trainer = InteractiveTrainer(CONFIG)
    trainer.train_epochs(2, images(), np.full(COUNT, NONE, np.int8))
    assert trainer.history[1].train["label"] == 0
    assert trainer.history[1].train["recon"] < trainer.history[0].train["recon"]


@pytest.mark.parametrize(
    ("epochs", "data", "given", "message"),
    [
        (0, images(), labels(), "0 epochs; 1 to 200 would be right."),
        (1, np.zeros((9, 5, 5), np.uint8), np.zeros(9, np.int8), r"Images are \(5, 5\); this model reads"),
        (1, images(), labels()[:9], "120 images have 9 labels;"),
    ],
)
def test_data_of_another_kind_is_refused(
    epochs: int, data: np.ndarray, given: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        InteractiveTrainer(CONFIG).train_epochs(epochs, data, given)


def test_another_number_of_images_would_be_another_split() -> None:
    trainer = InteractiveTrainer(CONFIG)
    trainer.train_epochs(1, images(), labels())
    with pytest.raises(ValueError, match="was trained on 120 images, not on 100"):
        trainer.train_epochs(1, images()[:100], labels()[:100])


def test_messages_say_what_happened() -> None:
    heard: queue.Queue[Message] = queue.Queue()
    callback = MetricsQueueCallback(heard)
    trainer = InteractiveTrainer(CONFIG)
    trainer.train_epochs(2, images(), labels(), [callback])
    trainer.train_epochs(1, images(), labels(), [callback, Watch(at=9, act="stop")])
    said = [heard.get_nowait() for _ in range(heard.qsize())]
    assert [message.type for message in said] == [
        MessageType.EPOCH_COMPLETE,
        MessageType.EPOCH_COMPLETE,
        MessageType.TRAINING_COMPLETE,
        MessageType.TRAINING_STOPPED,
    ]
    assert said[1].metrics == trainer.history[1]
    assert said[0].text.startswith("Epoch 1: loss ")
    assert said[3].text == "Stopped after 9 steps; what was learnt is kept."


def test_it_learns_digits_from_few_labels() -> None:
    """100 labels of 1,797 small digits, in seconds: far better than chance, by the averaged weights."""
    data, truth = digits()
    given = np.full(len(data), NONE, np.int8)
    given[:100] = truth[:100]
    trainer = InteractiveTrainer(
        config(width=8, features=32, unlabelled_batch=96, labelled_batch=32, latent_dim=8)
    )
    trainer.train_epochs(15, data, given)
    said = trainer.average.predict(data)
    assert np.mean(said.label[100:] == truth[100:]) > 0.8
