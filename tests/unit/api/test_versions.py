"""A stream says when what a tab shows is another, and ends when nobody listens or the server ends."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from ipo.api import versions
from tests.support.door import OpenSessions, Served, served
from tests.support.judging import KEY, Person
from tests.support.waiting import eventually

SECONDS = 10  # bounds a hang


@pytest.fixture
def door(sessions: OpenSessions) -> Iterator[Served]:
    with served(sessions) as door:
        yield door


class Stream:
    """What a browser would hear."""

    def __init__(self, door: Served, session: str = KEY.id) -> None:
        self.numbers: list[int] = []
        self.comments = 0
        self.ended = threading.Event()
        self._client = httpx.Client(timeout=SECONDS)
        self._address = f"{door.url}/api/versions?preference={session}"
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            with self._client.stream("GET", self._address) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                for line in answer.iter_lines():
                    if line.startswith("data: "):
                        self.numbers.append(int(line.removeprefix("data: ")))
                    self.comments += line.startswith(":")
        except (httpx.HTTPError, RuntimeError):
            pass  # it was cut
        self.ended.set()

    def heard(self, count: int) -> list[int]:
        return eventually(lambda: self.numbers[:count] if len(self.numbers) >= count else None, "a number")

    def cut(self) -> None:
        self._client.close()


def test_a_stream_begins_with_a_number_and_says_another_after_a_change(
    door: Served, person: Person, sessions: OpenSessions
) -> None:
    one, other = Stream(door), Stream(door)
    first = one.heard(1)
    assert other.heard(1) == first
    person.judges(person.queue[0], 1)
    sessions.changes.notify()
    assert one.heard(2) == other.heard(2) and one.numbers[1] != first[0]
    again = Stream(door)
    assert again.heard(1) == [one.numbers[-1]]  # as a browser that lost it asks for it again


def test_what_changes_nothing_is_not_said(door: Served, person: Person, sessions: OpenSessions) -> None:
    stream = Stream(door)
    stream.heard(1)
    for _ in range(5):
        sessions.changes.notify()
    person.judges(person.queue[0], 1)
    sessions.changes.notify()
    stream.heard(2)
    assert len(stream.numbers) == 2


def test_many_changes_are_said_a_few_times(door: Served, person: Person, sessions: OpenSessions) -> None:
    stream = Stream(door)
    stream.heard(1)
    for place in range(40):
        person.judges(person.queue[0], (1, -1)[place % 2])
        sessions.changes.notify()
    last = Stream(door).heard(1)[0]
    eventually(lambda: stream.numbers[-1] == last, "the last number")
    assert len(stream.numbers) < 40


def test_a_session_that_is_not_at_work_is_waited_for(door: Served, sessions: OpenSessions) -> None:
    here = sessions.open_session
    sessions.open_session = lambda id_: None  # type: ignore[method-assign]
    stream = Stream(door)
    assert stream.heard(1) == [0]
    sessions.open_session = here  # type: ignore[method-assign]
    sessions.changes.notify()
    assert stream.heard(2)[1] > 0


def test_a_silent_stream_shows_that_it_lives(door: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "KEEP_ALIVE_SECONDS", 0.05)
    stream = Stream(door)
    eventually(lambda: stream.comments >= 3, "comments")
    assert len(stream.numbers) == 1


def test_nothing_is_left_of_a_stream_that_is_cut(door: Served, sessions: OpenSessions) -> None:
    idle = len(sessions.changes._listeners)
    streams = [Stream(door) for _ in range(3)]
    for stream in streams:
        stream.heard(1)
    assert len(sessions.changes._listeners) == idle + 3
    for stream in streams:
        stream.cut()
    eventually(lambda: len(sessions.changes._listeners) == idle, "streams that ended")
    sessions.changes.notify()


def test_the_end_of_the_server_ends_every_stream(door: Served) -> None:
    streams = [Stream(door) for _ in range(3)]
    for stream in streams:
        stream.heard(1)
    door.loop.call_soon_threadsafe(door.streams.close)
    door.server.should_exit = True
    door.thread.join(SECONDS)
    assert not door.thread.is_alive()
    assert all(stream.ended.is_set() for stream in streams)
