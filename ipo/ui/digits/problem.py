"""Why what was asked for of the digits came to nothing, and what can be done about it."""

import streamlit as st

from ipo.datasets.grey_levels import BLACK_TO_WHITE, UnclearWhite
from ipo.digits.opening import OtherImages
from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.fetch import draw_lines
from ipo.ui.fetch_mnist import advises_fetch, draw_fetch_mnist
from ipo.ui.runtime.process import workspace


def draw_problem(service: DigitsService) -> None:
    if not service.problem or service.work.busy:
        return
    fetch, repairable = workspace().fetches.mnist, advises_fetch(service.problem)
    draw_lines(service.problem)
    if repairable and fetch.problem:
        draw_lines(fetch.problem)
    with st.container(horizontal=True, vertical_alignment="center"):
        if repairable:
            draw_fetch_mnist(fetch, service.retry)
        _draw_answers(service.digits.unread)
        st.button("Retry", key=Keys.DIGITS_RETRY, icon=":material/refresh:", on_click=_retry)


def _draw_answers(error: Exception | None) -> None:
    """What can be said to an error that is a question."""
    if isinstance(error, UnclearWhite):
        for white in (error.highest, BLACK_TO_WHITE):
            st.button(
                f"White is {white:g}",
                key=f"{Keys.DIGITS_WHITE}_{white}",
                on_click=_choose_white,
                args=(white,),
            )
    if isinstance(error, OtherImages) and error.labels_may_hold:
        st.button(
            "Keep the labels",
            key=Keys.DIGITS_KEEP_LABELS,
            on_click=_keep_labels,
            help="They hold for the images that are there now. A model of other images is put aside.",
        )


def _choose_white(white: int) -> None:
    chosen_service().choose_white(white)


def _keep_labels() -> None:
    chosen_service().keep_labels()


def _retry() -> None:
    chosen_service().retry()
