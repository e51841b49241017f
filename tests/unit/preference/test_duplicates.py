"""Promises of duplicates: the same rows to start from, and nothing shared after that."""

from pathlib import Path

import numpy as np
import pytest

from ipo.jobs import SILENT, Cancelled
from ipo.preference.storage.rows import BAD, GOOD
from ipo.preference.storage.sessions import MAX_TITLE, SessionFolder, list_sessions
from ipo.preference.transfer.importing import duplicate, title_of_copy
from tests.support.rows import made_candidate
from tests.support.sessions import (
    KEY,
    Impatient,
    exported,
    imported,
    judged_session,
    opened,
    session_files,
    store_of,
)
from tests.support.stores import files_below


def test_a_duplicate_has_the_rows_of_its_original_byte_for_byte(tmp_path: Path) -> None:
    judged_session(tmp_path)
    before = session_files(tmp_path)
    copy = duplicate(tmp_path, KEY, "Another taste", SILENT)
    after = session_files(tmp_path, copy.key)
    assert session_files(tmp_path) == before
    assert {name: after[name] for name in after if name != "session.json"} == {
        name: before[name] for name in before if name != "session.json"
    }


def test_a_duplicate_is_a_session_of_its_own_that_says_where_it_is_from(tmp_path: Path) -> None:
    judged_session(tmp_path)
    copy = duplicate(tmp_path, KEY, "Another taste", SILENT)
    assert (copy.key.prompt, copy.key.size, copy.key.decoder) == (KEY.prompt, KEY.size, KEY.decoder)
    assert copy.key.id != KEY.id
    assert {info.key: (info.name, info.rows) for info in list_sessions(tmp_path)} == {
        KEY: ("moss and rust · 64²", 4),
        copy.key: ("Another taste", 4),
    }
    about = SessionFolder(tmp_path, copy.key).about()
    assert (about["copied_from"], about["copy"]) == (KEY.id, copy.key.copy)


def test_what_is_judged_in_a_duplicate_leaves_the_original_alone(tmp_path: Path) -> None:
    first, *_ = judged_session(tmp_path)
    copy = duplicate(tmp_path, KEY, "", SILENT)
    before = session_files(tmp_path)
    store = store_of(tmp_path, copy.key)
    row = opened(tmp_path, copy.key).rows[0]
    store.relabel(row, BAD, "other:0")
    assert opened(tmp_path, copy.key).rows[0].label == BAD
    assert (row.candidate_id, first.label) == (first.candidate_id, GOOD)
    assert session_files(tmp_path) == before


def test_a_copied_row_says_where_it_was_judged_and_a_new_one_that_it_is_of_the_copy(tmp_path: Path) -> None:
    """The record of a row is what was on screen when it was judged; a copy does not rewrite that."""
    judged_session(tmp_path, rows=2)
    copy = duplicate(tmp_path, KEY, "", SILENT)
    store = store_of(tmp_path, copy.key)
    store.save(made_candidate(copy.key, np.random.default_rng(4)), GOOD, "tab:9")
    rows = opened(tmp_path, copy.key).rows
    assert [row.candidate.session for row in rows] == [KEY.id, KEY.id, copy.key.id]
    assert [store.candidate(row).id for row in rows] == [row.candidate_id for row in rows]


def test_a_duplicate_and_its_original_go_on_with_the_same_draws(tmp_path: Path) -> None:
    judged_session(tmp_path)
    copy = duplicate(tmp_path, KEY, "", SILENT)
    folders = SessionFolder(tmp_path, KEY), SessionFolder(tmp_path, copy.key)
    draws = []
    for folder in folders:
        with folder.generator() as rng:
            draws.append(rng.integers(2**63))
    assert draws[0] == draws[1]


def test_a_duplicate_of_a_duplicate_is_a_third_session(tmp_path: Path) -> None:
    judged_session(tmp_path)
    copy = duplicate(tmp_path, KEY, "", SILENT)
    third = duplicate(tmp_path, copy.key, "", SILENT)
    assert len({KEY.id, copy.key.id, third.key.id}) == 3
    assert third.rows == 4
    assert SessionFolder(tmp_path, third.key).about()["copied_from"] == copy.key.id


def test_a_duplicate_travels_as_itself(tmp_path: Path) -> None:
    """Exported and imported elsewhere it does not mix with its original there."""
    here, there = tmp_path / "here", tmp_path / "there"
    judged_session(here)
    copy = duplicate(here, KEY, "Another taste", SILENT)
    imported(there, exported(here))
    result = imported(there, exported(here, copy.key))
    assert (result.session.key, result.session.name) == (copy.key, "Another taste")
    assert (len(result.added), result.already_judged) == (4, 0)
    assert {info.key for info in list_sessions(there)} == {KEY, copy.key}


def test_a_cancelled_duplicate_leaves_nothing(tmp_path: Path) -> None:
    judged_session(tmp_path)
    before = files_below(tmp_path)
    with pytest.raises(Cancelled):
        duplicate(tmp_path, KEY, "", Impatient(2))
    assert files_below(tmp_path) == before


def test_copies_are_called_so_that_they_differ_at_first_sight() -> None:
    names = ["moss"]
    for _ in range(3):
        names.append(title_of_copy("moss", names))
    assert names == ["moss", "Copy of moss", "Copy 2 of moss", "Copy 3 of moss"]


def test_the_name_of_a_copy_is_never_too_long() -> None:
    first = title_of_copy("moss " * 100, [])
    second = title_of_copy("moss " * 100, [first])
    assert first != second and max(len(first), len(second)) <= MAX_TITLE
