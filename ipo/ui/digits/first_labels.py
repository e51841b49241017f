"""The next step where a model has neither labels nor a training: give it some labels."""

import streamlit as st

from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.page_paths import LATENT_MAP
from ipo.ui.text import plain

BORROWED = 100  # labels, to begin with


def lacks_labels(service: DigitsService) -> bool:
    return service.opened and service.digits.counts.all == 0


def draw_first_labels(service: DigitsService, height: int) -> None:
    truth = service.digits.data.truth
    with st.container(
        border=True, height=height, vertical_alignment="center", horizontal_alignment="center", gap="medium"
    ):
        st.markdown(
            "**Begin with some labels.** Without them the model learns to draw, but not what it draws.",
            width="content",
            text_alignment="center",
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            if truth is not None:
                count = min(BORROWED, len(truth))
                st.button(
                    f"Take {count:d} true labels",
                    key=Keys.SSVAE_BORROW_FIRST,
                    type="primary",
                    icon=":material/label:",
                    on_click=_borrow,
                    args=(count,),
                    help="Labels that come with the data set, as many of each class: the quickest way to try "
                    "it out. One undo on the map takes them back.",
                )
            if st.button(
                "Label on the map",
                key=Keys.SSVAE_LABEL_ON_MAP,
                type="primary" if truth is None else "secondary",
                icon=":material/scatter_plot:",
            ):
                st.switch_page(LATENT_MAP)
        st.caption(
            f"Or write your own to {plain(service.digits.labels.path)}.",
            width="content",
            text_alignment="center",
        )


def _borrow(count: int) -> None:
    chosen_service().borrow(count)
