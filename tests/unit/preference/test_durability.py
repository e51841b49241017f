"""It survives kill -9 and two writers without losing a label."""

import hashlib
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ipo.preference.storage.rows import OpenedRows, RowStore
from tests.support.forks import CONTEXT, Fork
from tests.support.labeller import KEY, SIZE, run_labeller

KILLS = 50


def start(folder: Path, client: str, seed: int, count: int = 0) -> tuple[Fork, IO[str]]:
    """A labeller, and what it says."""
    output, its_output = CONTEXT.Pipe(duplex=False)
    with its_output, output:
        return Fork(run_labeller, its_output, folder, client, seed, count), os.fdopen(os.dup(output.fileno()))


def said(output: str) -> Iterator[list[str]]:
    """The complete lines that a labeller wrote before it ended, word by word."""
    return (line.split() for line in output.splitlines(keepends=True) if line.endswith("\n"))


def opened(folder: Path) -> OpenedRows:
    return RowStore(folder, (4, SIZE // 8, SIZE // 8)).open()


def assert_whole(folder: Path) -> None:
    """Every row folder, also of undone rows, holds three files that match their checksums.

    A kill may leave a hidden temporary beside them.
    """
    for row in [*(folder / "rows").glob("[0-9]*"), *(folder / "undone").iterdir()]:
        names = sorted(name for name in os.listdir(row) if not name.startswith("."))
        assert names == ["image.png", "latent.npy", "row.json"], row
        for name, about in json.loads((row / "row.json").read_text())["files"].items():
            content = (row / name).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (about["bytes"], about["sha256"])


def test_fifty_kills_at_random_moments_lose_no_acknowledged_label_and_leave_no_torn_row(
    tmp_path: Path,
) -> None:
    folder = tmp_path / KEY.id
    dice = random.Random(0)
    done: dict[str, str] = {}  # candidate → what was acknowledged last
    begun: dict[str, set[str]] = {}  # candidate → what was under way since, when a process was killed
    for kill in range(KILLS):
        process, output = start(folder, f"life{kill}", kill)
        with output:
            heard = [output.readline() for _ in range(dice.randrange(1, 20))]
            time.sleep(dice.uniform(0, 0.03))
            process.kill()
            heard.append(output.read())
        process.wait()
        last: list[str] = []
        for last in said("".join(heard)):
            word, id_, state = last
            if word == "did":
                done[id_] = state
                begun.pop(id_, None)
        if last and last[0] == "will":
            begun.setdefault(last[1], set()).add(last[2])

    assert len(done) > KILLS  # they did work
    torn = [name for name in os.listdir(folder / "rows") if name.startswith(".incoming-")]
    assert torn  # some kills came in the middle of a write
    found = opened(folder)
    assert found.damaged == []
    assert_whole(folder)

    undone = {name.split("-")[1] for name in os.listdir(folder / "undone")}
    on_disk = {row.candidate_id: str(row.label) for row in found.rows}
    assert len(on_disk) == len(found.rows)
    assert not undone & set(on_disk)
    for id_, state in done.items():
        now = on_disk.get(id_, "undone" if id_ in undone else "lost")
        assert now in {state, *begun.get(id_, ())}, id_
    assert set(on_disk) | undone <= set(done) | set(begun)  # and nothing that nobody judged


def test_two_processes_that_label_one_session_at_once_leave_every_row_once(tmp_path: Path) -> None:
    folder = tmp_path / KEY.id
    started = [start(folder, client, seed, 500) for seed, client in enumerate("ab")]
    outputs = [output.read() for _, output in started]
    assert [process.wait() for process, _ in started] == [0, 0]
    said_done = {id_: label for output in outputs for _, id_, label in said(output)}
    assert len(said_done) == 1000
    found = opened(folder)
    assert found.damaged == []
    assert [row.number for row in found.rows] == list(range(1, 1001))
    assert {row.candidate_id: str(row.label) for row in found.rows} == said_done
    assert sorted(found.events) == sorted(f"{client}:{seq}" for client in "ab" for seq in range(500))
    assert_whole(folder)
