"""Promises of judging: every event once, in order, and about the image it names."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ipo.images import decode_png
from ipo.jobs import SILENT
from ipo.preference import latents
from ipo.preference.events import Event, Kind
from ipo.preference.loading import RECENT
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.flat_decoder import FlatDecoder
from tests.support.judging import OnDisk, Person


def test_a_judgement_stores_exactly_the_image_on_screen(person: Person) -> None:
    shown = person.session.view([]).queue[0].candidate
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
    person.undoes()
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
    person.does(Kind.REMOVE, first)
    person.session.apply(person.log)
    assert person.on_disk() == OnDisk({second: BAD, third: GOOD}, undone=1)
    assert [row.candidate_id for row in person.session.store.open().rows] == [second, third]
    assert person.trained == 3  # once for the whole log


def test_two_tabs_count_their_events_apart(person: Person) -> None:
    first, second, *_ = person.queue
    person.session.apply([Event("a", 0, Kind.JUDGE, first, GOOD), Event("b", 0, Kind.JUDGE, second, BAD)])
    assert person.on_disk().labels == {first: GOOD, second: BAD}
    assert person.session.view(["a", "b", "c"]).acknowledged == {"a": 0, "b": 0}
    assert person.session.view(["b"]).acknowledged == {"b": 0}


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


def test_a_skip_that_is_taken_back_comes_first(person: Person) -> None:
    first, second, *_ = person.queue
    person.skips(first)
    person.skips(second)
    person.removes(first)
    assert person.queue[0] == first and second not in person.queue
    assert person.recent == [(second, 0)]
    assert person.trained == 1


def test_a_judgement_that_is_taken_back_shows_the_candidate_first_and_keeps_the_row_in_undone(
    person: Person,
) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, BAD)
    person.removes(first)
    assert person.queue[0] == first
    assert person.recent == [(second, BAD)]
    assert person.on_disk() == OnDisk({second: BAD}, undone=1)
    assert person.labels == {second: BAD}
    assert person.trained == 4


def test_an_undone_candidate_can_be_judged_again(person: Person) -> None:
    first, *_ = person.queue
    for label in (GOOD, BAD):
        person.judges(first, label)
        person.undoes()
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
    assert person.session.view(["other tab"]).notice == ""
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
    person.removes(judged[0])
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
    for _ in skipped:
        person.undoes()
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


@pytest.mark.parametrize("kind", [Kind.SKIP, Kind.REMOVE])
def test_skipping_or_removing_what_is_unknown_is_acknowledged_and_does_nothing(
    person: Person, kind: Kind
) -> None:
    before = person.queue
    person.session.apply([person.does(kind, "0123456789abcdef")])
    assert (person.queue, person.recent, person.acknowledged) == (before, [], 0)


@pytest.mark.parametrize("act", [Kind.REMOVE, Kind.RELABEL])
def test_a_row_that_another_process_undid_is_taken_off_the_list(person: Person, act: Kind) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, GOOD)
    other = Person(person.home, client="other")
    other.removes(first)
    person.session.apply([person.does(act, first, BAD)])
    assert person.labels == other.labels == {second: GOOD}
    assert person.recent == [(second, GOOD)]
    assert person.notice == (
        "Row 000001 in the session's folder is gone or damaged; it was taken off the list."
    )
    assert person.acknowledged == 2
