"""Below the map: labels that all the other labels speak against, to be kept, changed or taken away."""

import streamlit as st

from ipo.api.addresses import digits_image_address
from ipo.digits.labels.csv_file import UNSURE
from ipo.digits.labels.review import FEWEST_OF_CLASS, Doubt, Review
from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.html import Html, div, draw, element
from ipo.ui.panels import heading, panel, table
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import plain
from ipo.ui.tiles import tile
from pages.curation.latent_map import versions
from pages.curation.latent_map.selection import select_on_map

SHOWN = 12  # doubts at a time
CARD = 205  # px, so that four stand beside each other at 1400 × 900
PAIRS = 10  # of classes, in the table
WHY = (
    "Each label is compared with what all other labels suggest for its image. One that they find unlikely "
    "may be a slip, an odd image, or something that the model has not understood. A label that you keep is "
    "not doubted again."
)


@live_panel(Keys.MAP_REVIEW_PANEL, versions.review)
def render_review() -> None:
    service = chosen_service()
    review = service.label_review.review()
    list_, counts = st.columns([5, 1], gap="medium")
    with list_:
        _draw_doubts(service, review)
    with counts:
        _draw_pairs(service, review)


@panel("The list of doubtful labels")
def _draw_doubts(service: DigitsService, review: Review | None) -> None:
    doubts = service.label_review.doubts()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        heading(_headline(service, review, len(doubts)), WHY)
        if doubts:
            st.button(
                "Select all on the map",
                key=Keys.MAP_REVIEW_SELECT,
                type="tertiary",
                icon=":material/ads_click:",
                on_click=_select_all,
            )
        if review is not None and review.confirmed:
            st.button(
                f"Ask again about {review.confirmed:,} kept",
                key=Keys.MAP_REVIEW_AGAIN,
                type="tertiary",
                icon=":material/undo:",
                on_click=_ask_again,
            )
    _draw_problems(service)
    with st.container(horizontal=True, gap="small"):
        for doubt in doubts[:SHOWN]:
            with st.container(width=CARD, gap="xsmall"):
                _draw_doubt(service, doubt)


def _headline(service: DigitsService, review: Review | None, count: int) -> str:
    if service.digits.predictions is None:
        return "It needs a model that has seen the images"
    if review is None:
        return "Looking at the labels …" if service.label_review.running else "Not looked at yet"
    if not review.reviewed:
        return f"It needs two classes with {FEWEST_OF_CLASS} labels or more"
    noun = "label" if count == 1 else "labels"
    left_out = f", {review.left_out:,} left out" if review.left_out else ""
    again = ", looking again …" if service.label_review.running else ""
    return f"{count:,} {noun} in doubt, {review.reviewed:,} reviewed{left_out}{again}"


def _draw_problems(service: DigitsService) -> None:
    review = service.label_review
    if review.problem:
        st.error(f"That is not saved: {plain(review.problem)}", icon=":material/error:")
    if review.error:
        st.error(f"The labels could not be reviewed: {plain(review.error)}", icon=":material/error:")
        st.button("Retry", key=Keys.MAP_REVIEW_RETRY, icon=":material/refresh:", on_click=_retry)


def _draw_doubt(service: DigitsService, doubt: Doubt) -> None:
    names = service.digits.data.class_names
    key = f"{doubt.row}_{doubt.label}"
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        draw(_card(service, doubt))
        st.button(
            "Select it on the map",  # for screen readers, as below: page.css shows the icon alone
            key=f"{Keys.MAP_REVIEW_SHOW}_{key}",
            icon=":material/ads_click:",
            type="tertiary",
            on_click=_select,
            args=(doubt,),
            help="Select it on the map",
        )
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Keep", key=f"{Keys.MAP_REVIEW_KEEP}_{key}", on_click=_keep, args=(doubt,))
        st.button(
            plain(names[doubt.suggested]),
            key=f"{Keys.MAP_REVIEW_CHANGE}_{key}",
            icon=":material/arrow_forward:",
            on_click=_change,
            args=(doubt, doubt.suggested),
            help="Change the label to this",
        )
        st.menu_button(
            "Another class",
            [UNSURE, *(label for label in range(len(names)) if label not in (doubt.label, doubt.suggested))],
            key=f"{Keys.MAP_REVIEW_OTHER}_{key}",
            icon=":material/more_horiz:",
            format_func=lambda label: "*unsure*" if label == UNSURE else plain(names[label]),
            on_click=_change_to_chosen,
            args=(doubt, f"{Keys.MAP_REVIEW_OTHER}_{key}"),
            help="Another class, or unsure: never asked about again, and never taught",
        )


def _card(service: DigitsService, doubt: Doubt) -> Html:
    """The image, its label, and what the others say."""
    names = service.digits.data.class_names
    address = digits_image_address(service.source, service.latent_map.images_version, doubt.row)
    about = f"image {doubt.row}, labelled {names[doubt.label]}, {names[doubt.suggested]} by the others"
    return div(
        div(tile(address, about), class_="image"),
        div(
            div("you: ", element("b", names[doubt.label]), f" {_probability(doubt.self_confidence)}"),
            div("others: ", element("b", names[doubt.suggested]), f" {_probability(doubt.confidence)}"),
        ),
        class_="ipo-doubt",
    )


def _probability(p: float) -> str:
    """Nothing is certain: never 0 % or 100 %."""
    percent = min(max(round(100 * p), 1), 99)
    less = "<\u2009" if p < 0.01 else ">\u2009" if p > 0.99 else ""
    return f"{less}{percent}\u00a0%"


@panel("The counts of doubtful labels")
def _draw_pairs(service: DigitsService, review: Review | None) -> None:
    heading(
        "Confidently another class",
        "Labels that the others contradict with confidence: they are as sure of another class as they "
        "are, on "
        "average, of that class's own images (confident learning, Northcutt et al. 2021).",
    )
    if review is None:
        return
    names = service.digits.data.class_names
    counts = {
        (label, other): int(review.joint[label, other])
        for label in range(len(names))
        for other in range(len(names))
        if label != other and review.joint[label, other]
    }
    if not counts:
        st.caption("None.")
        return
    pairs = sorted(counts, key=lambda pair: -counts[pair])[:PAIRS]
    table(["you", "others", "images"], [[names[a], names[b], f"{counts[a, b]:,}"] for a, b in pairs])


def _keep(doubt: Doubt) -> None:
    chosen_service().label_review.keep(doubt)


def _change(doubt: Doubt, to: int) -> None:
    chosen_service().label_review.change(doubt, to)


def _change_to_chosen(doubt: Doubt, key: str) -> None:
    label = int(st.session_state[key])
    if label == UNSURE:
        chosen_service().label_review.mark_unsure(doubt)
    else:
        _change(doubt, label)


def _select(doubt: Doubt) -> None:
    select_on_map([doubt.row])


def _select_all() -> None:
    select_on_map([doubt.row for doubt in chosen_service().label_review.doubts()])


def _ask_again() -> None:
    chosen_service().label_review.ask_again()


def _retry() -> None:
    chosen_service().label_review.retry()
