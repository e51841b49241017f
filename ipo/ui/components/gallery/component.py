"""The gallery: every judged row as a contact sheet, one of them opened at the right."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.preference.analysis.gallery import Entry, Query, window
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE
from ipo.preference.storage.rows import BAD, GOOD
from ipo.services.gallery_data import GalleryData
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import JUDGING_SCRIPTS, shared_scripts
from ipo.ui.components.gallery.filters import Shown, bar, forget_order, show_all
from ipo.ui.components.gallery.payload import opened, tiles
from ipo.ui.components.session_door import session_door
from ipo.ui.judge_button import draw_judge_button
from ipo.ui.panels import panel
from ipo.ui.preference import selection
from ipo.ui.runtime.live_page import Version
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain

__all__ = ["forget_order", "gallery", "gallery_version"]

WINDOW = 96  # rows that travel before the browser says how many it shows
MOST = 600  # rows that travel at a time: a very large screen

_HERE = Path(__file__).parent
_gallery = Component(
    "ipo_gallery",
    html=(_HERE / "gallery.html").read_text(),
    css=(_HERE / "gallery.css").read_text(),
    js=shared_scripts(*JUDGING_SCRIPTS)
    + "".join((_HERE / name).read_text() for name in ("panel.js", "sheet.js", "gallery.js")),
)


def gallery_version(session: PreferenceSession) -> Version:
    """Of what the gallery of a session shows, but for what a tab has chosen."""
    return partial(_version, workspace().gallery_data(session))


def _version(sheet: GalleryData) -> Any:
    session = sheet.session
    state, model = session.state, session.queue.proposing.model
    with state.w_lock:
        generations = (state.pool.generation, state.train_status[RIDGE].generation)
    error = "" if session.opened else session.view([]).error
    return session.opened, error, generations, sheet.version, model


@panel("The gallery")
def gallery(session: PreferenceSession, *, key: str, on_retry: Callable[[], None]) -> None:
    """Draw the rows of a session, or say what to do when there are none."""
    sheet = workspace().gallery_data(session)
    generation = session.state.pool.generation  # before the rows, which may then be newer than it says
    listed = sheet.entries()
    if not listed:
        _say_why_empty(session, on_retry)
        return
    shown = bar(session.key.id, listed, informed=session.state.train_status[RIDGE].informed)
    if not shown.order.ids:
        st.info(_nothing_matches(shown.order.query), icon=":material/filter_alt_off:")
        st.button("Show all rows", key=Keys.CURATION_GALLERY_ALL, on_click=show_all)
        return
    _gallery(
        key=key,
        data={**session_door(session), "generation": generation, **_data(sheet, listed, shown, key)},
        on_verify_change=lambda: _verify(key),
        on_window_change=lambda: None,
        on_selected_change=lambda: None,
    )


def _say_why_empty(session: PreferenceSession, on_retry: Callable[[], None]) -> None:
    error = session.view([]).error
    if session.opened:
        st.info(
            "No rows yet. Every image that you judge in Queue or Batch is listed here.",
            icon=":material/grid_view:",
        )
        draw_judge_button(Keys.CURATION_JUDGE)
    elif error:
        st.error(plain(error), icon=":material/folder_off:")
        st.button("Retry", key=Keys.CURATION_GALLERY_RETRY, on_click=on_retry)
    else:
        st.caption("Opening the session …")


def _nothing_matches(query: Query) -> str:
    rows = {GOOD: "good row", BAD: "bad row"}.get(query.label or 0, "row")
    by = f" proposed by {plain(query.proposer)}" if query.proposer else ""
    return f"No {rows}{by}. Choose All, or another proposer."


def _data(sheet: GalleryData, listed: Mapping[str, Entry], shown: Shown, key: str) -> dict[str, Any]:
    """What travels to the browser: the rows in view, and all about the one that is open."""
    ids = shown.order.ids
    asked = _asked(key, "window", shown.number)
    first, in_view = window(ids, _whole(asked, "first", 0), _whole(asked, "count", WINDOW), MOST)
    selected = _asked(key, "selected", shown.number).get("id")
    place = 0 if selected is None else ids.index(selected) if selected in ids else None
    row = None if place is None else sheet.session.row(ids[place])  # what was chosen may be gone
    return {
        "order": shown.number,
        "total": len(ids),
        "first": first,
        "items": tiles(sheet, listed, in_view, shown.order.query.sort),
        "asked": selected,
        "place": place,
        "opened": None if row is None else opened(sheet, row, listed[row.candidate_id]),
        "informed": sheet.session.state.train_status[RIDGE].informed,
    }


def _asked(key: str, name: str, order: int) -> Mapping[str, Any]:
    """What the browser said last, unless it was about another order than the one on screen."""
    asked = _state(key).get(name)
    return asked if isinstance(asked, Mapping) and asked.get("order") == order else {}


def _whole(asked: Mapping[str, Any], name: str, otherwise: int) -> int:
    number = asked.get(name)
    return number if isinstance(number, int) else otherwise


def _state(key: str) -> Mapping[str, Any]:
    state = st.session_state.get(key)
    return state if isinstance(state, Mapping) else {}


def _verify(key: str) -> None:
    session = selection.selected()
    if session is not None:
        workspace().gallery_data(session).verify(str(_state(key).get("verify")))
