"""Below the map: how many labels there are, and what held-out ones say of the model."""

import streamlit as st

from ipo.digits.statistics import HeldOutLabels, held_out_labels, milestones
from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.components.plot.component import plot
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.digits.label_counts import HELD_OUT, label_bars, labels_text
from ipo.ui.figures.held_out import HEIGHT, accuracy_figure, confusion_figure
from ipo.ui.html import draw
from ipo.ui.panels import heading, panel, placeholder
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import plain
from pages.curation.latent_map import versions
from pages.curation.latent_map.selection import select_on_map

LIVE_SECONDS = 0.5  # between two drawings, while it trains or labels come fast


@live_panel(Keys.MAP_STATISTICS_PANEL, versions.statistics, LIVE_SECONDS)
def render_statistics() -> None:
    service = chosen_service()
    counts, accuracy, confusion = st.columns([3, 4, 4], gap="medium")
    with counts:
        _draw_counts(service)
    with accuracy:
        _draw_accuracy(service)
    with confusion:
        _draw_confusion(service)


@panel("The number of labels")
def _draw_counts(service: DigitsService) -> None:
    digits = service.digits
    heading(plain(labels_text(digits.counts)), HELD_OUT)
    draw(label_bars(digits.counts, digits.data.class_names))


@panel("The accuracy")
def _draw_accuracy(service: DigitsService) -> None:
    heading(
        "Accuracy with more labels",
        "Measured on held-out images with a label, at the end of each training and whenever labels were "
        "added. "
        "Bars: 95 % intervals (Wilson). A new model begins a new line.",
    )
    found = milestones(service.digits.runs)
    if found:
        plot(accuracy_figure(found), key=Keys.MAP_ACCURACY)
    else:
        placeholder("It needs a training, and a label on a held-out image.", HEIGHT)


@panel("The confusion matrix")
def _draw_confusion(service: DigitsService) -> None:
    found = _held_out(service)
    accuracy = None if found is None else found.accuracy
    says = (
        "Your labels of held-out images against what the model predicts, which has never learnt from them. A "
        "click on a cell selects its images on the map."
    )
    if found is None or accuracy is None:
        heading("Confusion", says)
        placeholder("It needs a training, and a label on a held-out image.", HEIGHT)
        return
    heading(f"Confusion: held-out accuracy {plain(accuracy)}", says)
    names = service.digits.data.class_names
    counts = found.confusion(len(names))
    plot(confusion_figure(counts, names), key=Keys.MAP_CONFUSION, on_click=_select_cell)
    cells = [(label, guess) for label in range(len(names)) for guess in range(len(names))]
    wrong = [cell for cell in cells if cell[0] != cell[1] and counts[cell]]
    if not wrong:
        st.button(
            "Select mistakes on the map",
            key=Keys.MAP_NO_MISTAKES,
            icon=":material/ads_click:",
            disabled=True,
            help="There are none.",
        )
        return
    st.menu_button(
        "Select mistakes on the map",
        sorted(wrong, key=lambda cell: -counts[cell]),
        key=Keys.MAP_MISTAKES,
        icon=":material/ads_click:",
        format_func=lambda cell: (
            f"{plain(names[cell[0]])} taken for {plain(names[cell[1]])}: {counts[cell]:,}"
        ),
        on_click=_select_mistakes,
    )


def _held_out(service: DigitsService) -> HeldOutLabels | None:
    digits = service.digits
    if digits.predictions is None or not digits.predictions.step:
        return None
    return held_out_labels(digits.labels.snapshot().values, digits.held_out, digits.predictions.probabilities)


def _select_cell(predicted: float, label: float) -> None:
    found = _held_out(chosen_service())
    if found is not None:
        select_on_map(found.cell(round(label), round(predicted)).tolist())


def _select_mistakes() -> None:
    label, predicted = st.session_state[Keys.MAP_MISTAKES]
    _select_cell(predicted, label)
