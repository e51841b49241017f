"""Promises of judging in pairs: every preference once, about two images, and taken back in their places."""

from pathlib import Path

import numpy as np
import pytest

from ipo.preference import latents
from ipo.preference.events import Event, Kind
from ipo.preference.loading import RECENT
from ipo.preference.storage.pairs import LEFT, PAIR_RECORD, RIGHT
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.judging import Later, Person
from tests.support.small_disk import small_disk
from tests.support.stores import whole


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Someone who sees two images at a time."""
    return Person(tmp_path, tiles=2)


def test_a_preference_is_saved_acknowledged_learnt_and_listed(person: Person) -> None:
    left, right = (shown.candidate for shown in person.session.view([]).queue[:2])
    person.prefers(right.id, left.id, RIGHT)
    (pair,) = person.session.pair_store.open().pairs
    assert list(map(whole, person.session.pair_store.candidates(pair))) == [whole(right), whole(left)]
    assert (person.acknowledged, person.trained, person.notice) == (0, 2, "")
    (judged,) = person.session.view([]).recent
    assert (judged.candidate, judged.other, judged.side) == (right, left, RIGHT)
    assert not {left.id, right.id} & set(person.queue) and len(person.queue) == 8
    assert not any((person.session.folder.path / "dealt" / id_).exists() for id_ in (left.id, right.id))
    rows = person.session.state.snapshot()
    features = latents.features(np.stack([right.z, left.z]))
    assert np.array_equal(rows.features[rows.pairs], [features[0] - features[1]])
    assert (person.session.state.pairs(), len(rows)) == (1, 0)


def test_the_same_log_sent_again_changes_nothing_also_after_a_restart(person: Person) -> None:
    first, second, third, fourth, *_ = person.queue
    person.prefers(first, second)
    person.prefers(fourth, third, RIGHT)
    person.removes(first)
    for _ in range(2):
        person.session.apply(person.log)
        assert person.pairs_on_disk() == [f"{fourth}>{third}"]
        assert (person.session.state.pairs(), person.acknowledged) == (1, 2)
        person.restart()
    assert len(list((person.session.folder.path / "undone_pairs").iterdir())) == 1


@pytest.mark.parametrize("side", [LEFT, RIGHT])
@pytest.mark.parametrize("restarted", [False, True])
def test_undo_brings_both_images_back_first_each_to_its_place(
    person: Person, side: int, restarted: bool
) -> None:
    left, right, *_ = person.queue
    shown = [shown.candidate for shown in person.session.view([]).queue[:2]]
    preferred, other = (left, right) if side == LEFT else (right, left)
    person.prefers(preferred, other, side)
    if restarted:
        person.restart()
    person.undoes()
    table = person.session.view([])
    assert [again.candidate.png for again in table.queue[:2]] == [candidate.png for candidate in shown]
    assert person.queue[:2] == [left, right]
    assert (table.recent, person.pairs_on_disk(), person.session.state.pairs()) == ([], [], 0)
    person.prefers(left, right)  # and it can be judged again
    assert person.pairs_on_disk() == [f"{left}>{right}"]


def test_neither_is_two_skips_that_come_back_in_their_places(person: Person) -> None:
    left, right, *_ = person.queue
    person.skips(left)
    person.skips(right)
    person.undoes()
    person.undoes()
    assert person.queue[:2] == [left, right]
    assert (person.pairs_on_disk(), person.recent) == ([], [])


@pytest.mark.parametrize("act", ["prefer", "undo"])
def test_what_cannot_be_saved_is_not_acknowledged_and_is_applied_when_sent_again(
    person: Person, act: str
) -> None:
    first, second, third, fourth, *_ = person.queue
    person.prefers(first, second)
    before = person.pairs_on_disk(), person.recent, person.queue, person.session.state.pairs()
    if act == "prefer":
        person.does(Kind.PREFER, third, LEFT, fourth)
    else:
        person.does(Kind.UNDO, person.log[0].id)
    with small_disk(80):
        person.session.apply(person.log)
    assert (person.pairs_on_disk(), person.recent, person.queue, person.session.state.pairs()) == before
    assert (person.acknowledged, person.trained) == (0, 2)
    assert person.notice.startswith("Not saved: ") and person.notice.endswith("then press Retry.")
    person.session.apply(person.log)
    assert person.pairs_on_disk() == ([f"{first}>{second}", f"{third}>{fourth}"] if act == "prefer" else [])
    assert (person.acknowledged, person.notice) == (1, "")


def test_a_preference_made_while_the_app_was_away_finds_its_images_after_a_restart(person: Person) -> None:
    left, right, *_ = person.queue
    person.does(Kind.PREFER, right, RIGHT, left)
    person.restart()
    person.session.apply(person.log)
    assert (person.pairs_on_disk(), person.notice) == ([f"{right}>{left}"], "")


def test_a_log_that_comes_before_the_session_is_open_is_not_lost(person: Person) -> None:
    first, second, *_ = person.queue
    person.prefers(first, second)
    person.does(Kind.UNDO, person.log[0].id)
    later = Later()
    person.restart(later)
    person.session.apply(person.log)
    later.run()
    assert person.acknowledged == 0
    person.session.apply(person.log)
    assert (person.pairs_on_disk(), person.acknowledged, person.queue[:2]) == ([], 1, [first, second])


def test_reopening_restores_what_was_learnt_and_the_last_ten_of_rows_and_pairs(person: Person) -> None:
    for number in range(RECENT):
        first, second, third, *_ = person.queue
        person.judges(first, GOOD if number % 2 else BAD)
        person.prefers(third, second, RIGHT)
    before = person.session.state.snapshot()
    recent = [(judged.candidate.id, judged.label, judged.side) for judged in person.session.view([]).recent]
    person.restart()
    after = person.session.state.snapshot()
    assert after.ids == before.ids
    assert np.array_equal(after.features[after.pairs], before.features[before.pairs])
    again = [(judged.candidate.id, judged.label, judged.side) for judged in person.session.view([]).recent]
    assert again == recent


def test_undo_brings_older_pairs_back_into_the_strip(person: Person) -> None:
    preferred = []
    for _ in range(RECENT + 1):
        first, second, *_ = person.queue
        person.prefers(first, second)
        preferred.append(first)
    person.undoes()
    assert {id_ for id_, _ in person.recent} == set(preferred[:-1])


@pytest.mark.parametrize("kind", [Kind.JUDGE, Kind.PREFER])
def test_what_another_tab_judged_first_stays_as_it_was_and_that_is_said(person: Person, kind: Kind) -> None:
    left, right, *_ = person.queue
    label = GOOD if kind == Kind.JUDGE else LEFT
    person.session.apply([Event("other tab", 0, kind, left, label, right if kind == Kind.PREFER else "")])
    person.prefers(right, left, RIGHT)
    assert person.pairs_on_disk() == ([] if kind == Kind.JUDGE else [f"{left}>{right}"])
    assert person.notice == "One of these images was judged in another tab already; it stays as it was."
    assert left not in person.queue and (right in person.queue) == (kind == Kind.JUDGE)
    assert (person.acknowledged, person.session.view(["other tab"]).notice) == (0, "")


def test_an_image_of_a_pair_is_not_judged_alone_by_another_tab(person: Person) -> None:
    left, right, *_ = person.queue
    person.prefers(left, right)
    for id_ in (left, right):
        person.judges(id_, GOOD)
        assert person.notice == "That image was judged in another tab already; it stays as it was."
    assert (person.on_disk().labels, person.pairs_on_disk()) == ({}, [f"{left}>{right}"])


def test_the_same_preference_in_two_tabs_is_one_pair_and_nothing_to_say(person: Person) -> None:
    left, right, *_ = person.queue
    person.session.apply([Event("other tab", 0, Kind.PREFER, left, LEFT, right)])
    person.prefers(left, right)
    assert (person.pairs_on_disk(), person.notice, person.acknowledged) == ([f"{left}>{right}"], "", 0)


@pytest.mark.parametrize("other", ["", "0123456789abcdef", "same"])
def test_a_preference_to_nothing_that_is_there_is_dropped_and_said(person: Person, other: str) -> None:
    left, *_ = before = person.queue
    person.prefers(left, left if other == "same" else other)
    assert (person.pairs_on_disk(), person.queue, person.acknowledged) == ([], before, 0)
    assert person.notice == "A judgement was about an image that is no longer there; it was dropped."


def test_a_pair_that_another_process_undid_is_taken_off_the_list(person: Person) -> None:
    left, right, *_ = person.queue
    person.prefers(left, right)
    other = Person(person.home, tiles=2, client="other")
    other.undoes()
    person.undoes()
    assert (person.recent, person.session.state.pairs(), person.acknowledged) == ([], 0, 1)
    assert person.notice == (
        "Pair 000001 in the session's folder is gone or damaged; it was taken off the list."
    )


def test_damaged_pairs_are_named_and_the_session_opens(person: Person) -> None:
    first, second, third, fourth, *_ = person.queue
    person.prefers(first, second)
    person.prefers(third, fourth)
    (person.session.folder.path / "pairs" / "000001" / PAIR_RECORD).write_text("{")
    person.restart()
    assert [damaged.folder for damaged in person.session.damaged] == ["pairs/000001"]
    assert [pair.candidates for pair in person.session.pairs()] == [(third, fourth)]
