"""Promises of pairs on disk: complete or absent, claimed once, never deleted."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from ipo.preference.storage.pairs import IMAGES, LATENTS, LEFT, PAIR_RECORD, RIGHT, Pair, PairStore
from tests.support.small_disk import small_disk
from tests.support.stores import SHAPE, Maker, files_below, whole

FILES = sorted([*IMAGES, *LATENTS, PAIR_RECORD])


def a_pair_store(folder: Path) -> PairStore:
    store = PairStore(folder, SHAPE)
    store.create()
    return store


def save(store: PairStore, new: Maker, count: int) -> list[Pair]:
    """Pairs with the events tab:0, tab:1, …"""
    return [store.save(new(), new(), LEFT, f"tab:{number}") for number in range(count)]


# On disk


def test_a_saved_pair_reads_back_bit_for_bit(tmp_path: Path, new: Maker) -> None:
    preferred, other = new(), new()
    store = a_pair_store(tmp_path)
    pair = store.save(preferred, other, RIGHT, "tab:7")
    opened = a_pair_store(tmp_path).open()
    assert (opened.pairs, opened.damaged, opened.events) == ([pair], [], ["tab:7"])
    assert opened.latents.tobytes() == preferred.z.tobytes() + other.z.tobytes()
    assert list(map(whole, store.candidates(pair))) == [whole(preferred), whole(other)]
    assert (pair.id, pair.side) == (f"{preferred.id}>{other.id}", RIGHT)


def test_a_pair_folder_holds_both_candidates_with_checksums(tmp_path: Path, new: Maker) -> None:
    preferred, other = new(), new()
    a_pair_store(tmp_path).save(preferred, other, LEFT, "tab:0")
    folder = tmp_path / "pairs" / "000001"
    assert sorted(os.listdir(folder)) == FILES
    record = json.loads((folder / PAIR_RECORD).read_text())
    assert (record["preferred"], record["other"]) == (asdict(preferred.record()), asdict(other.record()))
    assert sorted([*record["files"], PAIR_RECORD]) == FILES
    for name, about in record["files"].items():
        content = (folder / name).read_bytes()
        assert about == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert np.array_equal(np.load(folder / "other.npy", allow_pickle=False), other.z)


@pytest.mark.parametrize("largest_file", [0, 60, 1200])
def test_a_full_disk_leaves_no_part_of_a_pair(tmp_path: Path, new: Maker, largest_file: int) -> None:
    store = a_pair_store(tmp_path)
    with small_disk(largest_file), pytest.raises(OSError):
        store.save(new(), new(), LEFT, "tab:0")
    assert os.listdir(tmp_path / "pairs") == []
    (pair,) = save(store, new, 1)
    assert a_pair_store(tmp_path).open().pairs == [pair]


def test_two_stores_on_one_folder_never_share_a_number(tmp_path: Path, new: Maker) -> None:
    first, second = a_pair_store(tmp_path), a_pair_store(tmp_path)
    saved = [store.save(new(), new(), LEFT, "tab:0") for store in (first, first, second, first, second)]
    assert [pair.number for pair in saved] == [1, 2, 3, 4, 5]
    assert a_pair_store(tmp_path).open().pairs == saved


def test_undo_moves_the_pair_says_so_in_its_history_and_deletes_nothing(tmp_path: Path, new: Maker) -> None:
    store = a_pair_store(tmp_path)
    first, second = save(store, new, 2)
    before = files_below(tmp_path / "pairs" / "000001")
    store.undo(first, "tab:2")
    (moved,) = (tmp_path / "undone_pairs").iterdir()
    assert moved.name == "000001-" + "-".join(first.candidates)
    after = files_below(moved)
    history = json.loads(after.pop(PAIR_RECORD))["history"]
    assert [(act["action"], act["event"]) for act in history] == [("prefer", "tab:0"), ("undo", "tab:2")]
    assert after == {name: content for name, content in before.items() if name != PAIR_RECORD}
    again = a_pair_store(tmp_path)
    opened = again.open()
    assert opened.pairs == [second]
    assert sorted(opened.events) == ["tab:0", "tab:1", "tab:2"]
    assert again.save(new(), new(), LEFT, "tab:3").number == 3


def test_a_pair_that_is_gone_cannot_be_undone(tmp_path: Path, new: Maker) -> None:
    store = a_pair_store(tmp_path)
    (pair,) = save(store, new, 1)
    store.undo(pair, "tab:1")
    with pytest.raises(FileNotFoundError):
        store.undo(pair, "tab:2")


def test_an_unfinished_write_is_swept_when_its_process_is_long_dead(tmp_path: Path, new: Maker) -> None:
    store = a_pair_store(tmp_path)
    (pair,) = save(store, new, 1)
    for name, seconds in (("dead", 0), ("alive", None)):
        folder = tmp_path / "pairs" / f".incoming-{name}"
        folder.mkdir()
        if seconds is not None:
            os.utime(folder, (seconds, seconds))
    assert store.open().pairs == [pair]
    assert sorted(os.listdir(tmp_path / "pairs")) == [".incoming-alive", "000001"]


def edit(**changes: object) -> Callable[[Path], object]:
    """Change fields of `pair.json`; `None` removes one."""

    def apply(folder: Path) -> None:
        record = json.loads((folder / PAIR_RECORD).read_text()) | changes
        told = {name: value for name, value in record.items() if value is not None}
        (folder / PAIR_RECORD).write_text(json.dumps(told))

    return apply


def cut(name: str) -> Callable[[Path], object]:
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size - 4)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "image cut": (cut("other.png"), "other.png is truncated: "),
    "image missing": (lambda folder: (folder / "preferred.png").unlink(), "preferred.png is missing"),
    "latent cut": (cut("other.npy"), "other.npy is truncated"),
    "latent missing": (lambda folder: (folder / "preferred.npy").unlink(), "preferred.npy is missing"),
    "latent of another size": (
        lambda folder: np.save(folder / "other.npy", np.ones((4, 4, 4), np.float32)),
        "other.npy is not a float32 latent of shape (4, 8, 8): of another size?",
    ),
    "record cut": (cut(PAIR_RECORD), "pair.json is damaged: "),
    "record missing": (lambda folder: (folder / PAIR_RECORD).unlink(), "pair.json is missing"),
    "a record that is a list": (
        lambda folder: (folder / PAIR_RECORD).write_text("[]"),
        "pair.json is []; an object would be right",
    ),
    "no other": (edit(other=None), "pair.json has no other"),
    "other with an id and nothing else": (
        edit(other={"id": "0"}),
        'pair.json says other.id is "0"; 16 hexadecimal digits',
    ),
    "no side": (edit(side=None), "pair.json has no side"),
    "side 7": (edit(side=7), "pair.json says side is 7; -1, 0 or 1 would be right"),
    "no history": (edit(history=[]), "pair.json says history is []; 1 or more"),
    "time that is none": (edit(judged_at=3), "pair.json says judged_at is 3; text"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_pair_is_set_aside_by_name_and_the_rest_loads(
    tmp_path: Path, new: Maker, damage: str
) -> None:
    first, _, third = save(a_pair_store(tmp_path), new, 3)
    spoil, reason = DAMAGES[damage]
    spoil(tmp_path / "pairs" / "000002")
    before = files_below(tmp_path)
    opened = a_pair_store(tmp_path).open()
    assert opened.pairs == [first, third]
    assert len(opened.latents) == 2
    (damaged,) = opened.damaged
    assert damaged.folder == "pairs/000002"
    assert damaged.reason.startswith(reason)
    assert files_below(tmp_path) == before
