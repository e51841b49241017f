"""Widgets over shared values follow them, and leave alone what the user is typing."""

import pytest
from streamlit.testing.v1 import AppTest

from ipo.ui.runtime import widgets


def page() -> None:
    import streamlit as st

    from ipo.ui.runtime.widgets import note_browser, show_in

    note_browser()
    show_in("title", st.session_state.get("shared", "old"))
    st.text_input("Title", key="title")


def test_a_value_that_is_shown_already_is_not_put_there_again() -> None:
    app = AppTest.from_function(page).run()
    assert app.text_input[0].proto.set_value
    app.run()
    assert app.text_input[0].value == "old"
    assert not app.text_input[0].proto.set_value


def test_a_value_goes_with_every_drawing_until_the_browser_has_sent_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = AppTest.from_function(page).run()
    monkeypatch.setattr(widgets, "is_pushed", lambda: True)
    app.run()
    assert app.text_input[0].proto.set_value
    monkeypatch.undo()
    app.run()
    assert not app.text_input[0].proto.set_value


def test_a_value_that_another_tab_changed_is_shown() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["shared"] = "new"
    app.run()
    assert app.text_input[0].value == "new"
    assert app.text_input[0].proto.set_value
