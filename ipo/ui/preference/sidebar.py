"""The part of the sidebar that chooses: session, proposer and value model."""

from dataclasses import replace

import streamlit as st

from ipo.keys import Keys
from ipo.preference.proposals.generate import Proposing
from ipo.preference.proposals.proposers import PROPOSERS, THOMPSON, UCB
from ipo.preference.session import PreferenceSession
from ipo.preference.settings import EXPLORE_STEPS
from ipo.preference.state import MODELS, NAMES
from ipo.services.workspace import Workspace
from ipo.ui.glossary import JUDGING, explain, more
from ipo.ui.preference import selection
from ipo.ui.preference.session_menu import render_session_menu
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.widgets import assign, show_in, undo_echoes
from ipo.ui.text import plain

PROPOSERS_HELP = "\n\n".join([explain(JUDGING, "proposer", *PROPOSERS, "anchor"), more()])
VALUE_MODEL_HELP = "\n\n".join([explain(JUDGING, "value model", *NAMES.values(), "value"), more()])


def render_choices(space: Workspace, session: PreferenceSession) -> None:
    """Session, proposer and value model."""
    # The browser holds the name, not the id: a session may have been renamed.
    assign(Keys.CURATION_SESSION_CHOICE, session.key.id)
    show_in(Keys.CURATION_PROPOSER, session.queue.proposing.how.proposer)
    show_in(Keys.CURATION_EXPLORE, round(session.queue.proposing.how.explore, 2))
    show_in(Keys.CURATION_VALUE_MODEL, session.queue.proposing.model)
    names = {session.key.id: f"{space.name(session.key)} (archived)"} | space.names()
    with st.container(key=Keys.CURATION_SESSION_HEADING, horizontal=True, vertical_alignment="center"):
        st.markdown(
            ":small[Session]",
            help=f"**{plain(names[session.key.id])}**\n\n"
            "There is one for each prompt, size and decoder. Type another prompt to begin a new session.",
        )
        render_session_menu(session.key)
    st.selectbox(
        "Session",
        list(names),
        key=Keys.CURATION_SESSION_CHOICE,
        format_func=lambda id_: names.get(id_, id_),
        on_change=_open_chosen,
        label_visibility="collapsed",  # its label stands above, beside the menu
    )
    proposer, model = st.columns(2)
    proposer.selectbox(
        "Proposer",
        PROPOSERS,
        key=Keys.CURATION_PROPOSER,
        on_change=_propose,
        help=PROPOSERS_HELP,
    )
    model.selectbox(
        "Value model",
        MODELS,
        key=Keys.CURATION_VALUE_MODEL,
        format_func=NAMES.__getitem__,
        on_change=_propose,
        help=VALUE_MODEL_HELP,
    )
    if session.queue.proposing.how.proposer in (UCB, THOMPSON):
        st.select_slider(
            "Exploit – explore",
            [round(step / EXPLORE_STEPS, 2) for step in range(EXPLORE_STEPS + 1)],
            key=Keys.CURATION_EXPLORE,
            on_change=_propose,
            help="How much the uncertainty of a value counts: at 0 you see what the model is sure "
            "that you like, at 1 what it can learn most from.",
        )


def _open_chosen() -> None:
    undo_echoes()
    key = workspace().sessions().get(st.session_state[Keys.CURATION_SESSION_CHOICE])
    if key is not None:
        selection.choose(key)


def _propose() -> None:
    session = selection.selected()
    if session is not None:
        how = replace(
            session.queue.proposing.how,
            proposer=st.session_state[Keys.CURATION_PROPOSER],
            explore=float(st.session_state[Keys.CURATION_EXPLORE]),
        )
        session.queue.propose_with(Proposing(how, st.session_state[Keys.CURATION_VALUE_MODEL]))
        session.save_settings()
