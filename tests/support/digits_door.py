"""A small set of images behind the HTTP door, and tabs that show its map; also after a restart of the app."""

from pathlib import Path
from typing import Any

import numpy as np
from starlette.testclient import TestClient

from background import Background
from ipo.api.addresses import digits_address
from ipo.digits.folder import folder_in
from ipo.digits.labels.csv_file import read
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.services.changes import Changes
from ipo.services.digits.service import DigitsService
from tests.support.lanes import drain
from tests.unit.digits.small import CONFIG, COUNT, digits, images

SET = "small digits"


class OpenDigits:
    """Stands in for the workspace: one set is open, with a model that never trained."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = folder_in(home, SET)
        self.changes = Changes()
        self.changed = 0
        self.changes.listen(self._count)
        self.background = Background()
        (home / "datasets" / "images").mkdir(parents=True)
        np.savez(
            home / "datasets" / "images" / f"{SET}.npz",
            images=images(),
            labels=digits()[1][:COUNT].astype(np.uint8),
        )
        checkpoint.save(self.folder.checkpoint, InteractiveTrainer(CONFIG))
        self.restart()

    def restart(self, *, opened: bool = True) -> None:
        """As if the app had been killed and started again."""
        self.service = DigitsService(self.home, SET, self.background)
        if opened:
            self.service.digits.open()
            if self.service.digits.predictions_outdated:
                self.service.digits.predict()

    def open_digits(self, source: str) -> DigitsService | None:
        return self.service if source == SET else None

    def drain(self) -> None:
        """Wait until all work in the background has ended."""
        drain(self.background)

    def on_disk(self) -> dict[int, int]:
        """The labels in labels.csv, by row."""
        values = read(self.folder.path / "labels.csv", COUNT, 10)
        return {row: int(values[row]) for row in np.flatnonzero(values >= 0).tolist()}

    def _count(self) -> None:
        self.changed += 1


class MapTab:
    """A browser tab on the map that posts its events as the page does."""

    def __init__(self, door: TestClient, client: str = "tab") -> None:
        self.door, self.client = door, client
        self.log: list[dict[str, Any]] = []  # all that it ever did
        self.view: dict[str, Any] = {}
        self.codes: dict[int, int] = {}  # what it shows
        self.known: int | None = None

    def does(self, kind: str, rows: list[int] | None = None, label: int | None = None, **more: Any) -> Any:
        """Add an act to the log without posting it."""
        event = {"client": self.client, "seq": len(self.log), "kind": kind, **more}
        event |= {} if rows is None else {"rows": rows}
        event |= {} if label is None else {"label": label}
        self.log.append(event)
        return event

    def post(self, events: list[Any] | None = None, **more: Any) -> dict[str, Any]:
        """Post events, else all that ever were, and show what is answered."""
        answer = self.answer(events, **more)
        assert answer.status_code == 200, answer.text
        self.view = answer.json()
        self._show()
        return self.view

    def answer(self, events: list[Any] | None = None, data: str = SET, **more: Any) -> Any:
        sent = self.log if events is None else events
        body = {"client": self.client, "events": sent, "known": self.known, **more}
        return self.door.post(f"/{digits_address(data)}/events", json=body)

    def get(self, path: str) -> Any:
        return self.door.get(f"/{digits_address(SET)}/{path}")

    @property
    def acknowledged(self) -> int:
        """The last number of its own that was acknowledged; −1 for none."""
        return int(self.view["acknowledged"].get(self.client, -1))

    def _show(self) -> None:
        labels = self.view["labels"]
        if labels["changes"] is not None:
            self.codes |= dict(zip(labels["changes"]["rows"], labels["changes"]["codes"], strict=True))
            self.known = labels["version"]
        elif labels["version"] != self.known:
            content = self.get("labels").content
            version, count = np.frombuffer(content[:8], "<u4").tolist()
            self.codes = dict(enumerate(np.frombuffer(content[8:], np.int8).tolist()))
            assert len(self.codes) == count
            self.known = version
