"""Labels of the same images in another folder, while there are none here."""

import streamlit as st

from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.text import plain


def draw_labels_elsewhere(service: DigitsService) -> None:
    elsewhere = service.digits.labels_elsewhere
    if elsewhere is None or service.digits.labels.snapshot().count:
        return
    st.info(
        f"{elsewhere.count:,} labels of these very images lie in {plain(str(elsewhere.folder.path))}.",
        icon=":material/drive_file_move:",
    )
    st.button(
        "Go on with them",
        key=Keys.DIGITS_TAKE_LABELS,
        on_click=_take_labels,
        disabled=service.work.busy,
        help="Copies them here, and their model if there is none here; one undo takes the labels back.",
    )


def _take_labels() -> None:
    chosen_service().take_labels()
