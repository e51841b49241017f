"""What code put into a widget stays, though the browser sends the value before once more."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from ipo.keys import Keys
from ipo.ui.runtime import widgets


def page() -> None:
    import streamlit as st

    from ipo.keys import Keys
    from ipo.ui.runtime.widgets import assign, default_of, undo_echoes

    undo_echoes()
    if st.session_state.pop(Keys.CURATION_CHOSEN, False):
        assign(Keys.CURATION_PROMPT, "new")
    st.text_input("Prompt", default_of(Keys.CURATION_PROMPT, "old", ""), key=Keys.CURATION_PROMPT)


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_function(page).run()
    app.session_state[Keys.CURATION_CHOSEN] = True
    app.run()
    assert app.text_input[0].value == "new"
    return app


def of_fragment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are asked for by a fragment, which the framework cannot do."""
    monkeypatch.setattr(
        widgets, "get_script_run_ctx", lambda: SimpleNamespace(fragment_ids_this_run=["deck"])
    )


def test_an_old_value_that_comes_with_an_event_of_a_fragment_is_nobodys_choice(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_fragment(monkeypatch)
    app.text_input[0].set_value("old").run()
    assert app.text_input[0].value == "new"
    app.text_input[0].set_value("another").run()
    assert app.text_input[0].value == "another"


def test_an_old_value_that_is_chosen_on_the_page_counts(app: AppTest) -> None:
    app.text_input[0].set_value("old").run()
    assert app.text_input[0].value == "old"
