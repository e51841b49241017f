"""Choices that reached the server as if they were a fragment's."""

from streamlit.testing.v1 import AppTest

from ipo.keys import Keys


def page() -> None:
    """A page with one choice; told so, it runs as its fragment would, without drawing the choice anew."""
    import streamlit as st

    from ipo.keys import Keys
    from ipo.ui.runtime import widgets

    widgets.bring_back_choices()
    st.text_input("Prompt", key=Keys.CURATION_PROMPT)
    if st.session_state.pop(Keys.CURATION_NEWS_PANEL, False):
        widgets.follow_choices()
        return
    widgets.note_choices([Keys.CURATION_PROMPT])
    st.caption(f"drawn with {st.session_state[Keys.CURATION_PROMPT]}")


def test_the_page_is_drawn_with_a_choice_that_only_its_fragment_heard_of() -> None:
    app = AppTest.from_function(page).run()
    app.session_state[Keys.CURATION_NEWS_PANEL] = True
    app.text_input(key=Keys.CURATION_PROMPT).set_value("paper lanterns").run()
    assert [caption.value for caption in app.caption] == ["drawn with paper lanterns"]
    assert not app.exception


def test_the_page_is_drawn_with_a_choice_that_its_fragment_made_whatever_the_browser_says_beside_it() -> None:
    app = AppTest.from_function(page).run()
    app.session_state[Keys.CHOICES_MISSED] = {Keys.CURATION_PROMPT: "paper lanterns"}
    app.text_input(key=Keys.CURATION_PROMPT).set_value("what the browser shows").run()
    assert [caption.value for caption in app.caption] == ["drawn with paper lanterns"]


def test_a_fragment_leaves_the_page_alone_while_nothing_was_missed() -> None:
    app = AppTest.from_function(page).run()
    app.session_state[Keys.CURATION_NEWS_PANEL] = True
    app.run()
    assert not app.caption and not app.exception
