"""Which tab works on which session, so that none is deleted under another tab's hands."""

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ipo.preference.storage.sessions import SessionKey

_sessions: dict[str, SessionKey] = {}  # by tab


def note_session(key: SessionKey) -> None:
    """This tab works on a session now."""
    context = get_script_run_ctx()
    if context is not None:
        _sessions[context.session_id] = key


def tabs_beside(key: SessionKey) -> int:
    """How many other tabs with a connection work on a session."""
    context = get_script_run_ctx()
    mine = None if context is None else context.session_id
    tabs = [tab for tab, session in list(_sessions.items()) if session == key and tab != mine]
    return sum(bool(runtime.get_instance().is_active_session(tab)) for tab in tabs)
