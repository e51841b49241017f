"""Below the mailbox: labels, and what the filter says of every mail, for other programs."""

from functools import partial

import streamlit as st

from ipo.keys import Keys
from ipo.mail.labels.export import labels_csv
from ipo.mail.predictions_csv import predictions_csv
from ipo.services.mail.mailbox import Mailbox
from ipo.ui.mail.chosen import chosen_mailbox
from ipo.ui.panels import heading, panel
from ipo.ui.runtime.live_page import live_panel
from pages.curation.mailbox import versions


@live_panel(Keys.MAILBOX_EXPORT_PANEL, versions.export)
def render_export() -> None:
    _draw_export()


@panel("Export")
def _draw_export() -> None:
    mailbox = chosen_mailbox()
    mails, scored = mailbox.mails, mailbox.scored()
    heading(
        "CSV",
        "One line for each mail, with its title and its source. Neither table has the text of a mail.",
    )
    mask = st.toggle(
        "Without personal data",
        value=True,
        key=Keys.MAILBOX_EXPORT_MASK,
        persist_state="session",
        help="Mail addresses, phone, card and account numbers in titles and file names become “[phone]” "
        "and the like.",
    )
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Labels",
            partial(_labels, mailbox, mask),
            file_name=f"{mailbox.service.name}-labels.csv",
            key=f"{Keys.MAILBOX_EXPORT}_labels",
            icon=":material/download:",
            on_click="ignore",
            disabled=mails is None,
            help="The label of each mail, who gave it and when.",
        )
        st.download_button(
            "Predictions",
            partial(_predictions, mailbox, mask),
            file_name=f"{mailbox.service.name}-predictions.csv",
            key=f"{Keys.MAILBOX_EXPORT}_predictions",
            icon=":material/download:",
            on_click="ignore",
            disabled=scored is None,
            help="What the last filter decides of each mail, with the probabilities of both heads."
            if scored is not None
            else "No filter has read the mails yet.",
        )


def _labels(mailbox: Mailbox, mask: bool) -> bytes:
    mails = mailbox.mails
    return b"" if mails is None else labels_csv(mailbox.store, mails, mask=mask)


def _predictions(mailbox: Mailbox, mask: bool) -> bytes:
    scored = mailbox.scored()
    return b"" if scored is None else predictions_csv(scored.run, scored.mails, scored.scores, mask=mask)
