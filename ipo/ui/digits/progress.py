"""How far the training is, and what it said last."""

import streamlit as st

from ipo.digits.epoch_metrics import accuracy_text
from ipo.services.digits.service import DigitsService
from ipo.ui.html import div, draw, span
from ipo.ui.text import clock, plain, time_left


def draw_progress(service: DigitsService) -> None:
    """Always a bar, so that nothing moves when a training begins or ends."""
    status, job = service.digits.status, service.work.job
    if status.busy:
        st.progress(status.fraction, f"{plain(status.text)}{time_left(status)}")
    elif service.work.ahead:
        st.progress(0.0, f"Waiting for: {plain(service.work.ahead)}")
    elif job is not None and job.in_flight:
        st.progress(job.fraction, plain(job.message or job.label))
    elif service.predicting and service.prediction is not None:
        st.progress(service.prediction.fraction, plain(f"{_at_rest(service)} · predicting all images"))
    else:
        st.progress(0.0, _at_rest(service))


def _at_rest(service: DigitsService) -> str:
    history, step = service.digits.history, service.digits.step
    if not service.opened:
        return "Could not be opened" if service.problem else "Not opened yet"
    if not history:
        return f"Trained for {step:,} steps of the first epoch" if step else "Not trained yet"
    epochs = f"{len(history)} {'epoch' if len(history) == 1 else 'epochs'} trained"
    held_out = accuracy_text(history[-1].val)
    return f"{epochs}, {plain(held_out)}" if held_out else epochs


def draw_messages(service: DigitsService) -> None:
    """The last ten, newest first."""
    lines = [
        div(span(clock(message.at), class_="time"), f" {message.text}")
        for message in reversed(service.digits.messages)
    ]
    if lines:
        draw(div(*lines, class_="ipo-messages"))
