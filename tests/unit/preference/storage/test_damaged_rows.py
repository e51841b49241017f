"""Promises about damage: a damaged row is named and stays where it is, and the rest loads."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipo.preference.storage.rows import GOOD, IMAGE, LATENT, RECORD
from tests.support.stores import SHAPE, Maker, a_store, files_below, save


def edit(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    """Damage `row.json` in place."""

    def apply(folder: Path) -> None:
        record = json.loads((folder / RECORD).read_text())
        change(record)
        (folder / RECORD).write_text(json.dumps(record))

    return apply


def cut(name: str, by: int) -> Callable[[Path], object]:
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size - by)


def write_latent(z: np.ndarray) -> Callable[[Path], object]:
    return lambda folder: np.save(folder / LATENT, z)


def write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def zero_the_end(folder: Path) -> None:
    """As a disk leaves a file whose last block never arrived."""
    content = (folder / IMAGE).read_bytes()
    (folder / IMAGE).write_bytes(content[:-20] + bytes(20))


SMALLER = "latent.npy is not a float32 latent of shape (4, 8, 8): of another size?"
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated image": (cut(IMAGE, 5), "image.png is truncated: "),
    "image without its end": (zero_the_end, "image.png is not a complete PNG"),
    "image missing": (lambda folder: (folder / IMAGE).unlink(), "image.png is missing"),
    "latent missing": (lambda folder: (folder / LATENT).unlink(), "latent.npy is missing"),
    "record missing": (lambda folder: (folder / RECORD).unlink(), "row.json is missing"),
    "truncated latent": (cut(LATENT, 4), "latent.npy is truncated"),
    "latent of another size": (write_latent(np.ones((4, 4, 4), np.float32)), SMALLER),
    "latent in float64": (write_latent(np.ones(SHAPE)), SMALLER),
    "empty latent": (write(LATENT, b""), SMALLER),
    "NaN latent": (write_latent(np.full(SHAPE, np.nan, np.float32)), "latent.npy has NaN or Inf"),
    "Inf latent": (write_latent(np.full(SHAPE, np.inf, np.float32)), "latent.npy has NaN or Inf"),
    "broken JSON": (cut(RECORD, 3), "row.json is damaged: "),
    "empty record": (write(RECORD, b""), "row.json is damaged: "),
    "a record that is a list": (write(RECORD, b"[]"), "row.json is []; an object would be right"),
    "label 7": (edit(lambda r: r.update(label=7)), "row.json says label is 7; 1 or -1 would be right"),
    "label 0": (edit(lambda r: r.update(label=0)), "row.json says label is 0; 1 or -1 would be right"),
    "no label": (edit(lambda r: r.pop("label")), "row.json has no label"),
    "no history": (edit(lambda r: r.pop("history")), "row.json has no history"),
    "no candidate": (edit(lambda r: r.pop("candidate")), "row.json has no candidate"),
    # These four are read by whoever opens the session, so they must not get past the store.
    "empty history": (edit(lambda r: r.update(history=[])), "row.json says history is []; 1 or more"),
    "act without event": (edit(lambda r: r["history"][0].pop("event")), "row.json has no history[0].event"),
    "candidate without prompt": (
        edit(lambda r: r["candidate"].pop("prompt")),
        "row.json has no candidate.prompt",
    ),
    "time that is none": (edit(lambda r: r.update(judged_at=None)), "row.json says judged_at is null; text"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_row_is_set_aside_with_its_reason_and_the_rest_loads(
    tmp_path: Path, new: Maker, damage: str
) -> None:
    first, _, third = save(a_store(tmp_path), new, 3)
    spoil, reason = DAMAGES[damage]
    spoil(tmp_path / "rows" / "000002")
    before = files_below(tmp_path)
    store = a_store(tmp_path)
    opened = store.open()
    assert opened.rows == [first, third]
    assert np.array_equal(opened.latents, np.stack([store.candidate(row).z for row in (first, third)]))
    (damaged,) = opened.damaged
    assert damaged.folder == "000002"
    assert damaged.reason.startswith(reason)
    assert files_below(tmp_path) == before
    assert store.save(new(), GOOD, "tab:3").number == 4


def test_what_is_no_row_is_not_looked_at(tmp_path: Path, new: Maker) -> None:
    (row,) = save(a_store(tmp_path), new, 1)
    (tmp_path / "rows" / "notes.txt").write_text("mine")
    (tmp_path / "rows" / "12").mkdir()
    (tmp_path / "undone" / ".DS_Store").write_text("")
    (tmp_path / "undone" / "mine").mkdir()
    opened = a_store(tmp_path).open()
    assert (opened.rows, opened.damaged) == ([row], [])
    assert (tmp_path / "rows" / "notes.txt").exists() and (tmp_path / "rows" / "12").exists()


def test_a_damaged_undone_row_does_not_keep_a_session_from_opening(tmp_path: Path, new: Maker) -> None:
    store = a_store(tmp_path)
    first, second = save(store, new, 2)
    store.undo(first, "tab:2")
    (moved,) = (tmp_path / "undone").iterdir()
    (moved / RECORD).write_text("{")
    assert a_store(tmp_path).open().rows == [second]
