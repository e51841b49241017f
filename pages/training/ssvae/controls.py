"""In the left third of the page: how long to train, Start and Stop, and a new model."""

from dataclasses import replace

import streamlit as st

from ipo.digits.config import SSVAEConfig
from ipo.digits.training.trainer import MOST_EPOCHS
from ipo.keys import Keys
from ipo.services.digits import DigitsService
from pages.training.ssvae.state import chosen_service

EPOCHS = 10  # to begin with


def draw_controls(service: DigitsService) -> None:
    digits, busy = service.digits, service.work.busy
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            "Epochs",
            1,
            MOST_EPOCHS,
            EPOCHS,
            key=Keys.SSVAE_EPOCHS,
            width="stretch",
            persist_state="session",
            help="An epoch sees every image once.",
        )
        with st.popover("New model", key=Keys.SSVAE_NEW, disabled=busy or not service.opened):
            _draw_new()
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Continue" if digits.history else "Start",
            key=Keys.SSVAE_START,
            type="primary",
            icon=":material/play_arrow:",
            shortcut="T",
            width="stretch",
            on_click=_start,
            disabled=busy or not service.opened,
            help="Trains in the background, on from where the last training ended.",
        )
        st.button(
            "Stop",
            key=Keys.SSVAE_STOP,
            icon=":material/stop:",
            shortcut="S",
            width="stretch",
            on_click=_stop,
            disabled=not service.stoppable,
            help="After the batch under way. What was learnt is kept.",
        )


def _draw_new() -> None:
    st.caption("A model that knows nothing yet. The one at hand is put aside in its folder; labels stay.")
    with st.container(horizontal=True):
        st.number_input(
            "Latent dimensions",
            2,
            128,
            SSVAEConfig.latent_dim,
            key=Keys.SSVAE_NEW_LATENT,
            width=200,
            help="Of the style: what the class of an image leaves open.",
        )
        st.number_input(
            "Seed", 0, 2**31 - 1, 0, key=Keys.SSVAE_NEW_SEED, width=200, help="Of first weights and split."
        )
    st.button("Begin anew", key=Keys.SSVAE_NEW_BEGIN, icon=":material/restart_alt:", on_click=_begin_anew)


def _start() -> None:
    chosen_service().train(int(st.session_state[Keys.SSVAE_EPOCHS]))  # typed a moment before the click


def _stop() -> None:
    chosen_service().stop()


def _begin_anew() -> None:
    service = chosen_service()
    config = replace(
        service.digits.config,
        latent_dim=int(st.session_state[Keys.SSVAE_NEW_LATENT]),
        seed=int(st.session_state[Keys.SSVAE_NEW_SEED]),
    )
    service.begin_anew(config)
