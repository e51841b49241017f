"""How many labels there are, and where to get some."""

import streamlit as st

from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.digits.first_labels import BORROWED
from ipo.ui.digits.label_counts import HELD_OUT, label_bars, labels_text
from ipo.ui.digits.labels_elsewhere import draw_labels_elsewhere
from ipo.ui.html import draw
from ipo.ui.panels import heading
from ipo.ui.text import plain


def draw_labels(service: DigitsService) -> None:
    counts = service.digits.counts
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        heading(plain(labels_text(counts)), HELD_OUT)
        if service.digits.data.truth is not None:
            with st.popover("True labels", icon=":material/new_label:", type="tertiary"):
                _draw_borrowing()
    draw(label_bars(counts, service.digits.data.class_names))
    draw_labels_elsewhere(service)


def _draw_borrowing() -> None:
    st.caption(
        "For trying things out without labelling: labels that come with the data set, as many of each class. "
        "Yours stay as they are."
    )
    st.number_input("How many more", 1, 50_000, BORROWED, key=Keys.SSVAE_BORROW_COUNT, width=180)
    st.button("Take true labels", key=Keys.SSVAE_BORROW, on_click=_borrow_typed)


def _borrow_typed() -> None:
    chosen_service().borrow(int(st.session_state[Keys.SSVAE_BORROW_COUNT]))
