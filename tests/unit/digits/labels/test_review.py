"""Wrong labels are found by what the other labels say."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from ipo.datasets import mnist
from ipo.digits.config import SSVAEConfig
from ipo.digits.labels import review
from ipo.digits.labels.confirmed_labels import ConfirmedLabels
from ipo.digits.labels.csv_file import NONE, BadLabels
from ipo.digits.labels.review import confident_class, leave_one_out, review_labels
from ipo.digits.training.trainer import InteractiveTrainer

IMAGES, LABELS, FLIPPED = 2000, 300, 15


def test_the_closed_form_is_what_leaving_one_out_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(12, 4)), np.array([0, 1, 2] * 4, np.int8)
    monkeypatch.setattr(review, "_LAMBDAS", np.array([0.5]))
    monkeypatch.setattr(review, "_TEMPERATURES", np.array([0.3]))
    found = leave_one_out(X, labels, 3)
    for at in range(12):
        others = np.arange(12) != at
        inputs = np.column_stack([X, np.ones(12)])
        head = Ridge(0.5, fit_intercept=False).fit(inputs[others], np.eye(3)[labels[others]])
        scores = head.predict(inputs[[at]])[0] / 0.3
        assert np.allclose(found[at], np.exp(scores) / np.exp(scores).sum())


def test_confident_classes_are_counted_as_cleanlab_does() -> None:
    """By hand: t = (0.7, 0.5); the third image is above both, and of the likelier class; the last of none."""
    labels = np.array([0, 0, 0, 1, 1, 1], np.int8)
    p = np.array([[0.9, 0.1], [0.7, 0.3], [0.5, 0.5], [0.2, 0.8], [0.9, 0.1], [0.4, 0.6]])
    thresholds = [p[:3, 0].mean(), p[3:, 1].mean()]
    assert np.allclose(thresholds, [0.7, 0.5])
    assert confident_class(labels, p).tolist() == [0, 0, 1, 1, 0, 1]
    three = np.column_stack([p * 0.5, np.full(6, 0.5)])  # a class that nobody labelled is never the answer
    assert (confident_class(labels, three) < 2).all()
    assert confident_class(np.array([0, 0], np.int8), np.array([[0.9, 0.1], [0.1, 0.9]])).tolist() == [
        0,
        NONE,
    ]


def test_flipped_labels_of_true_digits_come_first(mnist_datasets: Path) -> None:
    """5 % of 300 labels, which the model learned from: of the first 15 in doubt, 14 are flipped ones."""
    images, truth = mnist.load("train", mnist_datasets.parent)
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(len(images), IMAGES, replace=False))
    rows = rng.choice(IMAGES, LABELS, replace=False)
    labels = np.full(IMAGES, NONE, np.int8)
    labels[rows] = truth[chosen][rows]
    flipped = rng.choice(rows, FLIPPED, replace=False)
    labels[flipped] = (labels[flipped] + rng.integers(1, 10, FLIPPED)) % 10
    trainer = InteractiveTrainer(SSVAEConfig(averaging=0.97))
    trainer.train_epochs(6, images[chosen], labels)
    features = trainer.average.outputs(images[chosen]).features
    found = review_labels(features, labels, np.full(IMAGES, NONE, np.int8), 10)
    first = {doubt.row for doubt in found.doubts[:FLIPPED]}
    assert len(first & set(flipped.tolist())) >= 13


@pytest.mark.parametrize("values", [[], [0], [1, 1, 1, 1], [0, 1]])
def test_too_few_labels_are_not_doubted(values: list[int]) -> None:
    labels = np.full(6, NONE, np.int8)
    labels[: len(values)] = values
    found = review_labels(np.random.default_rng(0).normal(size=(6, 3)), labels, labels * 0 + NONE, 10)
    assert not found.doubts and found.reviewed == 0 and found.left_out == len(values)


def test_a_label_that_was_kept_is_not_doubted_until_it_changes(tmp_path: Path) -> None:
    features = np.repeat(np.eye(2), 20, axis=0) + np.random.default_rng(0).normal(size=(40, 2)) * 0.05
    labels = np.repeat([0, 1], 20).astype(np.int8)
    labels[3] = 1
    confirmed = ConfirmedLabels(tmp_path, 40, 2)

    def doubted() -> list[int]:
        return [doubt.row for doubt in review_labels(features, labels, confirmed.read(), 2).doubts]

    assert doubted() == [3]
    confirmed.confirm([3], [1])
    assert not doubted()
    confirmed.confirm([3], [0])
    assert doubted() == [3]
    confirmed.forget()
    assert (confirmed.read() == NONE).all()


def test_a_damaged_file_of_kept_labels_says_where(tmp_path: Path) -> None:
    (tmp_path / "confirmed.csv").write_text("Serial,label\n1,many\n")
    with pytest.raises(BadLabels, match=r"confirmed\.csv, line 2"):
        ConfirmedLabels(tmp_path, 4, 2).read()


def test_images_without_features_are_left_out() -> None:
    features = np.repeat(np.eye(2), 5, axis=0)
    features[0] = np.nan
    labels = np.repeat([0, 1], 5).astype(np.int8)
    found = review_labels(features, labels, np.full(10, NONE, np.int8), 2)
    assert (found.reviewed, found.left_out) == (9, 1)
