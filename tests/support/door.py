"""The HTTP door without Streamlit: within the process, or on a port."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.testclient import TestClient

from ipo.api.guard import Allowlist, RequestGuard
from ipo.api.routes import routes
from ipo.api.token import TOKEN, TOKEN_HEADER
from ipo.api.versions import OpenStreams
from ipo.preference.session import PreferenceSession
from ipo.services.changes import Changes
from ipo.services.inspector.tensor_store import TensorStore
from tests.support.digits_door import OpenDigits
from tests.support.judging import KEY, Person
from tests.support.mailbox_door import OpenMails


class OpenSessions:
    """Stands in for the workspace: the session of one person is open, also after a restart of the app."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.changes = Changes()
        self.tensors = TensorStore()
        self.changed = 0
        self.changes.listen(self._count)

    def _count(self) -> None:
        self.changed += 1

    def open_session(self, id_: str) -> PreferenceSession | None:
        session = self.person.session
        return session if session.key.id == id_ else None


class Tab:
    """A browser tab on a session that posts its events as the deck does."""

    def __init__(self, door: TestClient, client: str = "tab") -> None:
        self.door, self.client = door, client
        self.log: list[dict[str, Any]] = []  # all that it ever did
        self.view: dict[str, Any] = {}

    def does(self, kind: str, id_: str, label: int | None = None, **more: Any) -> dict[str, Any]:
        """Add an act to the log without posting it."""
        event = {"client": self.client, "seq": len(self.log), "kind": kind, "id": id_, "label": label, **more}
        self.log.append(event)
        return event

    def post(self, events: list[Any] | None = None, **more: Any) -> dict[str, Any]:
        """Post events, else all that ever were; the view that is answered."""
        answer = self.answer(events, **more)
        assert answer.status_code == 200, answer.text
        self.view = answer.json()
        return self.view

    def answer(self, events: list[Any] | None = None, session: str = KEY.id, **more: Any) -> Any:
        body = {"client": self.client, "events": self.log if events is None else events, **more}
        return self.door.post(f"/api/preference/{session}/events", json=body)

    @property
    def acknowledged(self) -> int:
        """The last number of its own that was acknowledged; −1 for none."""
        return int(self.view["acknowledged"].get(self.client, -1))


Opened = OpenSessions | OpenDigits | OpenMails


def door_app(opened: Opened, streams: OpenStreams) -> Starlette:
    return Starlette(
        routes=[Mount("/api", routes=routes(lambda: opened, streams))],
        middleware=[Middleware(RequestGuard, allowlist=Allowlist())],
    )


def door_to(opened: Opened) -> TestClient:
    """A client that was handed the token."""
    app = door_app(opened, OpenStreams())
    return TestClient(app, "http://localhost", headers={TOKEN_HEADER: TOKEN})


@dataclass(frozen=True)
class Served:
    url: str
    server: uvicorn.Server
    streams: OpenStreams
    thread: threading.Thread
    loop: asyncio.AbstractEventLoop


@contextlib.contextmanager
def served(opened: Opened) -> Iterator[Served]:
    """The door on a port of this machine."""
    streams = OpenStreams()
    server = uvicorn.Server(uvicorn.Config(door_app(opened, streams), log_level="warning"))
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve(taken: socket.socket) -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve([taken])

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: asyncio.run(serve(taken)))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Served(f"http://127.0.0.1:{taken.getsockname()[1]}", server, streams, thread, loops[0])
        server.force_exit = server.should_exit = True
        thread.join()
