"""How long to train, Start or Continue, and Stop."""

from typing import Literal

import streamlit as st

from ipo.digits.config import MOST_EPOCHS
from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.digits.first_labels import lacks_labels

EPOCHS = 10  # to begin with


def draw_epochs(*, width: int | Literal["stretch"] = "stretch", label: bool = True) -> None:
    st.number_input(
        "Epochs",
        1,
        MOST_EPOCHS,
        EPOCHS,
        key=Keys.DIGITS_EPOCHS,
        width=width,
        label_visibility="visible" if label else "collapsed",
        persist_state="session",
        help="An epoch sees every image once.",
    )


def draw_start_and_stop(
    service: DigitsService, *, width: Literal["stretch", "content"] = "stretch", shortcuts: bool = True
) -> None:
    st.button(
        "Continue" if service.digits.trained else "Start",
        key=Keys.DIGITS_START,
        type="secondary" if lacks_labels(service) and not service.digits.history else "primary",
        icon=":material/play_arrow:",
        shortcut="T" if shortcuts else None,
        width=width,
        on_click=_start,
        disabled=service.work.busy or not service.opened,
        help="Trains in the background, going on from where the last training ended.",
    )
    st.button(
        "Stop",
        key=Keys.DIGITS_STOP,
        icon=":material/stop:",
        shortcut="S" if shortcuts else None,
        width=width,
        on_click=_stop,
        disabled=not service.stoppable,
        help="Stops after the present batch. What was learnt is kept.",
    )


def _start() -> None:
    chosen_service().train(int(st.session_state[Keys.DIGITS_EPOCHS]))  # typed a moment before the click


def _stop() -> None:
    chosen_service().stop()
