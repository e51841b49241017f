"""A preference session without lanes or browser: work runs at once, and events come from a person."""

import inspect
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipo.jobs import SILENT, Cancelled
from ipo.preference.events import Event, Kind
from ipo.preference.session import PreferenceSession
from ipo.preference.storage.pairs import LEFT
from ipo.preference.storage.sessions import SessionKey
from ipo.preference.view import ListedAct
from tests.support.flat_decoder import FlatDecoder

KEY = SessionKey("moss and rust", 64, "flat")


def run_now(
    fn: Callable[..., Any],
    /,
    *args: Any,
    on_done: Callable[[Any], None],
    on_error: Callable[[BaseException], None],
    label: str,
) -> "Ended":
    """A `Submit` that has done the work when it returns."""
    try:
        keywords = {"progress": SILENT} if "progress" in inspect.signature(fn).parameters else {}
        on_done(fn(*args, **keywords))
    except (OSError, ValueError, LookupError, TypeError, MemoryError) as error:
        on_error(error)
    return Ended()


class Ended:
    """Work that is done; cancelling it changes nothing."""

    message = ""
    partial = None

    def cancel(self) -> None: ...


class Waiting:
    """Work that waits to be done or cancelled."""

    message = ""
    partial: object = None

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...], how: dict[str, Any]) -> None:
        self._fn, self.args, self._how = fn, args, how
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True

    def run(self) -> None:
        if self._cancelled:
            self._how["on_error"](Cancelled(self._how["label"]))
        else:
            run_now(self._fn, *self.args, **self._how)


class Later:
    """A `Submit` that does the work when told to."""

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()

    def __call__(self, fn: Callable[..., Any], /, *args: Any, **how: Any) -> Waiting:
        self.waiting.append(Waiting(fn, args, how))
        return self.waiting[-1]

    def run(self, count: int = 10_000) -> None:
        """Do `count` pieces of work, those included that the first ones bring."""
        while count and self.waiting:
            self.waiting.popleft().run()
            count -= 1


@dataclass(frozen=True)
class OnDisk:
    """What a fresh reader finds in a session's folder."""

    labels: dict[str, int]  # candidate id → label
    undone: int


class Person:
    """Someone at a session in one browser tab."""

    def __init__(
        self,
        home: Path,
        *,
        tiles: int = 1,
        ahead: int = 6,
        client: str = "tab",
        train: Callable[[PreferenceSession], None] = lambda session: None,
    ) -> None:
        self.home = home
        self.client = client
        self.log: list[Event] = []  # everything done so far
        self.trained = 0
        self._train = train
        self.decoder = FlatDecoder()
        self.tiles, self.ahead = tiles, ahead
        self.session = self._session(run_now)

    def _session(self, submit: Any) -> PreferenceSession:
        def train(session: PreferenceSession) -> None:
            self.trained += 1
            self._train(session)

        session = PreferenceSession(self.home, KEY, self.decoder, submit, train)
        session.open()
        session.queue.show(self.tiles, self.ahead)
        return session

    def restart(self, submit: Any = run_now) -> None:
        """The app is started again; the browser keeps its log."""
        self.session = self._session(submit)

    def does(
        self, kind: Kind, target: str, label: int = 0, other: str = "", first: int | None = None
    ) -> Event:
        """Add an act to the log without sending it."""
        event = Event(self.client, len(self.log), kind, target, label, other, first)
        self.log.append(event)
        return event

    def judges(self, candidate: str, label: int) -> None:
        self.session.apply([self.does(Kind.JUDGE, candidate, label)])

    def relabels(self, candidate: str, label: int) -> None:
        self.session.apply([self.does(Kind.RELABEL, candidate, label)])

    def skips(self, candidate: str) -> None:
        self.session.apply([self.does(Kind.SKIP, candidate)])

    def prefers(self, candidate: str, other: str, side: int = LEFT) -> None:
        """`side` is where the preferred one was."""
        self.session.apply([self.does(Kind.PREFER, candidate, side, other)])

    def removes(self, candidate: str) -> None:
        self.session.apply([self.does(Kind.REMOVE, candidate)])

    def undoes(self) -> str:
        """Take the last act back; what it is called, empty if there is none."""
        return self._revisits(Kind.UNDO, self.session.view([]).undoable)

    def redoes(self) -> str:
        """Do what was undone last again; what it is called, empty if there is nothing."""
        return self._revisits(Kind.REDO, self.session.view([]).redoable)

    def _revisits(self, kind: Kind, acts: list[ListedAct]) -> str:
        if acts:
            self.session.apply([self.does(kind, acts[0].event)])
        return acts[0].text if acts else ""

    @property
    def redoable(self) -> list[str]:
        """What redo would do, in words; the next one first."""
        return [act.text for act in self.session.view([]).redoable]

    @property
    def queue(self) -> list[str]:
        return [shown.candidate.id for shown in self.session.view([]).queue]

    @property
    def recent(self) -> list[tuple[str, int]]:
        """Newest first."""
        return [(judged.candidate.id, judged.label) for judged in self.session.view([]).recent]

    @property
    def notice(self) -> str:
        """What this tab is told about its events."""
        return self.session.view([self.client]).notice

    @property
    def acknowledged(self) -> int:
        """The last number the server has acknowledged; −1 for none."""
        return self.session.view([self.client]).acknowledged.get(self.client, -1)

    @property
    def labels(self) -> dict[str, int]:
        """Labels in memory, as a fit would see them."""
        rows = self.session.state.snapshot()
        return {id_: int(label) for id_, label in zip(rows.ids, rows.y, strict=True)}

    def pairs_on_disk(self) -> list[str]:
        """Preferences by a look at the files, as `preferred>other`. Nothing may be damaged."""
        opened = self.session.pair_store.open()
        assert opened.damaged == []
        return [pair.id for pair in opened.pairs]

    def on_disk(self) -> OnDisk:
        """Labels and undone rows by a look at the files. Nothing may be damaged."""
        opened = self.session.store.open()
        assert opened.damaged == []
        labels = {row.candidate_id: row.label for row in opened.rows}
        assert len(labels) == len(opened.rows), "one candidate has two rows"
        return OnDisk(labels, len(list((self.session.folder.path / "undone").iterdir())))
