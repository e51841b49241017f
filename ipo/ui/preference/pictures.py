"""How far the pictures of a folder are read, and what in it cannot be judged."""

from functools import partial
from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.pictures.pool import PicturePool, PoolStatus
from ipo.preference.session import PreferenceSession
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain

LIVE_SECONDS = 1.0  # between two drawings
MOST_LISTED = 50  # files that are passed over, by name
WIDTH = 440  # pixels of their list

_WHY_STOP = "What is read stays, and can be judged. “Read again” goes on from here."


def render_pictures(session: PreferenceSession) -> None:
    """A line beside the modes; nothing where a decoder makes the images."""
    pool = session.pool
    if pool is not None:
        version = partial(_version, pool)
        live_panel(Keys.CURATION_PICTURES_PANEL, lambda: version, LIVE_SECONDS)(_draw)(pool)


def _version(pool: PicturePool) -> Any:
    return pool.status()


def _draw(pool: PicturePool) -> None:
    status = pool.status()
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if status.problem:
            st.caption(f":red[:material/folder_off: {plain(status.problem)}]")
        else:
            st.caption(plain(says(status)))
        if status.passed_over:
            _draw_passed_over(status)
        if status.reading:
            st.button("Stop", key=Keys.CURATION_PICTURES_STOP, on_click=_stop, args=(pool,), help=_WHY_STOP)
        else:
            st.button(
                "Read again",
                key=Keys.CURATION_PICTURES_READ,
                icon=":material/refresh:",
                on_click=_read,
                args=(pool,),
                help=f"Look what is in {plain(str(pool.folder))} now. What is known is not read again.",
            )


def says(status: PoolStatus) -> str:
    """What there is to judge, in a sentence."""
    if not status.listed:
        return "Looking what is in the folder …" if status.reading else "The folder was not read."
    if status.reading and status.unread:
        return f"{status.files - status.unread:,} of {status.files:,} pictures read …"
    parts = [f"{status.pictures:,} picture{'' if status.pictures == 1 else 's'}"]
    if status.copies:
        parts.append(f"{status.copies:,} cop{'y' if status.copies == 1 else 'ies'} of them left out")
    if status.unread:
        parts.append(f"{status.unread:,} not read yet")
    return f"{', '.join(parts)}."


def _draw_passed_over(status: PoolStatus) -> None:
    count = len(status.passed_over)
    place = st.popover(f"{count:,} passed over", icon=":material/report:", key=Keys.CURATION_PASSED_OVER)
    with place.container(width=WIDTH):
        st.caption("These cannot be judged; the rest is there. Nothing was changed in the folder.")
        for one in status.passed_over[:MOST_LISTED]:
            st.markdown(plain(f"{one.path}: {one.reason}."))
        if count > MOST_LISTED:
            st.caption(f"And {count - MOST_LISTED:,} more.")


def _stop(pool: PicturePool) -> None:
    workspace().picture_reading.stop(pool)


def _read(pool: PicturePool) -> None:
    workspace().picture_reading.begin(pool)
