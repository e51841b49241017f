"""Whatever is done, lost, repeated, edited and restarted: labels.csv is what it should be."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from background import Lane
from ipo.digits.labels.store import NONE, UNSURE
from tests.support.digits_door import MapTab, OpenDigits
from tests.support.door import door_to
from tests.support.lanes import held
from tests.unit.digits.small import COUNT

ACTIONS = 170
KINDS = ["label", "label", "label", "clear", "unsure", "undo", "redo"]

Change = dict[int, tuple[int, int]]  # row → code before, code after


@dataclass
class Model:
    """What should be on disk, in the plainest way."""

    codes: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(COUNT), NONE))
    standing: list[Change] = field(default_factory=list)
    undone: list[Change] = field(default_factory=list)
    applied: set[tuple[str, int]] = field(default_factory=set)
    former: set[tuple[int, int]] = field(default_factory=set)  # row, code: what was ever said of it

    def hear(self, event: dict[str, Any]) -> None:
        id_ = (event["client"], event["seq"])
        if id_ in self.applied:
            return
        self.applied.add(id_)
        match event["kind"]:
            case "undo":
                self._move(self.standing, self.undone, 1, 0)
            case "redo":
                self._move(self.undone, self.standing, 0, 1)
            case kind:
                code = {"label": event.get("label"), "clear": NONE, "unsure": UNSURE}[kind]
                self.change(dict.fromkeys(event["rows"], code))

    def change(self, codes: dict[int, int]) -> None:
        """One act."""
        change = {row: (self.codes[row], code) for row, code in codes.items() if self.codes[row] != code}
        if change:
            self.standing.append(change)
            self.undone.clear()
            self.former |= {(row, code) for row, (_, code) in change.items()}
            self.codes |= {row: code for row, (_, code) in change.items()}

    def _move(self, source: list[Change], target: list[Change], now: int, then: int) -> None:
        """The last change of which anything is still as it left it."""
        for change in reversed(source):
            still = {row: codes[then] for row, codes in change.items() if self.codes[row] == codes[now]}
            if still:
                self.codes |= still
                source.remove(change)
                target.append(change)
                return

    def labels(self) -> dict[int, int]:
        return {row: code for row, code in self.codes.items() if code >= 0}


class Chance:
    """Two tabs, a server that dies, answers that are lost and another program, at random."""

    def __init__(self, home: Path, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.opened, self.model = OpenDigits(home), Model()
        self.door = door_to(self.opened)
        self.tabs = [MapTab(self.door, name) for name in ("one", "other")]
        self.loads = 0

    def act(self) -> None:
        tab = self.tabs[self.rng.integers(len(self.tabs))]
        match int(self.rng.integers(12)):
            case 0:
                self.opened.restart()
            case 1:
                self._edit()
            case 2:
                self._load_again(tab)
            case 3 | 4:
                self.post(tab, lost=True)
            case 5 | 6:
                self.post(tab, lost=False)
            case _:
                self._press(tab)

    def _press(self, tab: MapTab) -> None:
        kind = KINDS[self.rng.integers(len(KINDS))]
        if kind in ("undo", "redo"):
            tab.does(kind)
            return
        rows = self.rng.choice(COUNT, self.rng.integers(1, 40), replace=False).tolist()
        tab.does(kind, rows, int(self.rng.integers(10)) if kind == "label" else None)

    def post(self, tab: MapTab, *, lost: bool) -> None:
        acknowledged = tab.view["acknowledged"] if tab.view else {}
        events = [event for event in tab.log if event["seq"] > acknowledged.get(event["client"], -1)]
        for event in events:
            self.model.hear(event)
        if lost:
            assert tab.answer(events).status_code == 200
        else:
            tab.post(events)
            assert tab.codes == self.model.codes

    def _load_again(self, tab: MapTab) -> None:
        """The new page posts what the old one left, and then its own."""
        self.loads += 1
        fresh = MapTab(self.door, f"load {self.loads}")
        left = [event for event in tab.log if (event["client"], event["seq"]) not in self.model.applied]
        for event in left:
            self.model.hear(event)
        fresh.post(left)
        self.tabs[self.tabs.index(tab)] = fresh

    def _edit(self) -> None:
        """Another program says of some images what nobody has said of them yet; undo covers that too."""
        rows = self.rng.permutation(COUNT)[:3].tolist()
        new = {row: [code for code in range(10) if (row, code) not in self.model.former] for row in rows}
        self.model.change({row: int(self.rng.choice(codes)) for row, codes in new.items() if codes})
        lines = [f"{row},{label}" for row, label in self.model.labels().items()]
        (self.opened.folder.path / "labels.csv").write_text("\n".join(["Serial,label", *lines, ""]))
        self.opened.service.digits.follow_labels()


@pytest.mark.parametrize("seed", range(3))
def test_no_label_is_lost_or_misplaced(tmp_path: Path, seed: int) -> None:
    chance = Chance(tmp_path, seed)
    with held(chance.opened.background, Lane.CV):  # suggestions would only take time
        for _ in range(ACTIONS):
            chance.act()
            assert chance.opened.on_disk() == chance.model.labels()
        for tab in chance.tabs:
            chance.post(tab, lost=False)
            tab.post()
            assert tab.codes == chance.model.codes
    chance.opened.background.shutdown()
