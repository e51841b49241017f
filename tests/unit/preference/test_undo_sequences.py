"""Undo and redo over hundreds of acts: what a plain model of the session says, also after a restart."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ipo.preference.events import Event, Kind
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.judging import Person


@dataclass(frozen=True)
class Table:
    """What stands in a session."""

    rows: dict[str, int] = field(default_factory=dict)  # candidate → label
    pairs: frozenset[tuple[str, str]] = frozenset()
    skips: frozenset[str] = frozenset()


class Model:
    """Every state that a session went through; undo and redo walk along them."""

    def __init__(self) -> None:
        self.past: list[Table] = []
        self.now = Table()
        self.future: list[Table] = []

    def acts(self, rows: dict[str, int], pairs: set[tuple[str, str]], skips: set[str]) -> None:
        self.past.append(self.now)
        self.now = Table(rows, frozenset(pairs), frozenset(skips))
        self.future.clear()

    def undo(self) -> None:
        if self.past:
            self.future.append(self.now)
            self.now = self.past.pop()

    def redo(self) -> None:
        if self.future:
            self.past.append(self.now)
            self.now = self.future.pop()


def table(person: Person) -> Table:
    session = person.session
    skipped = frozenset(skip.candidate.id for skip in session.skips())
    pairs = frozenset(pair.candidates for pair in session.pairs())
    return Table({row.candidate_id: row.label for row in session.rows()}, pairs, skipped)


class Walk:
    """Random acts of two browsers at one session, beside the model."""

    def __init__(self, home: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.person = Person(home, tiles=4, ahead=2)
        self.model = Model()
        self.numbers = {"tab": 0, "other": 0}
        self.log: list[Event] = []

    def send(self, kind: Kind, targets: list[tuple[str, int]], other: str = "") -> None:
        """One act of one of the browsers, which sends some of what it sent before once more."""
        client = self.random.choice(list(self.numbers))
        first = self.numbers[client]
        for target, label in targets:
            grouped = first if len(targets) > 1 else None
            event = Event(client, self.numbers[client], kind, target, label, other, grouped)
            self.numbers[client] += 1
            self.log.append(event)
        self.person.session.apply(self.log[-len(targets) - self.random.randrange(4) :])

    def step(self) -> None:
        kinds = ["judge"] * 4 + ["skip", "prefer", "best", "neither", "relabel", "remove"] + ["undo"] * 6
        getattr(self, self.random.choice([*kinds, "redo", "redo", "redo", "redo"]))()

    def judge(self) -> None:
        id_, label = self.person.queue[0], self.random.choice([GOOD, BAD])
        self.model.acts({**self.model.now.rows, id_: label}, {*self.model.now.pairs}, {*self.model.now.skips})
        self.send(Kind.JUDGE, [(id_, label)])

    def best(self) -> None:
        ids = self.person.queue[:4]
        labels = {id_: GOOD if id_ == ids[1] else BAD for id_ in ids}
        self.model.acts({**self.model.now.rows, **labels}, {*self.model.now.pairs}, {*self.model.now.skips})
        self.send(Kind.JUDGE, list(labels.items()))

    def skip(self, count: int = 1) -> None:
        ids = self.person.queue[:count]
        now = self.model.now
        self.model.acts(now.rows, {*now.pairs}, {*now.skips, *ids})
        self.send(Kind.SKIP, [(id_, 0) for id_ in ids])

    def neither(self) -> None:
        self.skip(2)

    def prefer(self) -> None:
        preferred, other = self.random.sample(self.person.queue[:2], 2)
        now = self.model.now
        self.model.acts(now.rows, {*now.pairs, (preferred, other)}, {*now.skips})
        self.send(Kind.PREFER, [(preferred, self.random.choice([-1, 1]))], other)

    def relabel(self) -> None:
        now = self.model.now
        if now.rows:
            id_ = self.random.choice(sorted(now.rows))
            self.model.acts({**now.rows, id_: -now.rows[id_]}, {*now.pairs}, {*now.skips})
            self.send(Kind.RELABEL, [(id_, -now.rows[id_])])

    def remove(self) -> None:
        now = self.model.now
        removable = sorted({*now.rows, *now.skips, *(preferred for preferred, _ in now.pairs)})
        if removable:
            id_ = self.random.choice(removable)
            rows = {other: label for other, label in now.rows.items() if other != id_}
            pairs = {pair for pair in now.pairs if pair[0] != id_}
            self.model.acts(rows, pairs, {*now.skips} - {id_})
            self.send(Kind.REMOVE, [(id_, 0)])

    def undo(self) -> None:
        acts = self.person.session.view([]).undoable
        assert bool(acts) == bool(self.model.past)
        if acts:
            self.model.undo()
            self.send(Kind.UNDO, [(acts[0].event, 0)])

    def redo(self) -> None:
        acts = self.person.session.view([]).redoable
        assert len(acts) == min(10, len(self.model.future))
        if acts:
            self.model.redo()
            self.send(Kind.REDO, [(acts[0].event, 0)])

    def agree(self) -> None:
        assert table(self.person) == self.model.now
        assert self.person.labels == self.model.now.rows  # what fits read
        assert self.person.session.state.pairs() == len(self.model.now.pairs)
        hand = self.person.queue
        judged = {*self.model.now.rows, *(id_ for pair in self.model.now.pairs for id_ in pair)}
        assert len(set(hand)) == len(hand) >= 6
        assert not {*hand} & {*judged, *self.model.now.skips}


@pytest.mark.parametrize("seed", range(4))
def test_three_hundred_acts_with_undo_and_redo_leave_what_a_plain_model_says(
    tmp_path: Path, seed: int
) -> None:
    walk = Walk(tmp_path, seed)
    for number in range(300):
        if number % 75 == 50:
            walk.person.restart()
            walk.agree()
        walk.step()
        walk.agree()
    while walk.model.past:  # undo reaches the first act
        walk.undo()
        walk.agree()
    assert walk.model.now == Table() and walk.person.session.view([]).undoable == []
    walk.person.restart()
    while walk.model.future:
        walk.redo()
        walk.agree()
    walk.person.restart()
    walk.agree()
    walk.person.session.apply(walk.log)  # the browsers send everything again
    walk.agree()
