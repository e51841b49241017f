"""How many labels there are, and where to get some."""

import streamlit as st

from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.digits.label_counts import HELD_OUT, label_bars, labels_text
from ipo.ui.digits.labels_elsewhere import draw_labels_elsewhere
from ipo.ui.html import draw
from ipo.ui.panels import heading
from ipo.ui.text import plain

BORROWED = 100  # labels, to begin with


def draw_labels(service: DigitsService) -> None:
    counts = service.digits.counts
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        heading(plain(labels_text(counts)), HELD_OUT)
        if service.digits.data.truth is not None:
            with st.popover(
                "", icon=":material/new_label:", type="tertiary", help="Take true labels of the data set"
            ):
                _draw_borrowing()
    draw(label_bars(counts, service.digits.data.class_names))
    if counts.all == 0:
        _draw_without_labels(service)


def _draw_without_labels(service: DigitsService) -> None:
    truth = service.digits.data.truth
    draw_labels_elsewhere(service)
    st.caption(
        "Without labels the model learns to draw digits, but not which digit is which. "
        + ("Write" if truth is None else "Take some true labels to try it out, label on the map, or write")
        + f" your own into {plain(service.digits.labels.path)}."
    )
    if truth is not None:
        count = min(BORROWED, len(truth))
        st.button(
            f"Take {count:d} true labels",
            key=Keys.SSVAE_BORROW_FIRST,
            icon=":material/new_label:",
            on_click=_borrow,
            args=(count,),
        )


def _draw_borrowing() -> None:
    st.caption(
        "For trying things out without labelling: labels that come with the data set, as many of each class. "
        "Yours stay as they are."
    )
    st.number_input("How many more", 1, 50_000, BORROWED, key=Keys.SSVAE_BORROW_COUNT, width=180)
    st.button("Take true labels", key=Keys.SSVAE_BORROW, on_click=_borrow_typed)


def _borrow_typed() -> None:
    _borrow(int(st.session_state[Keys.SSVAE_BORROW_COUNT]))


def _borrow(count: int) -> None:
    chosen_service().borrow(count)
