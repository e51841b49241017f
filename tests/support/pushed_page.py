"""Every kind of control, counted on the server, while the server draws panels anew ten times a second."""

import threading
import time
from collections.abc import Callable

import streamlit as st

from ipo.ui.runtime.live_page import Version, begin_page, live_panel
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.reconnect import resume

TICK_SECONDS = 0.1
LETTERS = ["A", "B", "C"]


@st.cache_resource
def start_ticking() -> None:
    """Wake whoever watches, all the time."""

    def tick() -> None:
        while True:
            time.sleep(TICK_SECONDS)
            workspace().changes.notify()

    threading.Thread(target=tick, daemon=True).start()


def tenths() -> Version:
    return lambda: time.monotonic() // TICK_SECONDS


def count(name: str) -> None:
    counts = st.session_state["counts"]
    counts[name] = counts.get(name, 0) + 1


def never() -> Version:
    return lambda: 0


def said(name: str) -> str:
    return f"{name} {st.session_state['counts'].get(name, 0)}"


def draw_controls(place: str) -> None:
    """A button, a radio, segments and a box of choices, and how often each was used."""
    st.button(f"Press {place}", key=f"press_{place}", on_click=count, args=(f"press_{place}",))
    for draw in (st.radio, st.segmented_control, st.selectbox):
        name = f"{draw.__name__}_{place}"
        draw(name, LETTERS, key=name, on_change=count, args=(name,))  # type: ignore[operator]
        st.caption(f"{said(name)} {st.session_state[name]}")
    st.caption(said(f"press_{place}"))


@live_panel("busy_panel", tenths)
def render_busy() -> None:
    st.caption(f"tick {time.monotonic():.1f}")
    st.text_input("Note", key="note")
    draw_controls("busy")


@live_panel("quiet_panel", never)
def render_quiet() -> None:
    draw_controls("quiet")


def controls() -> None:
    st.header("Controls")
    render_busy()
    render_quiet()
    draw_controls("page")


def elsewhere() -> None:
    st.header("Elsewhere")
    render_busy()


def run(pages: list[Callable[[], None]]) -> None:
    listed = [st.Page(page, title=page.__name__.title()) for page in pages]
    st.navigation(listed).run()


if __name__ == "__main__":  # as Streamlit runs it; the tests import it for its names
    begin_page()
    start_ticking()
    st.session_state.setdefault("counts", {})
    run([controls, elsewhere])
    resume()
