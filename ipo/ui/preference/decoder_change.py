"""What to do about a session whose images another decoder would make than the one that it was judged by."""

import secrets
from dataclasses import replace

import streamlit as st

from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.ui.preference import selection
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain


def render_decoder_change(session: PreferenceSession) -> None:
    """Says it, and offers the ways to go on; nothing where nothing changed."""
    change = session.queue.change
    if change is None:
        return
    st.warning(plain(change.says), icon=":material/swap_horiz:")
    with st.container(horizontal=True):
        if st.button(
            "Begin a new session",
            key=f"{Keys.CURATION_DECODER_CHANGE}_new",
            icon=":material/fiber_new:",
            help="With the same prompt, size and settings, and nothing judged. This one stays in the list.",
        ):
            selection.choose(replace(session.key, copy=secrets.token_hex(3)))
            st.rerun()
        st.button(
            "Go on here",
            key=f"{Keys.CURATION_DECODER_CHANGE}_accept",
            on_click=session.queue.accept_decoder,
            help="The value model goes on with what it learnt. Every row says which decoder made it.",
        )
        if change.holds and st.button(
            "Look again",
            key=f"{Keys.CURATION_DECODER_CHANGE}_again",
            icon=":material/refresh:",
            help="After you have brought the old weights back.",
        ):
            workspace().reopen(session.key.decoder)
            st.rerun()
