"""Streamlit still has the insides that `ipo/ui/runtime/rerun.py` uses."""

import pytest
import streamlit
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Runtime, "_session_mgr"),
        (WebsocketSessionManager, "get_active_session_info"),
        (AppSession, "_scriptrunner"),
        (AppSession, "_browser_queue"),
        (ForwardMsgQueue, "__len__"),
        (AppSession, "_fragment_storage"),
        (AppSession, "_client_state"),
        (AppSession, "_create_scriptrunner"),
        (MemoryFragmentStorage, "resolve_target"),
    ],
)
def test_streamlit_has_what_live_panels_need(owner: type, name: str) -> None:
    there = name in dir(owner) or name in owner.__init__.__code__.co_names
    assert there, (
        f"Streamlit {streamlit.__version__} has no {owner.__name__}.{name} any more: "
        "no panel is drawn by itself until ipo/ui/runtime/rerun.py is mended."
    )
