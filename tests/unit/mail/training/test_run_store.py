"""Runs on disk: whole or not at all, and the same when they come back."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.evaluation.metrics import Metric
from ipo.mail.model.calibration import (
    BetaCalibration,
    Calibration,
    IsotonicCalibration,
    SigmoidCalibration,
)
from ipo.mail.training.pipeline import TrainingData
from ipo.mail.training.run import TrainRun
from ipo.mail.training.run_store import DamagedRun, RunStore


@pytest.fixture
def store(tmp_path: Path, run: TrainRun) -> RunStore:
    store = RunStore(tmp_path)
    store.save(run)
    return store


def test_a_reopened_run_gives_identical_scores(
    store: RunStore, run: TrainRun, mail_data: TrainingData
) -> None:
    again = store.load(run.id)
    encoded = open_embedder("wordllama").encode(mail_data.features.texts)
    before, after = (model.score(encoded, mail_data.features.clues) for model in (run.model, again.model))
    for name, values in vars(before).items():
        assert (values == getattr(after, name)).all(), name
    assert again.params == run.params and again.mails.ids == run.mails.ids
    assert again.metrics.guarded == run.metrics.guarded and again.metrics.effect == run.metrics.effect
    assert (
        again.meaning_map.projections["pca"].positions == run.meaning_map.projections["pca"].positions
    ).all()


@pytest.mark.parametrize(
    "calibration",
    [
        SigmoidCalibration(0.7, 0.1),
        BetaCalibration(0.4, 1.5, 0.3),
        IsotonicCalibration(np.array([-1.0, 0.0, 2.0]), np.array([0.1, 0.4, 0.9])),
    ],
)
def test_every_calibration_comes_back(store: RunStore, run: TrainRun, calibration: Calibration) -> None:
    store.save(replace(run, id="x", model=replace(run.model, calibration=calibration)))
    logits = np.linspace(-5, 5, 101)
    again = store.load("x").model.calibration
    assert (again.probability(logits) == calibration.probability(logits)).all()


def test_another_process_scores_the_same(store: RunStore, run: TrainRun, tmp_path: Path) -> None:
    text = "Cheap pills\nClaim your free prize money now"
    program = (
        "import sys; from pathlib import Path; from ipo.mail.clues import ReadMail, clue_matrix\n"
        "from ipo.mail.embedding.embedders import open_embedder\n"
        "from ipo.mail.training.run_store import RunStore\n"
        "model = RunStore(Path(sys.argv[1])).load(sys.argv[2]).model\n"
        "clues = clue_matrix([ReadMail('Cheap pills', sys.argv[3], ())])\n"
        "print(model.score(open_embedder('wordllama').encode([sys.argv[3]]), clues).probability[0].hex())"
    )
    out = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), run.id, text],
        capture_output=True,
        text=True,
        check=True,
    )
    from ipo.mail.clues import ReadMail, clue_matrix

    clues = clue_matrix([ReadMail("Cheap pills", text, ())])
    here = run.model.score(open_embedder("wordllama").encode([text]), clues).probability[0]
    assert out.stdout.strip() == float(here).hex()


def test_the_list_has_the_newest_first_and_passes_over_damaged_ones(
    store: RunStore, run: TrainRun, tmp_path: Path
) -> None:
    store.save(replace(run, id="20300101-000000-000000"))
    store.save(replace(run, id="20290101-000000-000000"))
    (tmp_path / "20290101-000000-000000" / "run.json").write_text("{")
    assert [summary.id for summary in store.summaries()] == ["20300101-000000-000000", run.id]
    assert store.ids()[1] == "20290101-000000-000000"
    with pytest.raises(DamagedRun, match="damaged"):
        store.load("20290101-000000-000000")
    store.delete("20290101-000000-000000")
    assert len(store.ids()) == 2


def test_a_run_of_another_version_does_not_hide_the_others(
    store: RunStore, run: TrainRun, tmp_path: Path
) -> None:
    store.save(replace(run, id="20300101-000000-000000"))
    path = tmp_path / "20300101-000000-000000" / "run.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"params": record["params"] | {"depth": 3}}))
    assert [summary.id for summary in store.summaries()] == [run.id]


@pytest.mark.parametrize("damage", [b"", b"cut", b"PK\x05\x06" + bytes(18)])
def test_damaged_numbers_are_said_to_be_so(
    store: RunStore, run: TrainRun, tmp_path: Path, damage: bytes
) -> None:
    (tmp_path / run.id / "arrays.npz").write_bytes(damage)
    with pytest.raises(DamagedRun, match="Train again"):
        store.load(run.id)


def test_a_run_of_another_version_is_refused(store: RunStore, run: TrainRun, tmp_path: Path) -> None:
    path = tmp_path / run.id / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"clues": ["other"]}))
    with pytest.raises(DamagedRun, match="another version"):
        store.load(run.id)


def test_a_number_that_could_not_be_had_stays_missing(store: RunStore, run: TrainRun) -> None:
    missing = Metric(math.nan, math.nan, math.nan)
    metrics = replace(run.metrics, guarded={**run.metrics.guarded, "precision": missing})
    store.save(replace(run, id="x", metrics=metrics))
    assert np.isnan(store.load("x").metrics.guarded["precision"].value)


def test_a_failed_save_leaves_nothing(store: RunStore, run: TrainRun, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        store.save(run)
    assert [path.name for path in tmp_path.iterdir()] == [run.id]
