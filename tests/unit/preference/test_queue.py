"""Promises of the candidates in hand: decoded ahead, proposed by the newest models, never twice."""

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.preference import latents
from ipo.preference.proposals.generate import Proposing
from ipo.preference.proposals.previews import Preview
from ipo.preference.proposals.proposers import (
    EXPLOIT,
    LAST_SHOWN,
    RANDOM,
    STEP_ANGLES,
    ProposalContext,
    ProposerSettings,
)
from ipo.preference.queue import IN_TRANSIT
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE, XGB
from ipo.preference.storage.rows import BAD, GOOD
from ipo.value.ridge import RidgeFit
from tests.support.fits import a_belief
from tests.support.flat_decoder import FlatDecoder
from tests.support.judging import KEY, Later, Person
from tests.support.lanes import HANG


@pytest.mark.parametrize(("tiles", "ahead"), [(1, 6), (4, 6), (9, 2)])
def test_the_hand_is_filled_to_what_is_shown_and_what_is_ahead(
    tmp_path: Path, tiles: int, ahead: int
) -> None:
    person = Person(tmp_path, tiles=tiles, ahead=ahead)
    assert len(set(person.queue)) == tiles + ahead
    before = person.queue
    person.judges(before[0], GOOD)
    person.skips(before[1])
    assert person.queue[: len(before) - 2] == before[2:]
    assert len(set(person.queue)) == tiles + ahead


def test_showing_more_tiles_adds_to_the_hand_and_changes_none_of_it(person: Person) -> None:
    before = person.queue
    person.session.queue.show(9, 6)
    assert person.queue[:7] == before and len(person.queue) == 15


def test_what_is_on_its_way_is_counted_and_not_asked_for_twice(tmp_path: Path) -> None:
    later = Later()
    session = PreferenceSession(tmp_path, KEY, FlatDecoder(), later, lambda session: None)
    session.open()
    session.open()
    session.queue.show(4, 3)
    assert (len(later.waiting), session.opened) == (1, False)  # nothing is decoded before the rows are read
    later.run(1)
    for _ in range(3):
        session.queue.show(4, 3)
    assert (len(later.waiting), session.view([]).decoding) == (1, 7)  # one after another
    later.run(2)
    view = session.view([])
    assert (len(view.queue), view.decoding) == (2, 5)


def test_what_is_on_its_way_is_shown_as_far_as_it_is_made_and_no_longer(tmp_path: Path) -> None:
    later = Later()
    session = PreferenceSession(tmp_path, KEY, FlatDecoder(), later, lambda session: None)
    session.open()
    session.queue.show(1, 1)
    later.run(1)
    assert session.view([]).previews == ()
    first, second, third = (Preview("0123456789abcdef", f"Step {i}", bytes([i])) for i in (1, 2, 3))
    for preview in (first, second, third):
        later.waiting[0].partial = (preview,)
        assert session.view([]).previews == (preview,)
    # A browser may ask for the one before, and for none that nobody can have heard of just now.
    shown = [session.queue.recent_previews.image(preview.id) for preview in (first, second, third)]
    assert shown == [None, second.jpeg, third.jpeg]
    session.queue.pause()
    assert session.view([]).previews == ()


def test_candidates_never_repeat_over_restarts(person: Person) -> None:
    dealt = set(person.queue)
    for _ in range(4):
        person.restart()
        assert not dealt & set(person.queue)
        dealt |= set(person.queue)


def test_a_session_that_nobody_looks_at_stops_decoding_until_it_is_shown_again(tmp_path: Path) -> None:
    later = Later()
    session = PreferenceSession(tmp_path, KEY, FlatDecoder(), later, lambda session: None)
    session.open()
    session.queue.show(1, 6)
    later.run(1)
    later.run(2)
    session.queue.pause()
    later.run()
    view = session.view([])
    assert (len(view.queue), view.decoding, view.error) == (2, 0, "")
    session.queue.show(1, 6)
    later.run()
    assert len(session.view([]).queue) == 7


def test_a_decode_error_is_shown_and_retry_goes_on(tmp_path: Path) -> None:
    person = Person(tmp_path)
    first, *_ = person.queue
    person.decoder.broken = "the model is not there"
    person.judges(first, GOOD)
    view = person.session.view([])
    assert view.error == "No image could be made: the model is not there"
    assert (view.decoding, len(view.queue)) == (0, 6)
    assert person.on_disk().labels == {first: GOOD}  # judging goes on with what is there
    person.judges(person.queue[0], BAD)
    assert len(person.labels) == 2
    person.session.retry()
    assert person.session.view([]).error == view.error  # still broken
    person.decoder.broken = ""
    person.session.retry()
    view = person.session.view([])
    assert (view.error, view.decoding, len(view.queue)) == ("", 0, 7)


def test_when_all_decodes_fail_none_is_counted_as_under_way(tmp_path: Path) -> None:
    later, decoder = Later(), FlatDecoder()
    session = PreferenceSession(tmp_path, KEY, decoder, later, lambda session: None)
    session.open()
    later.run()
    session.queue.show(4, 4)
    decoder.broken = "gone"
    later.run()
    assert (session.view([]).decoding, session.view([]).queue) == (0, [])
    decoder.broken = ""
    session.retry()
    later.run()
    assert len(session.view([]).queue) == 8


@pytest.mark.parametrize("tiles", [1, 4])
def test_another_proposer_drops_only_what_is_not_on_screen(tmp_path: Path, tiles: int) -> None:
    person = Person(tmp_path, tiles=tiles)
    before = person.queue
    person.session.queue.propose_with(Proposing(ProposerSettings(RANDOM)))
    stays = tiles + IN_TRANSIT
    assert person.queue[:stays] == before[:stays]
    assert not set(person.queue[stays:]) & set(before)
    assert len(person.queue) == tiles + 6
    again = person.queue
    person.session.queue.propose_with(Proposing(ProposerSettings(RANDOM)))
    assert person.queue == again  # nothing has changed


def test_a_judgement_about_a_candidate_that_was_dropped_on_its_way_still_counts(person: Person) -> None:
    dropped = person.queue[3]
    person.session.queue.propose_with(Proposing(ProposerSettings(RANDOM)))
    person.judges(dropped, GOOD)
    assert person.on_disk().labels == {dropped: GOOD}


def test_candidates_are_proposed_by_the_model_in_use(person: Person) -> None:
    assert {shown.candidate.proposal.proposer for shown in person.session.view([]).queue} == {RANDOM}
    person.session.state.models[RIDGE] = a_belief(256)
    person.session.queue.propose_with(Proposing(ProposerSettings(EXPLOIT, theta=0.9)))
    on_screen, *ahead = person.session.view([]).queue[IN_TRANSIT:]
    assert on_screen.forecast is None
    for shown in ahead:
        assert shown.candidate.proposal.proposer == EXPLOIT
        assert shown.candidate.proposal.parameters["theta"] == 0.9
        assert shown.forecast is not None
        assert shown.forecast.value == pytest.approx(shown.candidate.proposal.value)
        assert shown.forecast.sd == pytest.approx(shown.candidate.proposal.sd)


def test_a_new_fit_gives_new_values_to_what_is_in_hand_and_to_the_steps(person: Person) -> None:
    assert {shown.forecast for shown in person.session.view([]).queue} == {None}
    model = person.session.state.models[RIDGE] = a_belief(256)
    person.session.queue.predict_again()
    for shown in person.session.view([]).queue:
        read = latents.features(shown.candidate.z[None])
        assert shown.forecast is not None
        assert shown.forecast.value == pytest.approx(float(model.predict(read)[0]), abs=1e-5)
        assert shown.forecast.sd == pytest.approx(float(model.deviation(read)[0]), abs=1e-5)
    assert len(person.session.queue.steps[RIDGE]) == len(STEP_ANGLES)
    assert (np.diff(person.session.queue.steps[RIDGE]) > 0).all()
    person.session.queue.propose_with(Proposing(model=XGB))
    assert person.session.view([]).queue[0].forecast is None  # by a model that was not fitted


def test_of_two_fits_that_end_at_once_neither_hides_the_values_of_the_other(person: Person) -> None:
    models, predicting, go_on = person.session.state.models, threading.Event(), threading.Event()

    class Slow(RidgeFit):
        def predict(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
            if not predicting.is_set():
                predicting.set()
                go_on.wait(HANG)
            return super().predict(X)

    models[RIDGE] = Slow(**vars(a_belief(256)))
    first = threading.Thread(target=person.session.queue.predict_again)
    first.start()
    assert predicting.wait(HANG)
    models[XGB] = a_belief(256)
    second = threading.Thread(target=person.session.queue.predict_again)
    second.start()
    second.join(0.2)
    go_on.set()
    first.join(HANG)
    second.join(HANG)
    assert set(person.session.queue.steps) == {RIDGE, XGB}


def test_proposals_know_what_was_shown_last_also_after_a_restart(person: Person) -> None:
    for _ in range(12):
        person.judges(person.queue[0], GOOD)
    last = latents.features(np.stack([judged.candidate.z for judged in person.session.view([]).recent][::-1]))
    later = Later()
    person.restart(later)
    later.run(1)  # the folder is read
    (context,) = (value for value in later.waiting[0].args if isinstance(value, ProposalContext))
    assert context.shown is not None
    np.testing.assert_array_equal(context.shown, last[-LAST_SHOWN:])
