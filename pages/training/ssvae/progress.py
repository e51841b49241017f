"""How far the training is, why it came to nothing, and what it said last."""

import streamlit as st

from ipo.datasets.grey_levels import BLACK_TO_WHITE, UnclearWhite
from ipo.digits.epoch_metrics import accuracy_text
from ipo.digits.opening import OtherImages
from ipo.keys import Keys
from ipo.services.digits import DigitsService
from ipo.ui.fetch_mnist import advises_fetch, draw_fetch, draw_lines
from ipo.ui.html import div, draw, span
from ipo.ui.runtime.process import workspace
from ipo.ui.text import clock, plain, time_left
from pages.training.ssvae.state import chosen_service


def draw_progress(service: DigitsService) -> None:
    """Always a bar, so that nothing moves when a training begins or ends."""
    status, job = service.digits.status, service.work.job
    if status.busy:
        st.progress(status.fraction, f"{plain(status.text)}{time_left(status)}")
    elif service.work.ahead:
        st.progress(0.0, f"Waiting for: {plain(service.work.ahead)}")
    elif job is not None and job.in_flight:
        st.progress(job.fraction, plain(job.message or job.label))
    else:
        st.progress(0.0, _at_rest(service))


def _at_rest(service: DigitsService) -> str:
    history = service.digits.history
    if not service.opened:
        return "Could not be opened" if service.problem else "Not opened yet"
    if not history:
        return "Not trained yet"
    epochs = f"{len(history)} {'epoch' if len(history) == 1 else 'epochs'} trained"
    held_out = accuracy_text(history[-1].val)
    return f"{epochs}, {plain(held_out)}" if held_out else epochs


def draw_problem(service: DigitsService) -> None:
    if not service.problem or service.work.busy:
        return
    fetch, repairable = workspace().mnist_fetch, advises_fetch(service.problem)
    draw_lines(service.problem)
    if repairable and fetch.problem:
        draw_lines(fetch.problem)
    with st.container(horizontal=True, vertical_alignment="center"):
        if repairable:
            draw_fetch(fetch, service.retry)
        _draw_answers(service.digits.unread)
        st.button("Retry", key=Keys.SSVAE_RETRY, icon=":material/refresh:", on_click=_retry)


def draw_messages(service: DigitsService) -> None:
    """The last ten, newest first."""
    lines = [
        div(span(clock(message.at), class_="time"), f" {message.text}", title=message.text, class_="ipo-line")
        for message in reversed(service.digits.messages)
    ]
    if lines:
        draw(div(*lines, class_="ipo-messages"))


def _draw_answers(error: Exception | None) -> None:
    """What can be said to an error that is a question."""
    if isinstance(error, UnclearWhite):
        for white in (error.highest, BLACK_TO_WHITE):
            st.button(
                f"White is {white:g}",
                key=f"{Keys.SSVAE_WHITE}_{white}",
                on_click=_choose_white,
                args=(white,),
            )
    if isinstance(error, OtherImages) and error.labels_may_hold:
        st.button(
            "Keep the labels",
            key=Keys.SSVAE_KEEP_LABELS,
            on_click=_keep_labels,
            help="They hold for the images that are there now. A model of other images is put aside.",
        )


def _choose_white(white: int) -> None:
    chosen_service().choose_white(white)


def _keep_labels() -> None:
    chosen_service().keep_labels()


def _retry() -> None:
    chosen_service().retry()
