"""What `ipo digits …` does, on the files that the app uses."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ipo.datasets import mnist
from ipo.digits import data as datasets
from ipo.digits.acquisition import strategies
from ipo.digits.acquisition.pool import suggestion_pool
from ipo.digits.folder import DigitsFolder
from ipo.digits.labels.ground_truth import label_from_ground_truth
from ipo.digits.labels.image_export import export_images
from ipo.digits.labels.label_table import Kind
from ipo.digits.labels.store import NONE, LabelStore
from ipo.digits.labels.table_reader import MOST_BYTES
from ipo.digits.labels.transfer import export_labels, import_labels
from ipo.digits.opening import (
    choose_white,
    find_labels_elsewhere,
    keep_labels,
    open_images,
    take_labels,
)
from ipo.digits.split import split_of
from ipo.digits.training import run
from ipo.digits.training.calibration import calibration_error
from ipo.digits.training.callbacks import MetricsQueueCallback
from ipo.digits.training.messages import Message
from ipo.digits.training.predicting import update_predictions
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.durable import replace_file
from ipo.jobs import Progress
from ipo.proportions import Proportion
from ipo.regular_files import read_regular

Say = Callable[[str], object]


def settle_images(home: Path, source: str, white: int | None, keep: bool, take: bool, say: Say) -> None:
    """Answer what opening a set asks, and say how it stands.

    Raises what `open_images` raises, and `ValueError` for labels to take where there are none.
    """
    if white is not None:
        choose_white(home, source, white)
    if keep:
        keep_labels(home, source)
    folder, found = open_images(home, source)
    elsewhere = find_labels_elsewhere(home, folder, found)
    if take:
        if elsewhere is None:
            raise ValueError(f"No other folder in {folder.path.parent} has labels of these images.")
        take_labels(folder, found, elsewhere)
    count = LabelStore(folder.path, len(found.images), len(found.class_names)).snapshot().count
    say(f"{len(found.images):,} images, {count:,} labels: {folder.path}")
    if not count and elsewhere is not None:
        say(
            f"{elsewhere.count:,} labels of these images lie in {elsewhere.folder.path}. Go on with them by "
            "ipo digits images --take-labels."
        )


def label(home: Path, source: str, count: int, say: Say) -> None:
    """Label images with what the data set says they show. Raises what `borrow` raises, and `DatasetError`."""
    folder, found = open_images(home, source)
    store = LabelStore(folder.path, len(found.images), len(found.class_names))
    before = store.snapshot().count
    labels = label_from_ground_truth(store, found, count)
    each = labels.per_class(store.classes)
    say(
        f"{labels.count - before:,} images labelled. {labels.count:,} of {store.count:,} have a label now, "
        f"{each.min():,} to {each.max():,} of each class: {store.path}"
    )


def train(
    home: Path,
    source: str,
    epochs: int,
    turns: Mapping[str, float | None],
    model: Mapping[str, Any],
    say: Say,
    progress: Progress,
) -> None:
    """Train; `turns` are knobs and `model` fields of the config, both where they are not `None`.

    Raises what `training.train` raises, `DatasetError` and `ValueError`.
    """
    folder, found = open_images(home, source)
    trainer = run.open_trainer(folder, found)
    asked = {name: value for name, value in model.items() if value is not None}
    knobs = trainer.knobs.turned(**{name: value for name, value in turns.items() if value is not None})

    class Said:
        def put(self, message: Message, /) -> None:
            say(message.text)

    trained = run.train(
        folder,
        found,
        epochs,
        config=replace(trainer.config, **asked) if asked else None,
        knobs=knobs,
        callbacks=[MetricsQueueCallback(Said())],
        progress=progress,
    )
    say(f"Model: {folder.checkpoint}")
    if not trained.trainer.stopped:
        update_predictions(folder, trained.trainer, found, progress)


def predict(home: Path, source: str, out: Path | None, say: Say, progress: Progress) -> None:
    """Write a CSV with label and certainty of every image. Raises `ValueError` where there is no model."""
    folder, found = open_images(home, source)
    trainer = _trained(folder, found)
    predictions = update_predictions(folder, trainer, found, progress)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("Serial", "label", "certainty"))
    pairs = zip(predictions.label.tolist(), predictions.certainty.tolist(), strict=True)
    rows.writerows((serial, label, f"{sure:.4f}") for serial, (label, sure) in enumerate(pairs))
    path = out or folder.path / "predictions.csv"
    replace_file(path, text.getvalue().encode())
    say(f"{len(predictions.label):,} predictions: {path}")


def suggest(home: Path, source: str, count: int, strategy: str | None, say: Say, progress: Progress) -> None:
    """Say which images to label next, and why each. Raises `ValueError` without a model or for a bad name."""
    if strategy is not None and strategy not in list(strategies.Strategy):
        right = ", ".join(strategies.Strategy)
        raise ValueError(f"There is no strategy {strategy!r}; {right} would be right.")
    folder, found = open_images(home, source)
    trainer = _trained(folder, found)
    labels = LabelStore(folder.path, len(found.images), trainer.config.classes).snapshot()
    predictions = update_predictions(folder, trainer, found, progress)
    held_out = split_of(len(found.images), trainer.config).validation
    pool = suggestion_pool(predictions, labels.codes, held_out)
    chosen, why = strategies.default_strategy(labels.values, trainer.config.classes)
    if strategy is not None:
        chosen, why = strategies.Strategy(strategy), "as you asked."
    say(f"{chosen}: {why}")
    rng = np.random.default_rng([trainer.config.seed, trainer.step, labels.count])
    for suggestion in strategies.suggest(chosen, pool, count, rng):
        say(f"{suggestion.row:>6}  {suggestion.reason}")


def evaluate(home: Path, source: str, say: Say) -> None:
    """Say accuracies. Raises `ValueError` where there is no model or nothing to measure it with."""
    folder, found = open_images(home, source, adopt=False)
    trainer = _trained(folder, found)
    measured = False
    if source == datasets.MNIST:
        images, truth = mnist.load("test", home)
        _say_accuracy(trainer, images, truth, f"the {len(truth):,} official test images", say)
        measured = True
    labels = LabelStore(folder.path, len(found.images), trainer.config.classes).snapshot().values
    held = split_of(len(found.images), trainer.config).validation
    held = held[labels[held] != NONE]
    if len(held):
        what = f"{len(held)} held-out images with a label"
        _say_accuracy(trainer, found.images[held], labels[held], what, say)
        measured = True
    if not measured:
        raise ValueError("No held-out image has a label: there is nothing to measure the model with.")


def export_labels_to(home: Path, source: str, target: Path, say: Say) -> None:
    """Write labels to a file. Raises `ValueError` for another ending than .csv or .parquet, and `OSError`."""
    kinds: dict[str, Kind] = {".csv": "csv", ".parquet": "parquet"}
    kind = kinds.get(target.suffix.lower())
    if kind is None:
        raise ValueError(f"{target}: a name that ends in .csv or .parquet would be right.")
    store, found = _store(home, source)
    if target.resolve() == store.path.resolve():
        raise ValueError(f"{target} is where the labels are: give the table another name.")
    replace_file(target, export_labels(store, found, kind))
    labels = store.snapshot()
    say(f"{labels.count:,} labels and {np.count_nonzero(labels.unsure):,} unsure images: {target}")


def import_labels_from(home: Path, source: str, table: Path, theirs: bool, dry_run: bool, say: Say) -> None:
    """Take labels from a file. Raises `BadTable`, `BadLabels` and `OSError`."""
    store, found = _store(home, source)
    content = read_regular(table, MOST_BYTES)
    who = f"import of {table.name}"
    report = import_labels(store, found, content, theirs=theirs, dry_run=dry_run, who=who)
    for sentence in report.sentences:
        say(sentence)


def export_images_to(
    home: Path, source: str, target: Path, unlabelled: bool, say: Say, progress: Progress
) -> None:
    """Write images to a folder or zip. Raises `OSError`, and `ValueError` where none is labelled."""
    store, found = _store(home, source)
    codes = store.snapshot().codes
    count = export_images(target, found, codes, unlabelled=unlabelled, progress=progress)
    say(f"{count:,} images: {target}")


def _store(home: Path, source: str) -> tuple[LabelStore, datasets.Data]:
    folder, found = open_images(home, source)
    return LabelStore(folder.path, len(found.images), len(found.class_names)), found


def _say_accuracy(
    trainer: InteractiveTrainer, images: np.ndarray, truth: np.ndarray, what: str, say: Say
) -> None:
    said = trainer.average.outputs(images).probabilities
    right = said.argmax(1) == truth
    error = calibration_error(torch.from_numpy(said), torch.from_numpy(truth.astype(np.int64)))
    say(
        f"Accuracy on {what}: {Proportion(int(right.sum()), len(right))}, {len(right) - right.sum()} wrong; "
        f"certainty is off by {100 * error:.1f} points on average"
    )


def _trained(folder: DigitsFolder, found: datasets.Data) -> InteractiveTrainer:
    if not folder.checkpoint.exists():
        raise ValueError(f"There is no model yet: {folder.checkpoint}. Train one with ipo digits train.")
    return run.open_trainer(folder, found)
