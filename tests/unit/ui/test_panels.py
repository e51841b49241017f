"""A panel that fails is said in its place; what Streamlit uses to leave a run passes through it."""

import logging

import pytest
from streamlit.testing.v1 import AppTest


def failing() -> None:
    import streamlit as st

    from ipo.ui.panels import panel

    @panel("The first")
    def draw(number: int) -> None:
        st.caption("begun")
        st.caption(str(1 // number))

    with st.container():
        draw(0)
    st.caption("after it")


def leaving() -> None:
    import streamlit as st

    from ipo.ui.panels import panel

    with panel("The first"):
        if "again" not in st.session_state:
            st.session_state.again = True
            st.rerun()
        st.caption("drawn again")
        st.stop()
    st.caption("never drawn")


def test_a_panel_that_raises_is_said_and_logged_and_what_comes_after_is_drawn(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, "ipo.ui.panels"):
        page = AppTest.from_function(failing).run()
    assert not page.exception
    assert [caption.value for caption in page.caption] == ["begun", "after it"]
    assert [error.value for error in page.error] == [
        r"The first could not be drawn: integer division or modulo by zero"
    ]
    assert [button.label for button in page.button] == ["Retry"]
    (record,) = caplog.records
    assert record.exc_info is not None and record.exc_info[0] is ZeroDivisionError


def test_a_rerun_and_a_stop_within_a_panel_do_what_they_always_do() -> None:
    page = AppTest.from_function(leaving).run()
    assert [caption.value for caption in page.caption] == ["drawn again"]
    assert not page.error and not page.exception
