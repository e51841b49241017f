"""Promises of labels of mails: on disk at once, each event once, undone and redone, shared by processes."""

import json
import multiprocessing
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipo.mail.labels.export import export_labels
from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import NONE, SAFE, SPAM, UNSURE, Mail, MailSet, collect
from tests.support.small_disk import small_disk

IDS = [f"{number:016x}" for number in range(5)]
GIVEN = [SAFE, SPAM, NONE, NONE, SPAM]


@pytest.fixture
def mails() -> MailSet:
    titles = ["Lunch", "=SUM(A1)", "ask joe@example.com", "", "Call 415-555-0132"]
    rows = zip(IDS, titles, GIVEN, strict=True)
    return collect(Mail(id, title, "", given, None, (), "a.mbox") for id, title, given in rows)


def label(store: LabelStore, rows: list[int], code: int, event: str | None = None) -> bool:
    return store.label([IDS[row] for row in rows], code, who="somebody", event=event)


def test_the_last_label_counts_and_is_there_after_a_restart(tmp_path: Path, mails: MailSet) -> None:
    store = LabelStore(tmp_path)
    assert store.codes(mails).tolist() == GIVEN
    label(store, [0, 2], SPAM)
    label(store, [2], UNSURE)
    label(store, [4], NONE)
    for opened in (store, LabelStore(tmp_path)):
        assert opened.codes(mails).tolist() == [SPAM, SPAM, UNSURE, NONE, NONE]
    first = json.loads((tmp_path / "labels.jsonl").read_text().splitlines()[0])
    assert (first["ids"], first["labels"], first["who"]) == ([IDS[0], IDS[2]], ["spam"], "somebody")


def test_undo_and_redo_walk_back_and_forth_also_after_a_restart(tmp_path: Path, mails: MailSet) -> None:
    states = [GIVEN]
    for rows, code in (([0, 2], SPAM), ([2, 3], UNSURE), ([0, 1, 2, 3, 4], SAFE), ([1], NONE)):
        store = LabelStore(tmp_path)
        label(store, rows, code)
        states.append(store.codes(mails).tolist())
    for _ in range(2):
        for state in reversed(states[:-1]):
            store = LabelStore(tmp_path)
            assert store.undoable is not None and store.undo(who="x")
            assert store.codes(mails).tolist() == state
        assert store.undoable is None and not store.undo(who="x")
        for state in states[1:]:
            store = LabelStore(tmp_path)
            assert store.redoable is not None and store.redo(who="x")
            assert store.codes(mails).tolist() == state
        assert store.redoable is None and not store.redo(who="x")


def test_what_the_next_undo_and_redo_would_do_is_said_in_words(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    assert (store.undoable, store.redoable) == (None, None)
    label(store, [0, 1, 2], SPAM)
    label(store, [3], NONE)
    assert (store.undoable, store.redoable) == ("no label on 1 mail", None)
    store.undo(who="x")
    assert (store.undoable, store.redoable) == ("spam on 3 mails", "no label on 1 mail")
    label(store, [1], UNSURE)
    assert store.redoable is None
    store.undo(who="x")
    assert store.undoable == "spam on 3 mails"


def test_an_event_that_comes_again_is_applied_once(tmp_path: Path, mails: MailSet) -> None:
    store = LabelStore(tmp_path)
    assert label(store, [0], SPAM, "e1") and not label(store, [0], SPAM, "e1")
    assert store.undo(who="x", event="e2") and not store.undo(who="x", event="e2")
    assert store.redo(who="x", event="e3") and not LabelStore(tmp_path).redo(who="x", event="e3")
    again = LabelStore(tmp_path)
    assert not label(again, [0], SAFE, "e1") and again.was_applied("e2")
    assert again.codes(mails)[0] == SPAM and len(again.events()) == 3


@pytest.mark.parametrize(
    "torn", [b'{"action":"label","ids":["000', b'{"action":"label"}\n', b"\0\0\0\n", b"\n"]
)
def test_a_line_that_was_cut_short_costs_itself_alone(tmp_path: Path, mails: MailSet, torn: bytes) -> None:
    label(LabelStore(tmp_path), [0], SPAM)
    with open(tmp_path / "labels.jsonl", "ab") as file:
        file.write(torn)
    store = LabelStore(tmp_path)
    assert store.codes(mails).tolist() == [SPAM, *GIVEN[1:]]
    label(store, [1], SAFE)
    for opened in (store, LabelStore(tmp_path)):
        assert opened.codes(mails).tolist() == [SPAM, SAFE, *GIVEN[2:]]


def test_a_line_without_its_end_that_comes_again_is_applied_once(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    label(store, [0], SPAM, "e1")
    content = store.path.read_bytes()
    store.path.write_bytes(content.removesuffix(b"\n"))
    store = LabelStore(tmp_path)
    assert store.events() == []
    label(store, [0], SPAM, "e1")
    assert (
        [event.event for event in LabelStore(tmp_path).events()]
        == ["e1"]
        == [one.event for one in store.events()]
    )


def test_what_another_process_wrote_is_seen_and_nothing_is_lost(tmp_path: Path, mails: MailSet) -> None:
    one, other = LabelStore(tmp_path), LabelStore(tmp_path)
    label(one, [0], SPAM)
    version = other.version
    other.refresh()
    assert other.version != version and other.codes(mails)[0] == SPAM
    label(other, [1], SAFE)
    one.undo(who="x")
    assert one.codes(mails).tolist() == [SPAM, SPAM, *GIVEN[2:]]


def _label_many(folder: Path, who: str) -> None:
    store = LabelStore(folder)
    for number in range(20):
        store.label([IDS[number % 5]], SPAM, who=who, event=f"{who}{number}")


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_label_many, args=(tmp_path, who)) for who in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(LabelStore(tmp_path).events()) == 40


def test_a_log_that_was_exchanged_is_read_anew(tmp_path: Path, mails: MailSet) -> None:
    store = LabelStore(tmp_path)
    label(store, [0], SPAM)
    label(store, [1], SAFE)
    version = store.version
    store.path.unlink()
    store.refresh()
    assert store.codes(mails).tolist() == GIVEN and store.version != version


def test_a_full_disk_adds_nothing_and_the_same_event_may_come_again(tmp_path: Path, mails: MailSet) -> None:
    store = LabelStore(tmp_path)
    label(store, [0], SPAM)
    with small_disk(store.path.stat().st_size + 20), pytest.raises(OSError):
        label(store, [1], SAFE, "e9")
    assert store.codes(mails).tolist() == [SPAM, *GIVEN[1:]]
    assert label(store, [1], SAFE, "e9") and LabelStore(tmp_path).codes(mails)[1] == SAFE


@pytest.mark.parametrize(("ids", "code"), [(["x"], SPAM), ([], SPAM), ([IDS[0], ""], SAFE), ([IDS[0]], 7)])
def test_what_cannot_be_is_refused(tmp_path: Path, ids: list[str], code: int) -> None:
    store = LabelStore(tmp_path)
    with pytest.raises(ValueError, match="16 hex digits and a label of"):
        store.label(ids, code, who="x")
    assert store.events() == []


ACTS = st.one_of(
    st.tuples(
        st.lists(st.integers(0, 4), min_size=1, max_size=5), st.sampled_from([SAFE, SPAM, NONE, UNSURE])
    ),
    st.sampled_from(["undo", "redo", "reopen"]),
)


@settings(max_examples=40)
@given(st.lists(ACTS, max_size=12))
def test_undoing_all_leads_back_and_redoing_all_forward(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[list[int], int] | str]
) -> None:
    folder = tmp_path_factory.mktemp("labels")
    mails = collect(Mail(id, "", "", given, None, (), "") for id, given in zip(IDS, GIVEN, strict=True))
    store = LabelStore(folder)
    for act in acts:
        if act == "undo":
            store.undo(who="x")
        elif act == "redo":
            store.redo(who="x")
        elif act == "reopen":
            store = LabelStore(folder)
        else:
            assert not isinstance(act, str)
            label(store, *act)
    while store.redo(who="x"):
        pass
    last = store.codes(mails).tolist()
    while store.undo(who="x"):
        pass
    assert store.codes(mails).tolist() == GIVEN
    while store.redo(who="x"):
        pass
    assert store.codes(mails).tolist() == last == LabelStore(folder).codes(mails).tolist()


def test_the_export_says_who_and_when_and_masks_personal_data(tmp_path: Path, mails: MailSet) -> None:
    store = LabelStore(tmp_path)
    label(store, [0], SPAM)
    export_labels(tmp_path / "plain.csv", store, mails, mask=False)
    export_labels(tmp_path / "masked.csv", store, mails, mask=True)
    table = pd.read_csv(tmp_path / "plain.csv", dtype=str, keep_default_na=False)
    assert table.id.tolist() == IDS and table.label.tolist() == ["spam", "spam", "", "", "spam"]
    assert table.given.tolist()[0] == "safe" and table.who.tolist() == ["somebody", "", "", "", ""]
    assert table.title.tolist() == ["Lunch", "'=SUM(A1)", "ask joe@example.com", "", "Call 415-555-0132"]
    masked = (tmp_path / "masked.csv").read_text()
    assert "ask [mail address]" in masked and "Call [phone]" in masked and "joe@" not in masked
