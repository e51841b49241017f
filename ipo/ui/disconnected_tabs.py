"""Sessions of tabs that lost their connection, which Streamlit keeps for their return.

Each holds an event loop (three files) and its images. Streamlit's own storage lets go of what is too old only
when another tab is stored: a server that cannot open a file any more gets no other tab, and stays full for
ever.
"""

import asyncio
import logging

from streamlit import runtime
from streamlit.runtime.session_manager import SessionInfo, SessionStorage

from ipo import open_files

logger = logging.getLogger("ipo.ui.disconnected_tabs")

_MOST = 128  # as Streamlit keeps


class DisconnectedSessions(SessionStorage):
    """Keeps each session `ttl` seconds, and shuts it down then; earlier if there are too many.

    All methods are called on the thread of the event loop.
    """

    def __init__(self, ttl: float, most: int = _MOST) -> None:
        self._ttl = ttl
        self._most = most
        self._sessions: dict[str, SessionInfo] = {}  # oldest first
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def get(self, session_id: str) -> SessionInfo | None:
        return self._sessions.get(session_id)

    def save(self, session_info: SessionInfo) -> None:
        id_ = session_info.session.id
        self.delete(id_)
        self._sessions[id_] = session_info
        self._timers[id_] = asyncio.get_running_loop().call_later(self._ttl, self._shut_down, id_)
        while len(self._sessions) > self._most:
            self._shut_down(next(iter(self._sessions)))

    def delete(self, session_id: str) -> None:
        if self._sessions.pop(session_id, None) is not None:
            self._timers.pop(session_id).cancel()

    def list(self) -> list[SessionInfo]:
        return list(self._sessions.values())

    def reclaim(self, wanted: int) -> None:
        """Shut down sessions, oldest first, until `wanted` files are left, or no session is."""
        while self._sessions and (left := open_files.left()) is not None and left < wanted:
            logger.debug("%d files are left: a tab that lost its connection is forgotten", left)
            self._shut_down(next(iter(self._sessions)))

    def _shut_down(self, session_id: str) -> None:
        session = self._sessions[session_id].session
        self.delete(session_id)
        session.shutdown()


def replace_session_storage(storage: DisconnectedSessions) -> None:
    """Have the runtime keep disconnected sessions in `storage`; before it serves its first tab.

    `st.App` makes its runtime itself and takes no storage.
    """
    runtime.get_instance()._session_mgr._session_storage = storage  # type: ignore[attr-defined]
