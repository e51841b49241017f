"""The part of the sidebar that chooses: session, proposer and value model."""

from dataclasses import replace
from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.preference.proposals.proposers import THOMPSON, UCB
from ipo.preference.session import PreferenceSession
from ipo.preference.settings import EXPLORE_STEPS
from ipo.preference.state import MODELS, NAMES
from ipo.services.workspace import Workspace
from ipo.ui.glossary import JUDGING, explain, more
from ipo.ui.preference import selection
from ipo.ui.preference.session_menu import render_session_menu
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.shared_values import on_choice, shared_value
from ipo.ui.runtime.widgets import assign, undo_echoes
from ipo.ui.text import plain

VALUE_MODEL_HELP = "\n\n".join([explain(JUDGING, "value model", *NAMES.values(), "value"), more()])


def render_choices(space: Workspace, session: PreferenceSession) -> None:
    """Session, proposer and value model."""
    # The browser holds the name, not the id: a session may have been renamed.
    assign(Keys.CURATION_SESSION_CHOICE, session.key.id)
    st.session_state[Keys.CURATION_SESSION_TITLE] = space.title(session.key)
    names = {session.key.id: f"{space.name(session.key)} (archived)"} | space.names()
    with st.container(key=Keys.CURATION_SESSION_HEADING, horizontal=True, vertical_alignment="center"):
        st.markdown(
            ":small[Session]",
            help=f"**{plain(names[session.key.id])}**\n\n"
            "There is one for each prompt, size and decoder, and one for each folder of pictures. Type "
            "another prompt or folder to begin a new session.",
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
    _draw_proposing(session)


def _draw_proposing(session: PreferenceSession) -> None:
    """Proposer, value model, and how much uncertainty counts."""
    proposing, id_ = session.queue.proposing, session.key.id
    left, right = st.columns(2)
    proposer = shared_value(Keys.CURATION_PROPOSER, proposing.how.proposer, id_)
    left.selectbox(
        "Proposer",
        session.proposers,
        session.proposers.index(proposer.value),
        key=proposer.key,
        on_change=on_choice,
        args=(proposer, lambda name: _propose(proposer=name)),
        help=_proposers_help(session),
    )
    model = shared_value(Keys.CURATION_VALUE_MODEL, proposing.model, id_)
    right.selectbox(
        "Value model",
        MODELS,
        MODELS.index(model.value),
        key=model.key,
        format_func=NAMES.__getitem__,
        on_change=on_choice,
        args=(model, _use_model),
        help=VALUE_MODEL_HELP,
    )
    if proposing.how.proposer in (UCB, THOMPSON):
        explore = shared_value(Keys.CURATION_EXPLORE, round(proposing.how.explore, 2), id_)
        st.select_slider(
            "Exploit – explore",
            [round(step / EXPLORE_STEPS, 2) for step in range(EXPLORE_STEPS + 1)],
            explore.value,
            key=explore.key,
            on_change=on_choice,
            args=(explore, lambda share: _propose(explore=float(share))),
            help="How much the uncertainty of a value counts: at 0 you see what the model is sure "
            "that you like, at 1 what it can learn most from.",
        )


def _proposers_help(session: PreferenceSession) -> str:
    anchor = ["anchor"] if session.pool is None else []
    return "\n\n".join([explain(JUDGING, "proposer", *session.proposers, *anchor), more()])


def _open_chosen() -> None:
    undo_echoes()
    key = workspace().sessions().get(st.session_state[Keys.CURATION_SESSION_CHOICE])
    if key is not None:
        selection.choose(key)


def _propose(**settings: Any) -> None:
    """Change some settings of the proposers."""
    session = selection.selected()
    if session is not None:
        proposing = session.queue.proposing
        session.queue.propose_with(replace(proposing, how=replace(proposing.how, **settings)))
        session.save_settings()


def _use_model(name: str) -> None:
    session = selection.selected()
    if session is not None:
        session.queue.propose_with(replace(session.queue.proposing, model=name))
        session.save_settings()
