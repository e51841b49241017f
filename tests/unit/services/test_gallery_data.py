"""Promises of the contact sheet: values of the fit in use, and nothing that makes whoever asks wait."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from background import Background
from ipo.preference.analysis.verify import Match
from ipo.preference.proposals.generate import Proposing
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE, XGB
from ipo.preference.storage.rows import BAD, GOOD
from ipo.services.gallery_data import GalleryData
from ipo.value.ridge import RidgeFit
from tests.support.judging import Later, Person, run_now
from tests.support.lanes import drain
from value_model import train_and_record


@pytest.fixture
def trained(tmp_path: Path, background: Background) -> Person:
    """Someone with rows of either label and models that follow every label."""

    def train(session: PreferenceSession) -> None:
        train_and_record(session.state, background, on_adopt=session.queue.predict_again)
        drain(background)

    person = Person(tmp_path, train=train)
    for number in range(6):
        person.judges(person.queue[0], GOOD if number % 2 else BAD)
    return person


def test_before_the_first_fit_there_are_rows_and_no_values(person: Person) -> None:
    person.judges(person.queue[0], GOOD)
    sheet = GalleryData(person.session, run_now)
    (entry,) = sheet.entries().values()
    assert (entry.label, entry.value, entry.held_out) == (GOOD, None, None)
    assert not sheet.running


def test_every_row_has_the_value_that_the_model_in_use_predicts(trained: Person) -> None:
    sheet = GalleryData(trained.session, run_now)
    sheet.entries()
    listed = sheet.entries()
    rows = trained.session.state.snapshot()
    wanted = trained.session.state.models[RIDGE].predict(rows.X)
    assert {id_: entry.value for id_, entry in listed.items()} == pytest.approx(
        dict(zip(rows.ids, wanted.tolist(), strict=True)), abs=1e-6
    )


def test_values_follow_a_relabel_and_rows_an_undo(trained: Person) -> None:
    sheet = GalleryData(trained.session, run_now)
    sheet.entries()
    before = dict(sheet.entries())
    first, second = list(before)[:2]
    trained.relabels(first, -before[first].label)
    trained.removes(second)
    sheet.entries()
    after = sheet.entries()
    assert set(after) == set(before) - {second}
    assert after[first].label == -before[first].label
    assert after[first].value != before[first].value


def test_asking_for_values_queues_one_prediction_and_returns_at_once(trained: Person) -> None:
    later = Later()
    sheet = GalleryData(trained.session, later)
    for _ in range(5):
        assert all(entry.value is None for entry in sheet.entries().values())
    assert len(later.waiting) == 1 and sheet.running
    later.run()
    assert not sheet.running
    assert all(entry.value is not None for entry in sheet.entries().values())
    assert not later.waiting


def test_a_model_that_cannot_predict_is_asked_once_per_fit(trained: Person) -> None:
    class Broken:
        calls = 0

        def predict(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
            self.calls += 1
            raise ValueError("no values today")

    broken = Broken()
    trained.session.state.models[RIDGE] = broken
    sheet = GalleryData(trained.session, run_now)
    for _ in range(5):
        assert all(entry.value is None for entry in sheet.entries().values())
    assert broken.calls == 1 and not sheet.running


def test_a_row_that_is_looked_at_gets_the_deviation_of_its_value_and_no_other_does(trained: Person) -> None:
    later = Later()
    sheet = GalleryData(trained.session, later)
    rows = trained.session.state.snapshot()
    id_ = rows.ids[2]
    assert sheet.predictions.deviation(id_) is None and sheet.running
    later.run()
    model = trained.session.state.models[RIDGE]
    assert isinstance(model, RidgeFit)
    assert sheet.predictions.deviation(id_) == pytest.approx(float(model.deviation(rows.X[2:3])[0]))
    assert not later.waiting and not sheet.running
    before = sheet.predictions.deviation(id_)
    trained.relabels(id_, -int(rows.y[2]))
    assert sheet.predictions.deviation(id_) == before and sheet.running  # another fit
    later.run()
    model = trained.session.state.models[RIDGE]
    assert isinstance(model, RidgeFit)
    assert sheet.predictions.deviation(id_) == pytest.approx(float(model.deviation(rows.X[2:3])[0]))


def test_a_model_that_knows_no_deviation_gives_none(trained: Person) -> None:
    trained.session.queue.propose_with(Proposing(model=XGB))
    later = Later()
    assert (
        GalleryData(trained.session, later).predictions.deviation(trained.session.rows()[0].candidate_id)
        is None
    )
    assert not later.waiting


def test_an_unchanged_session_is_listed_once(trained: Person) -> None:
    sheet = GalleryData(trained.session, run_now)
    sheet.entries()
    assert sheet.entries() is sheet.entries()


def test_verify_decodes_on_the_lane_and_keeps_what_it_found(person: Person) -> None:
    id_ = person.queue[0]
    person.judges(id_, GOOD)
    later = Later()
    sheet = GalleryData(person.session, later)
    sheet.verify(id_)
    sheet.verify(id_)
    assert (len(later.waiting), sheet.verifying(id_), sheet.verdict(id_)) == (1, True, None)
    later.run()
    verdict = sheet.verdict(id_)
    assert verdict is not None and verdict.match == Match.SAME_BYTES
    assert not sheet.running


def test_a_decoder_that_fails_while_verifying_is_quoted(person: Person) -> None:
    id_ = person.queue[0]
    person.judges(id_, GOOD)
    sheet = GalleryData(person.session, run_now)
    person.decoder.broken = "the weights are gone"
    sheet.verify(id_)
    verdict = sheet.verdict(id_)
    assert verdict is not None
    assert (verdict.match, verdict.says) == (Match.FAILED, "Could not be verified: the weights are gone")


def test_what_is_no_row_is_not_verified(person: Person) -> None:
    sheet = GalleryData(person.session, run_now)
    sheet.verify(person.queue[0])
    sheet.verify("no such row")
    assert not sheet.running and sheet.verdict("no such row") is None
