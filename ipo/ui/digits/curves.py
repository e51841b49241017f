"""The right of the page: loss and accuracy of every epoch of the model."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.components.plot.component import plot
from ipo.ui.digits import versions
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.figures.training import TERMS, training_figure
from ipo.ui.html import draw_style
from ipo.ui.panels import heading, placeholder
from ipo.ui.runtime.live_page import live_panel

HEIGHT = 600
LIVE_SECONDS = 0.5  # between two drawings, while it trains

# The pills are the legend.
_STYLE = "".join(
    [
        *(
            f".st-key-{Keys.DIGITS_TERMS} button:nth-of-type({place})::before {{ content: '■'; "
            f"color: {term.colour}; margin-right: 6px; }}"
            for place, term in enumerate(TERMS.values(), 1)
        ),
        f".st-key-{Keys.DIGITS_TERMS} button {{ padding: 0 10px; }}",
    ]
)


@live_panel(Keys.DIGITS_CURVES_PANEL, versions.curves, LIVE_SECONDS)
def render_curves() -> None:
    history = chosen_service().digits.history
    draw_style(_STYLE)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        heading(
            "Loss",
            "Each term times its weight; they add up to the total. Solid: mean over the batches of an epoch. "
            "Dashed: on held-out images at its end. Below: accuracy on held-out images that have a label.",
        )
        logarithmic = st.toggle("log axis", True, key=Keys.DIGITS_LOGARITHMIC, persist_state="session")
        terms = st.pills(
            "Terms",
            list(TERMS),
            selection_mode="multi",
            default=list(TERMS),
            key=Keys.DIGITS_TERMS,
            format_func=lambda name: TERMS[name].label,
            label_visibility="collapsed",
            persist_state="session",
        )
    if not history:
        placeholder("Loss and accuracy appear here after the first epoch.", HEIGHT)
        return
    ink = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    plot(
        training_figure(history, terms, ink=ink, logarithmic=logarithmic, height=HEIGHT),
        key=Keys.DIGITS_CURVES,
    )
