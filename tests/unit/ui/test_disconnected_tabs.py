"""Sessions of tabs that are gone: there for their return, and gone in time, whether others come or not."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.session_manager import SessionInfo

from ipo import open_files
from ipo.ui.disconnected_tabs import DisconnectedSessions


@dataclass
class Session:
    """What is left of a tab: it holds three files until it is shut down."""

    id: str
    shut_down: list[str] = field(default_factory=list)

    def shutdown(self) -> None:
        self.shut_down.append(self.id)


def saved(sessions: DisconnectedSessions, *ids: str, shut_down: list[str]) -> None:
    for id_ in ids:
        session = cast(AppSession, Session(id_, shut_down))
        sessions.save(SessionInfo(client=None, session=session))


def ids(sessions: DisconnectedSessions) -> list[str]:
    return [info.session.id for info in sessions.list()]


def test_a_session_is_shut_down_in_time_though_no_other_tab_ever_comes() -> None:
    shut_down: list[str] = []

    async def wait() -> None:
        sessions = DisconnectedSessions(ttl=0)
        saved(sessions, "a", "b", shut_down=shut_down)
        assert ids(sessions) == ["a", "b"]
        while sessions.list():
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(wait(), 30))
    assert shut_down == ["a", "b"]


def test_a_tab_that_returns_has_its_session_and_keeps_it() -> None:
    shut_down: list[str] = []

    async def wait() -> None:
        sessions = DisconnectedSessions(ttl=0)
        saved(sessions, "a", shut_down=shut_down)
        returned = sessions.get("a")
        assert returned is not None and returned.session.id == "a"
        sessions.delete("a")
        sessions.delete("a")  # nothing to delete is no error
        assert sessions.get("a") is None
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(wait())
    assert shut_down == []


def test_the_oldest_goes_where_there_are_too_many() -> None:
    shut_down: list[str] = []

    async def save() -> None:
        sessions = DisconnectedSessions(ttl=3600, most=2)
        saved(sessions, "a", "b", "a", "c", shut_down=shut_down)  # `a` was there and left again
        assert ids(sessions) == ["a", "c"]

    asyncio.run(save())
    assert shut_down == ["b"]


@pytest.mark.parametrize(("left", "gone"), [(10, []), (5, ["a", "b"]), (0, ["a", "b", "c"]), (None, [])])
def test_files_are_reclaimed_from_the_oldest_and_no_more_than_are_wanted(
    monkeypatch: pytest.MonkeyPatch, left: int | None, gone: list[str]
) -> None:
    shut_down: list[str] = []
    monkeypatch.setattr(open_files, "left", lambda: None if left is None else left + 3 * len(shut_down))

    async def reclaim() -> None:
        sessions = DisconnectedSessions(ttl=3600)
        saved(sessions, "a", "b", "c", shut_down=shut_down)
        sessions.reclaim(10)

    asyncio.run(reclaim())
    assert shut_down == gone
