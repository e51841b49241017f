"""`ipo digits` shares labels and model with the app."""

import csv
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ipo.cli.main import cli
from ipo.digits.folder import folder_in
from ipo.digits.labels.store import LabelStore
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from tests.unit.digits.small import CONFIG, COUNT, PER_EPOCH, digits, images


def ipo(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    done = CliRunner().invoke(cli, ["digits", *arguments])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """A project folder with small digits, a small model and some labels."""
    source = str(tmp_path / "small.npz")
    np.savez(source, images=images(), labels=digits()[1][:COUNT].astype(np.uint8))
    folder = folder_in(tmp_path, source)
    checkpoint.save(folder.checkpoint, InteractiveTrainer(CONFIG))
    store = LabelStore(folder.path, COUNT)
    for serial in range(0, COUNT, 2):
        store.label(serial, int(digits()[1][serial]))
    return ["--data", source, "--home", str(tmp_path)]


def model(options: list[str]) -> InteractiveTrainer:
    return checkpoint.load(folder_in(Path(options[3]), options[1]).checkpoint)


def test_train_goes_on_and_says_what_it_does(options: list[str]) -> None:
    code, out, _ = ipo("train", "--epochs", "2", "--kl-weight", "0.25", *options)
    assert code == 0
    assert out.splitlines()[0].startswith("Epoch 1: loss ")
    assert "Trained to the end of epoch 2." in out
    ipo("train", "--epochs", "1", *options)
    assert model(options).step == 3 * PER_EPOCH
    assert model(options).knobs.kl_weight == 0.25


def test_label_borrows_from_the_truth_and_says_how_many_there_are_now(options: list[str]) -> None:
    code, out, _ = ipo("label", "--true", "20", *options)
    assert code == 0
    assert out.startswith("20 images labelled. 80 of 120 have a label now, 7 to 10 of each class: ")
    folder = folder_in(Path(options[3]), options[1])
    assert LabelStore(folder.path, COUNT).snapshot().count == 80
    before = (folder.path / "labels.csv").read_bytes()
    code, _, err = ipo("label", "--true", "41", *options)
    assert (code, err) == (1, "41 images; 1 to 40 can be labelled from the data set.\n")
    assert (folder.path / "labels.csv").read_bytes() == before


def test_predict_writes_a_row_for_every_image(options: list[str], tmp_path: Path) -> None:
    code, out, _ = ipo("predict", "--out", str(tmp_path / "said.csv"), *options)
    assert (code, out) == (0, f"120 predictions: {tmp_path / 'said.csv'}\n")
    with open(tmp_path / "said.csv") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["Serial"]) for row in rows] == list(range(COUNT))
    assert all(0 < float(row["certainty"]) <= 1 and 0 <= int(row["label"]) < 10 for row in rows)


def test_evaluate_measures_on_held_out_labels(options: list[str]) -> None:
    code, out, _ = ipo("evaluate", *options)
    assert code == 0
    assert out.startswith("Accuracy on ") and "held-out images with a label: " in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--recon-weight", "9000"], "recon_weight is 9000; 0 to 5000 would be right."),
        (["train", "--latent-dim", "2"], "is of another model: latent_dim is 4, not 2."),
    ],
)
def test_what_is_wrong_is_said_in_a_line(options: list[str], arguments: list[str], message: str) -> None:
    before = folder_in(Path(options[3]), options[1]).checkpoint.read_bytes()
    code, _, err = ipo(*arguments, *options)
    assert code == 1
    assert message in err and "Traceback" not in err
    assert folder_in(Path(options[3]), options[1]).checkpoint.read_bytes() == before


def test_without_a_model_or_data_it_says_what_to_do(tmp_path: Path, options: list[str]) -> None:
    folder_in(Path(options[3]), options[1]).checkpoint.unlink()
    assert "Train one with ipo digits train." in ipo("evaluate", *options)[2]
    assert "is not there" in ipo("train", "--data", str(tmp_path / "none.npz"), "--home", str(tmp_path))[2]
    assert "ipo fetch mnist" in ipo("train", "--home", str(tmp_path))[2]


def test_suggest_names_images_without_a_label_and_why(options: list[str]) -> None:
    code, out, _ = ipo("suggest", "--count", "5", *options)
    assert code == 0
    first, *lines = out.splitlines()
    assert first == "hybrid: Every class is known: what the model is unsure of teaches most."
    serials = [int(line.split()[0]) for line in lines]
    assert len(set(serials)) == 5 and all(serial % 2 for serial in serials)  # even ones have a label
    code, _, err = ipo("suggest", "--strategy", "best", *options)
    assert code == 1 and err.strip().startswith("There is no strategy 'best'; typical, entropy, margin")


def test_labels_and_images_go_out_and_labels_come_in(options: list[str], tmp_path: Path) -> None:
    table, images = tmp_path / "labels.parquet", tmp_path / "images"
    code, out, _ = ipo("export-labels", str(table), *options)
    assert code == 0 and out.endswith(f" labels and 0 unsure images: {table}\n")
    assert ipo("import-labels", str(table), "--dry-run", *options)[1].startswith("0 labels would be taken.")
    code, out, _ = ipo("export-images", str(images), *options)
    assert code == 0 and out == f"{len(list(images.rglob('*.png')))} images: {images}\n"
    assert "ends in .csv or .parquet" in ipo("export-labels", str(tmp_path / "labels.txt"), *options)[2]
