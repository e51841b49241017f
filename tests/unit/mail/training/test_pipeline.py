"""From labels to a run: what is learnt from, what is looked at, and what is the same again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ipo.jobs import Cancelled, Silent
from ipo.mail.clues import DEFAULT_SHIFTS, present
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.mails import NONE, SAFE, SPAM, UNSURE
from ipo.mail.model.guardrail import GuardParams, combine, in_band
from ipo.mail.splits import Split
from ipo.mail.training import pipeline
from ipo.mail.training.params import TrainParams
from ipo.mail.training.pipeline import TrainingData, execute_training_pipeline
from ipo.mail.training.readiness import NotReady
from ipo.mail.training.run import TEST, TRAIN, TUNE, TrainRun, labels_sha, stale_reasons

Train = Callable[[TrainParams], TrainRun]


def test_a_run_tells_spam_from_safe(run: TrainRun) -> None:
    assert run.metrics.guarded["f1"].value > 0.9
    assert set(run.metrics.text) == set(run.metrics.guarded)
    assert set(run.metrics.baselines) == {"majority", "naive_bayes"}


def test_a_repeated_run_is_equal_bit_for_bit(run: TrainRun, train: Train) -> None:
    again = train(TrainParams())
    assert (again.scores.probability == run.scores.probability).all()
    assert (again.model.text_head.term_weights == run.model.text_head.term_weights).all()
    assert again.metrics.guarded == run.metrics.guarded and again.metrics.effect == run.metrics.effect
    for name, projection in run.meaning_map.projections.items():
        assert (again.meaning_map.projections[name].positions == projection.positions).all()


def test_near_duplicates_stay_on_one_side(run: TrainRun) -> None:
    for group in np.unique(run.mails.groups):
        assert len(np.unique(run.mails.parts[run.mails.groups == group])) == 1


def test_labels_of_the_test_part_change_nothing_that_is_learnt(
    mail_data: TrainingData, embeddings: EmbeddingCache, run: TrainRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.array([mail_data.mails.row(id_) for id_ in run.mails.ids])
    split = Split(*(rows[run.mails.places(part)] for part in (TRAIN, TUNE, TEST)))
    monkeypatch.setattr(pipeline, "three_way_split", lambda *_: split)
    labels = mail_data.labels.copy()
    labels[split.test] = np.where(labels[split.test] == SPAM, SAFE, SPAM)
    other = execute_training_pipeline(replace(mail_data, labels=labels), TrainParams(), embeddings)
    assert (other.scores.probability == run.scores.probability).all()
    assert other.metrics.guarded["f1"].value < 0.5 < run.metrics.guarded["f1"].value


def test_unlabelled_and_unsure_mails_neither_teach_nor_test(
    mail_data: TrainingData, embeddings: EmbeddingCache
) -> None:
    labels = mail_data.labels.copy()
    labels[:20], labels[20:30] = NONE, UNSURE
    run = execute_training_pipeline(replace(mail_data, labels=labels), TrainParams(), embeddings)
    assert set(run.mails.ids) == set(mail_data.mails.ids[30:])


def test_every_mail_is_decided_by_the_gate_that_is_shown(run: TrainRun, mail_data: TrainingData) -> None:
    rows = np.array([mail_data.mails.row(id_) for id_ in run.mails.ids])
    clues = mail_data.features.clues[rows]
    assert (run.scores.consulted == in_band(run.scores.p_text, run.model.guard)).all()
    guarded = combine(
        run.scores.p_text, run.scores.numeric_logit, present(clues), run.model.guard, run.model.threshold
    )
    assert (guarded.spam == run.scores.spam).all()


def test_without_calibration_the_probability_is_that_of_the_head(train: Train) -> None:
    run = train(TrainParams(calibrate=False))
    np.testing.assert_allclose(run.scores.p_text, 1 / (1 + np.exp(-run.scores.text_logit)))


def test_isotonic_calibration_asks_for_many_mails(train: Train) -> None:
    with pytest.raises(NotReady, match=r"needs 1,000 mails in the tune part; there are 36\. Choose sigmoid"):
        train(TrainParams(calibration="isotonic"))


def test_a_manual_center_is_kept(train: Train) -> None:
    run = train(TrainParams(guard=GuardParams(assist_center_mode="manual", assist_center=0.37)))
    assert run.model.guard.assist_center == 0.37


def test_by_date_tests_the_newest(train: Train, mail_data: TrainingData) -> None:
    run = train(TrainParams(by_date=True))
    dates = mail_data.mails.dates[[mail_data.mails.row(id_) for id_ in run.mails.ids]]
    assert dates[run.mails.places(TRAIN)].mean() < dates[run.mails.places(TUNE)].mean()
    assert dates[run.mails.places(TUNE)].mean() < dates[run.mails.places(TEST)].mean()


@pytest.mark.parametrize(
    ("spam", "safe", "sentence"),
    [
        (0, 50, "6 more spam mails are needed: 0 of at least 6."),
        (5, 50, "1 more spam mail is needed: 5 of at least 6."),
        (
            3,
            4,
            "3 more spam mails are needed: 3 of at least 6. 2 more safe mails are needed: 4 of at least 6.",
        ),
    ],
)
def test_too_few_labels_say_what_is_missing(
    mail_data: TrainingData, embeddings: EmbeddingCache, spam: int, safe: int, sentence: str
) -> None:
    labels = np.full(len(mail_data.mails), NONE, np.int8)
    labels[np.flatnonzero(mail_data.labels == SPAM)[:spam]] = SPAM
    labels[np.flatnonzero(mail_data.labels == SAFE)[:safe]] = SAFE
    with pytest.raises(NotReady) as raised:
        execute_training_pipeline(replace(mail_data, labels=labels), TrainParams(), embeddings)
    assert str(raised.value) == sentence


def test_twelve_labels_are_enough(mail_data: TrainingData, embeddings: EmbeddingCache) -> None:
    labels = np.full(len(mail_data.mails), NONE, np.int8)
    for code in (SPAM, SAFE):
        labels[np.flatnonzero(mail_data.labels == code)[:6]] = code
    run = execute_training_pipeline(replace(mail_data, labels=labels), TrainParams(), embeddings)
    assert len(run.mails.ids) == 12


def test_cancelling_ends_it(mail_data: TrainingData, embeddings: EmbeddingCache) -> None:
    class Stopped(Silent):
        def check(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        execute_training_pipeline(mail_data, TrainParams(), embeddings, Stopped())


def test_a_run_is_stale_once_anything_is_another(run: TrainRun, mail_data: TrainingData) -> None:
    data, labels = mail_data.mails.sha, labels_sha(mail_data.mails.ids, mail_data.labels)
    assert stale_reasons(run, data, labels, TrainParams(), run.embedder) == ()
    assert stale_reasons(run, "other", labels, TrainParams(), run.embedder) == ("the mails are others",)
    changed = mail_data.labels.copy()
    changed[0] = NONE
    other = labels_sha(mail_data.mails.ids, changed)
    assert stale_reasons(run, data, other, TrainParams(), run.embedder) == ("labels have changed",)
    for params in (
        TrainParams(hold_out=0.2),
        TrainParams(seed=1),
        TrainParams(C=2.0),
        TrainParams(mask=True),
        TrainParams(calibration="beta"),
        TrainParams(guard=GuardParams(uncertainty_band=0.1)),
        TrainParams(guard=GuardParams(shifts=dict(DEFAULT_SHIFTS) | {"length": 0.1})),
    ):
        (reason,) = stale_reasons(run, data, labels, params, run.embedder)
        assert "was" in reason and "now it is" in reason
    for calibrations in (TrainParams(calibrate=False), TrainParams(calibrate=False, calibration="beta")):
        uncalibrated = replace(run, params=TrainParams(calibrate=False))
        assert stale_reasons(uncalibrated, data, labels, calibrations, run.embedder) == ()
    automatic = TrainParams(guard=GuardParams(assist_center=0.5))
    assert stale_reasons(run, data, labels, automatic, run.embedder) == ()


def test_a_run_reads_the_cache_of_another_process(
    mail_data: TrainingData, run: TrainRun, tmp_path: Path
) -> None:
    from ipo.mail.embedding.wordllama import WordLlamaEmbedder

    other = execute_training_pipeline(mail_data, TrainParams(), EmbeddingCache(tmp_path, WordLlamaEmbedder()))
    assert (other.scores.probability == run.scores.probability).all()
