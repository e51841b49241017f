"""Promises of judging: every event once, in order, and about the image it names."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.images import decode_png
from ipo.jobs import SILENT
from ipo.preference import latents
from ipo.preference.events import Event, Kind
from ipo.preference.proposals.generate import Proposing
from ipo.preference.proposals.proposers import EXPLOIT, RANDOM, STEP_ANGLES, ProposerSettings
from ipo.preference.queue import IN_TRANSIT
from ipo.preference.recent_actions import RECENT
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE, XGB
from ipo.preference.storage.rows import BAD, GOOD
from ipo.preference.storage.sessions import SessionKey
from ipo.value.ridge import RidgeFit
from tests.support.fits import a_belief
from tests.support.flat_decoder import FlatDecoder
from tests.support.judging import KEY, Later, OnDisk, Person, run_now
from tests.support.lanes import HANG

# The hand


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
    assert (len(later.waiting), session.table([]).decoding) == (1, 7)  # one after another
    later.run(2)
    table = session.table([])
    assert (len(table.queue), table.decoding) == (2, 5)


def test_candidates_never_repeat_over_restarts(person: Person) -> None:
    dealt = set(person.queue)
    for _ in range(4):
        person.restart()
        assert not dealt & set(person.queue)
        dealt |= set(person.queue)


def test_a_size_the_decoder_cannot_make_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Image size 65 is not a positive multiple of 8"):
        PreferenceSession(
            tmp_path, SessionKey("moss", 65, "flat"), FlatDecoder(), run_now, lambda session: None
        )


def test_a_session_that_nobody_looks_at_stops_decoding_until_it_is_shown_again(tmp_path: Path) -> None:
    later = Later()
    session = PreferenceSession(tmp_path, KEY, FlatDecoder(), later, lambda session: None)
    session.open()
    session.queue.show(1, 6)
    later.run(1)
    later.run(2)
    session.queue.pause()
    later.run()
    table = session.table([])
    assert (len(table.queue), table.decoding, table.error) == (2, 0, "")
    session.queue.show(1, 6)
    later.run()
    assert len(session.table([]).queue) == 7


# Events


def test_a_judgement_stores_exactly_the_image_on_screen(person: Person) -> None:
    shown = person.session.table([]).queue[0].candidate
    person.judges(shown.id, BAD)
    (row,) = person.session.store.open().rows
    stored = person.session.store.candidate(row)
    assert (stored.png, stored.z.tobytes(), row.label) == (shown.png, shown.z.tobytes(), BAD)
    assert stored.record() == shown.record()


def test_a_row_decodes_again_to_the_image_it_holds(person: Person) -> None:
    person.judges(person.queue[0], GOOD)
    (row,) = person.session.store.open().rows
    stored = person.session.store.candidate(row)
    again = FlatDecoder().decode(stored.z[None], stored.prompt, stored.settings, context=SILENT)[0]
    assert np.array_equal(again, decode_png(stored.png))


def test_a_judgement_is_saved_acknowledged_learnt_and_listed(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, BAD)
    assert person.on_disk().labels == person.labels == {first: GOOD, second: BAD}
    assert person.acknowledged == 1
    assert person.recent == [(second, BAD), (first, GOOD)]
    assert person.trained == 3  # at opening and after each
    assert person.session.labels_per_minute() == 2
    z = {shown.id: shown.z for shown in map(person.session.queue.find, (first, second)) if shown}
    rows = person.session.state.snapshot()
    assert all(
        np.array_equal(x, latents.features(z[id_][None])[0]) for id_, x in zip(rows.ids, rows.X, strict=True)
    )


def test_the_same_log_sent_again_changes_nothing(person: Person) -> None:
    first, second, third, *_ = person.queue
    person.judges(first, GOOD)
    person.skips(second)
    person.judges(third, BAD)
    person.undoes(first)
    before = person.on_disk(), person.recent, person.queue, person.labels, person.trained
    for sent in (person.log, person.log[:2], person.log[3:]):
        person.session.apply(sent)
        assert (person.on_disk(), person.recent, person.queue, person.labels, person.trained) == before
    assert person.acknowledged == 3


def test_a_log_with_old_and_new_events_applies_the_new_ones_in_order(person: Person) -> None:
    first, second, third, *_ = person.queue
    person.judges(first, GOOD)
    person.does(Kind.JUDGE, second, GOOD)
    person.does(Kind.JUDGE, third, GOOD)
    person.does(Kind.RELABEL, second, BAD)
    person.does(Kind.UNDO, first)
    person.session.apply(person.log)
    assert person.on_disk() == OnDisk({second: BAD, third: GOOD}, undone=1)
    assert [row.candidate_id for row in person.session.store.open().rows] == [second, third]
    assert person.trained == 3  # once for the whole log


def test_two_tabs_count_their_events_apart(person: Person) -> None:
    first, second, *_ = person.queue
    person.session.apply([Event("a", 0, Kind.JUDGE, first, GOOD), Event("b", 0, Kind.JUDGE, second, BAD)])
    assert person.on_disk().labels == {first: GOOD, second: BAD}
    assert person.session.table(["a", "b", "c"]).acknowledged == {"a": 0, "b": 0}
    assert person.session.table(["b"]).acknowledged == {"b": 0}


def test_a_log_that_several_threads_send_at_once_is_applied_once(tmp_path: Path) -> None:
    person = Person(tmp_path, tiles=20, ahead=0)
    judged = {id_: number % 2 or BAD for number, id_ in enumerate(person.queue)}
    for id_, label in judged.items():
        person.does(Kind.JUDGE, id_, label)
    ends = [*range(1, 20), 20] * 2  # a log that grows from call to call
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda end: person.session.apply(person.log[:end]), ends))
    assert person.on_disk() == OnDisk(judged, undone=0)
    assert person.labels == judged and person.acknowledged == 19
    assert len(set(person.queue)) == 20


def test_a_skip_leaves_the_hand_without_a_row(person: Person) -> None:
    first, *_ = person.queue
    person.skips(first)
    assert first not in person.queue
    assert person.on_disk() == OnDisk({}, undone=0)
    assert (person.recent, person.acknowledged, person.trained) == ([(first, 0)], 0, 1)


def test_undo_of_a_skip_brings_the_candidate_back_first(person: Person) -> None:
    first, second, *_ = person.queue
    person.skips(first)
    person.skips(second)
    person.undoes(first)
    assert person.queue[0] == first and second not in person.queue
    assert person.recent == [(second, 0)]
    assert person.trained == 1


def test_undo_of_a_judgement_brings_the_candidate_back_first_and_keeps_the_row_in_undone(
    person: Person,
) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, BAD)
    person.undoes(first)
    assert person.queue[0] == first
    assert person.recent == [(second, BAD)]
    assert person.on_disk() == OnDisk({second: BAD}, undone=1)
    assert person.labels == {second: BAD}
    assert person.trained == 4


def test_an_undone_candidate_can_be_judged_again(person: Person) -> None:
    first, *_ = person.queue
    for label in (GOOD, BAD):
        person.judges(first, label)
        person.undoes(first)
    person.judges(first, BAD)
    assert person.on_disk() == OnDisk({first: BAD}, undone=2)
    assert person.labels == {first: BAD} and person.recent == [(first, BAD)]


def test_relabelling_changes_the_label_and_keeps_the_old_one_in_the_history(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, GOOD)
    person.relabels(first, BAD)
    assert person.on_disk() == OnDisk({first: BAD, second: GOOD}, undone=0)
    assert person.labels == {first: BAD, second: GOOD}
    assert person.recent == [(second, GOOD), (first, BAD)]  # its place in the strip stays
    (row, _) = person.session.store.open().rows
    assert [act.action for act in row.history] == ["judge", "relabel"]


def test_what_another_tab_judged_first_stays_as_it_was_and_that_is_said(person: Person) -> None:
    first, *_ = person.queue
    person.session.apply([Event("other tab", 0, Kind.JUDGE, first, GOOD)])
    person.judges(first, BAD)
    assert person.on_disk().labels == {first: GOOD}
    assert person.notice == "That image was judged in another tab already; it stays as it was."
    assert person.session.table(["other tab"]).notice == ""
    assert person.acknowledged == 0


def test_relabelling_what_was_never_judged_does_nothing(person: Person) -> None:
    first, *_ = person.queue
    person.relabels(first, GOOD)
    assert (person.on_disk().labels, person.acknowledged, person.notice) == ({}, 0, "")
    assert person.queue[0] == first


@pytest.mark.parametrize("again", [Kind.JUDGE, Kind.RELABEL])
def test_the_same_label_again_is_acknowledged_and_changes_nothing(person: Person, again: Kind) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    person.session.apply([person.does(again, first, GOOD)])
    assert person.notice == ""
    (row,) = person.session.store.open().rows
    assert (len(row.history), person.acknowledged, person.trained) == (1, 1, 2)


def test_a_skipped_candidate_can_still_be_judged(person: Person) -> None:
    first, *_ = person.queue
    person.skips(first)
    person.judges(first, GOOD)
    assert person.on_disk().labels == {first: GOOD}
    assert person.recent == [(first, GOOD)]


def test_the_last_ten_acts_stay_in_the_strip_and_older_rows_can_still_be_changed(person: Person) -> None:
    judged = []
    for _ in range(RECENT + 3):
        judged.append(person.queue[0])
        person.judges(judged[-1], GOOD)
    assert person.recent == [(id_, GOOD) for id_ in reversed(judged[-RECENT:])]
    person.undoes(judged[0])
    person.relabels(judged[1], BAD)
    assert person.on_disk() == OnDisk(dict.fromkeys(judged[2:], GOOD) | {judged[1]: BAD}, undone=1)


def test_undo_brings_older_rows_back_into_the_strip(person: Person) -> None:
    judged = []
    for _ in range(RECENT):
        judged.append(person.queue[0])
        person.judges(judged[-1], GOOD)
    skipped = person.queue[:4]
    for id_ in skipped:
        person.skips(id_)
    for id_ in reversed(skipped):
        person.undoes(id_)
    assert person.recent == [(id_, GOOD) for id_ in reversed(judged)]
    assert person.queue[:4] == skipped


def test_a_judgement_about_an_image_that_is_gone_is_said_and_acknowledged(person: Person) -> None:
    first, *_ = person.queue
    person.does(Kind.JUDGE, "0123456789abcdef", GOOD)
    person.does(Kind.JUDGE, first, GOOD)
    person.session.apply(person.log)
    assert person.notice == ("A judgement was about an image that is no longer there; it was dropped.")
    assert person.on_disk().labels == {first: GOOD}
    assert person.acknowledged == 1


@pytest.mark.parametrize("kind", [Kind.SKIP, Kind.UNDO])
def test_skipping_or_undoing_what_is_unknown_is_acknowledged_and_does_nothing(
    person: Person, kind: Kind
) -> None:
    before = person.queue
    person.session.apply([person.does(kind, "0123456789abcdef")])
    assert (person.queue, person.recent, person.acknowledged) == (before, [], 0)


@pytest.mark.parametrize("act", [Kind.UNDO, Kind.RELABEL])
def test_a_row_that_another_process_undid_is_taken_off_the_list(person: Person, act: Kind) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, GOOD)
    other = Person(person.home, client="other")
    other.undoes(first)
    person.session.apply([person.does(act, first, BAD)])
    assert person.labels == other.labels == {second: GOOD}
    assert person.recent == [(second, GOOD)]
    assert person.notice == (
        "Row 000001 in the session's folder is gone or damaged; it was taken off the list."
    )
    assert person.acknowledged == 2


# Decoding and proposing


def test_a_decode_error_is_shown_and_retry_goes_on(tmp_path: Path) -> None:
    person = Person(tmp_path)
    first, *_ = person.queue
    person.decoder.broken = "the model is not there"
    person.judges(first, GOOD)
    table = person.session.table([])
    assert table.error == "No image could be made: the model is not there"
    assert (table.decoding, len(table.queue)) == (0, 6)
    assert person.on_disk().labels == {first: GOOD}  # judging goes on with what is there
    person.judges(person.queue[0], BAD)
    assert len(person.labels) == 2
    person.session.retry()
    assert person.session.table([]).error == table.error  # still broken
    person.decoder.broken = ""
    person.session.retry()
    table = person.session.table([])
    assert (table.error, table.decoding, len(table.queue)) == ("", 0, 7)


def test_when_all_decodes_fail_none_is_counted_as_under_way(tmp_path: Path) -> None:
    later, decoder = Later(), FlatDecoder()
    session = PreferenceSession(tmp_path, KEY, decoder, later, lambda session: None)
    session.open()
    later.run()
    session.queue.show(4, 4)
    decoder.broken = "gone"
    later.run()
    assert (session.table([]).decoding, session.table([]).queue) == (0, [])
    decoder.broken = ""
    session.retry()
    later.run()
    assert len(session.table([]).queue) == 8


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
    assert {shown.candidate.proposal.proposer for shown in person.session.table([]).queue} == {RANDOM}
    person.session.state.models[RIDGE] = a_belief(256)
    person.session.queue.propose_with(Proposing(ProposerSettings(EXPLOIT, theta=0.9)))
    on_screen, *ahead = person.session.table([]).queue[IN_TRANSIT:]
    assert on_screen.forecast is None
    for shown in ahead:
        assert shown.candidate.proposal.proposer == EXPLOIT
        assert shown.candidate.proposal.parameters["theta"] == 0.9
        assert shown.forecast is not None
        assert shown.forecast.value == pytest.approx(shown.candidate.proposal.value)
        assert shown.forecast.sd == pytest.approx(shown.candidate.proposal.sd)


def test_a_new_fit_gives_new_values_to_what_is_in_hand_and_to_the_steps(person: Person) -> None:
    assert {shown.forecast for shown in person.session.table([]).queue} == {None}
    model = person.session.state.models[RIDGE] = a_belief(256)
    person.session.queue.predict_again()
    for shown in person.session.table([]).queue:
        read = latents.features(shown.candidate.z[None])
        assert shown.forecast is not None
        assert shown.forecast.value == pytest.approx(float(model.predict(read)[0]), abs=1e-5)
        assert shown.forecast.sd == pytest.approx(float(model.deviation(read)[0]), abs=1e-5)
    assert len(person.session.queue.steps[RIDGE]) == len(STEP_ANGLES)
    assert (np.diff(person.session.queue.steps[RIDGE]) > 0).all()
    person.session.queue.propose_with(Proposing(model=XGB))
    assert person.session.table([]).queue[0].forecast is None  # by a model that was not fitted


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
