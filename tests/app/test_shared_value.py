"""Widgets over shared values follow them, leave alone what is typed, and take no echo for a choice."""

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


def shared_page() -> None:

    import streamlit as st

    from ipo.ui.runtime.shared_values import on_choice, shared_value

    values = st.session_state.setdefault("shared", {"text": "", "list": "ucb", "stop": 0.5, "toggle": False})
    about = st.session_state.get("session", "first")
    for name, value in values.items():
        shown = shared_value(name, value, about)
        how = {
            "key": shown.key,
            "on_change": on_choice,
            "args": (shown, lambda v, n=name: values.update({n: v})),
        }
        if name == "text":
            st.text_input(name, shown.value, **how)
        elif name == "list":
            options = ["ucb", "thompson", "line"]
            st.selectbox(name, options, options.index(shown.value), **how)
        elif name == "stop":
            st.select_slider(name, [0.0, 0.25, 0.5, 0.75, 1.0], shown.value, **how)
        else:
            st.toggle(name, shown.value, **how)


CHANGED = {"text": "Dawn", "list": "line", "stop": 1.0, "toggle": True}


def on_screen(app: AppTest) -> dict[str, object]:
    widgets = (app.text_input[0], app.selectbox[0], app.select_slider[0], app.toggle[0])
    return {widget.label: widget.value for widget in widgets}


def test_what_is_chosen_is_taken_over_and_what_another_tab_chose_is_shown() -> None:
    app = AppTest.from_function(shared_page).run()
    app.text_input[0].set_value("Dusk").run()
    app.toggle[0].set_value(True).run()
    assert app.session_state["shared"] == {"text": "Dusk", "list": "ucb", "stop": 0.5, "toggle": True}
    app.session_state["shared"] |= {"text": "Dawn", "toggle": False}
    app.run()
    assert on_screen(app) == app.session_state["shared"]
    app.toggle[0].set_value(True).run()  # back to what it was: a choice all the same
    app.text_input[0].set_value("Dusk").run()
    assert app.session_state["shared"] == {"text": "Dusk", "list": "ucb", "stop": 0.5, "toggle": True}


def test_a_message_that_left_before_the_browser_heard_of_a_change_brings_no_old_value_back() -> None:
    app = AppTest.from_function(shared_page).run()
    late = app._tree.get_widget_states()
    app.session_state["shared"] |= CHANGED
    app.run()
    for _ in range(2):
        app._run(late)
        assert app.session_state["shared"] == CHANGED == on_screen(app)


def test_a_choice_that_was_based_on_an_older_value_is_refused() -> None:
    app = AppTest.from_function(shared_page).run()
    app.text_input[0].set_value("typed before the other name was heard of")
    app.selectbox[0].select("thompson")
    late = app._tree.get_widget_states()
    app.text_input[0].set_value("")
    app.selectbox[0].select("ucb")
    app.session_state["shared"] |= CHANGED
    app.run()
    app._run(late)
    assert app.session_state["shared"] == CHANGED == on_screen(app)


def test_a_choice_for_one_session_never_reaches_another() -> None:
    app = AppTest.from_function(shared_page).run()
    app.text_input[0].set_value("a name for the first")
    late = app._tree.get_widget_states()
    app.text_input[0].set_value("")
    app.session_state["session"] = "second"
    app.run()
    app._run(late)
    assert app.session_state["shared"]["text"] == "" == on_screen(app)["text"]
