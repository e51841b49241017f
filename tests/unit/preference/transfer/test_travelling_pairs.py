"""Promises of pairs that travel: exported, imported and duplicated like rows, and checked like them."""

import json
from pathlib import Path

import numpy as np
import pytest

from ipo.jobs import SILENT
from ipo.preference.storage.pairs import LEFT, OpenedPairs, PairStore
from ipo.preference.storage.sessions import SessionFolder, list_sessions
from ipo.preference.transfer.importing import duplicate
from tests.support.judging import Person
from tests.support.rows import made_candidate
from tests.support.sessions import (
    KEY,
    changed,
    edited,
    exported,
    imported,
    in_archive,
    judged_session,
    opened,
    session_files,
    store_of,
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A session with four rows and two pairs, and one of each taken back."""
    home = tmp_path / "here"
    judged_session(home)
    maker = np.random.default_rng(7)
    store = pairs_of(home)
    for number in range(3):
        store.save(made_candidate(KEY, maker), made_candidate(KEY, maker), LEFT, f"pairs:{number}")
    store.undo(store.open().pairs[1], "pairs:3")
    return home


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there"


def pairs_of(home: Path) -> PairStore:
    store = PairStore(SessionFolder(home, KEY).path, store_of(home).latent_shape)
    store.create()
    return store


def found(home: Path) -> OpenedPairs:
    return pairs_of(home).open()


def test_an_export_imported_elsewhere_has_the_pairs_byte_for_byte(here: Path, there: Path) -> None:
    result = imported(there, exported(here))
    assert (result.added, result.added_pairs, result.damaged) == ([1, 2, 4, 5], [1, 3], [])
    before, after = session_files(here), session_files(there)
    assert {name for name in before if "pairs/" in name} == {name for name in after if "pairs/" in name}
    assert all(after[name] == before[name] for name in before if name != "session.json")
    assert found(there).events == found(here).events


def test_a_duplicate_has_the_pairs_of_its_original(here: Path) -> None:
    copy = duplicate(here, KEY, "Another taste", SILENT)
    before, after = session_files(here), session_files(here, copy.key)
    assert {name: after[name] for name in after if name != "session.json"} == {
        name: before[name] for name in before if name != "session.json"
    }


def test_importing_twice_adds_no_pair_twice(here: Path, there: Path) -> None:
    archive = exported(here)
    imported(there, archive)
    before = session_files(there)
    result = imported(there, archive)
    assert (result.added, result.added_pairs, result.already_judged) == ([], [], 4)
    assert session_files(there) == before


def test_an_import_into_a_session_that_is_open_is_there_at_once(here: Path, there: Path) -> None:
    person = Person(there, tiles=2)
    left, right, *_ = person.queue
    person.prefers(left, right)
    result = imported(there, exported(here))
    for _ in range(2):  # and nothing is taken in twice
        person.session.refresh()
        assert [pair.number for pair in person.session.pairs()] == [1, *result.added_pairs]
        assert (person.session.state.pairs(), sum(person.session.state.counts())) == (3, 4)
    before = person.session.state.snapshot()
    person.restart()
    after = person.session.state.snapshot()
    assert np.array_equal(after.features[after.pairs], before.features[before.pairs])


def test_a_damaged_pair_of_a_zip_is_left_out_and_named(here: Path, there: Path) -> None:
    archive = exported(here)
    record = in_archive(archive, "pairs/000001/pair.json")
    other = json.loads(record)["other"]
    damages: dict[bytes | None, str] = {
        None: "other.png is missing",
        in_archive(archive, "pairs/000001/preferred.png"): "other.png ",
    }
    for number, (content, reason) in enumerate(damages.items()):
        result = imported(there / str(number), changed(archive, {"pairs/000001/other.png": content}))
        (damaged,) = result.damaged
        assert (damaged.folder, result.added_pairs) == ("pairs/000001", [3])
        assert damaged.reason.startswith(reason)
    renamed = edited(record, other={**other, "id": "0123456789abcdef"})
    (damaged,) = imported(there / "renamed", changed(archive, {"pairs/000001/pair.json": renamed})).damaged
    assert damaged.reason == (
        f"pair.json names candidate 0123456789abcdef; its latent is that of {other['id']}"
    )


def test_a_session_with_pairs_and_no_rows_is_listed_and_travels(tmp_path: Path, there: Path) -> None:
    person = Person(tmp_path / "pairs only", tiles=2)
    left, right, *_ = person.queue
    person.prefers(left, right)
    (info,) = list_sessions(person.home)
    assert (info.key, info.rows) == (KEY, 0)
    assert imported(there, exported(person.home)).added_pairs == [1]
    assert opened(there).rows == []


def test_a_session_from_before_there_were_pairs_is_exported_and_opened(tmp_path: Path, there: Path) -> None:
    judged_session(tmp_path)
    assert not (SessionFolder(tmp_path, KEY).path / "pairs").exists()
    assert imported(there, exported(tmp_path)).added == [1, 2, 4, 5]
    assert Person(tmp_path).session.pairs() == []
