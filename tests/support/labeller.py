"""A process that labels, takes back and changes its mind until it is killed.

It says what it will do before each act, and that it did it once the store has returned. It imports little,
so that a test can start and kill it many times.
"""

import os
import random
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from ipo.preference.latents import grid_shape
from ipo.preference.storage.rows import BAD, GOOD, RowStore
from ipo.preference.storage.sessions import SessionKey
from tests.support.rows import made_candidate

SIZE = 64
KEY = SessionKey("moss and rust", SIZE, "flat")


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def label_for_ever(store: RowStore, client: str, seed: int) -> None:
    """Judge, relabel and undo at random. Each act is said as `will ID STATE`, then as `did ID STATE`."""
    rng, dice = np.random.default_rng(seed), random.Random(seed)
    rows = {row.candidate_id: row for row in store.open().rows}
    for seq in range(1_000_000):
        event, act = f"{client}:{seq}", dice.choice(["judge", "judge", "relabel", "undo"])
        if act == "judge" or not rows:
            candidate, label = made_candidate(KEY, rng), dice.choice([GOOD, BAD])
            say("will", candidate.id, label)
            rows[candidate.id] = store.save(candidate, label, event)
            say("did", candidate.id, label)
            continue
        id_ = dice.choice(list(rows)[-20:])
        if act == "relabel":
            label = -rows[id_].label
            say("will", id_, label)
            rows[id_] = store.relabel(rows[id_], label, event)
            say("did", id_, label)
        else:
            say("will", id_, "undone")
            store.undo(rows.pop(id_), event)
            say("did", id_, "undone")


def label_some(store: RowStore, client: str, seed: int, count: int) -> None:
    """Judge `count` candidates."""
    rng = np.random.default_rng(seed)
    for seq in range(count):
        candidate = made_candidate(KEY, rng)
        store.save(candidate, GOOD if seq % 2 else BAD, f"{client}:{seq}")
        say("did", candidate.id, GOOD if seq % 2 else BAD)


def run_labeller(output: Connection, folder: Path, client: str, seed: int, count: int) -> None:
    """Judge `count` candidates; with 0, never end."""
    os.dup2(output.fileno(), 1)
    output.close()
    store = RowStore(folder, grid_shape(SIZE))
    store.create()
    if count:
        label_some(store, client, seed, count)
    else:
        label_for_ever(store, client, seed)
