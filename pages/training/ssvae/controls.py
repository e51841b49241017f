"""In the left third of the page: how long to train, Start and Stop, and a new model."""

from dataclasses import replace

import streamlit as st

from ipo.digits.config import SSVAEConfig
from ipo.digits.data import MNIST
from ipo.digits.decoder import NAME as DECODER
from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.digits.training_buttons import draw_epochs, draw_start_and_stop
from ipo.ui.glossary import DIGITS
from ipo.ui.page_paths import PREFERENCES
from ipo.ui.preference import selection

ANY_DIGIT = "any digit"  # a prompt that names no class


def draw_controls(service: DigitsService) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        draw_epochs()
        with st.popover("New model", key=Keys.SSVAE_NEW, disabled=service.work.busy or not service.opened):
            _draw_new()
    with st.container(horizontal=True, gap="small"):
        draw_start_and_stop(service)
        if service.digits.trained and service.source == MNIST:
            st.button(
                "Draw with it",
                key=Keys.SSVAE_DRAW,
                icon=":material/brush:",
                on_click=_draw,
                help="Judge digits that this model draws, as it is now: Preferences, with the decoder ssvae.",
            )


def _draw() -> None:
    selection.draw_with_newest(DECODER, ANY_DIGIT)
    st.switch_page(PREFERENCES)


def _draw_new() -> None:
    st.caption(
        "Begins with a model that knows nothing. The present one is put aside in its folder; your labels "
        "stay."
    )
    with st.container(horizontal=True):
        st.number_input(
            "Latent dimensions",
            2,
            128,
            SSVAEConfig.latent_dim,
            key=Keys.SSVAE_NEW_LATENT,
            width=200,
            help=DIGITS["latent dimensions"],
        )
        st.number_input(
            "Seed",
            0,
            2**31 - 1,
            0,
            key=Keys.SSVAE_NEW_SEED,
            width=200,
            help="Decides the first weights, and which images are held out.",
        )
    st.button("Begin anew", key=Keys.SSVAE_NEW_BEGIN, icon=":material/restart_alt:", on_click=_begin_anew)


def _begin_anew() -> None:
    service = chosen_service()
    config = replace(
        service.digits.config,
        latent_dim=int(st.session_state[Keys.SSVAE_NEW_LATENT]),
        seed=int(st.session_state[Keys.SSVAE_NEW_SEED]),
    )
    service.begin_anew(config)
