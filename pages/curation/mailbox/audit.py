"""Below the mailbox: who labelled which mail when, and what its label was before."""

import pandas as pd
import streamlit as st

from ipo.keys import Keys
from ipo.mail import personal_data
from ipo.mail.labels.audit import AuditLine, audit_lines
from ipo.ui.mail.chosen import chosen_mailbox
from ipo.ui.panels import heading, panel
from ipo.ui.runtime.live_page import live_panel
from pages.curation.mailbox import versions

LIVE_SECONDS = 1.0  # between two drawings, while labels come fast
SHOWN = 500  # lines


@live_panel(Keys.MAILBOX_AUDIT_PANEL, versions.labels, LIVE_SECONDS)
def render_audit() -> None:
    _draw_audit()


@panel("The audit log")
def _draw_audit() -> None:
    mailbox = chosen_mailbox()
    mails = mailbox.mails
    if mails is None:
        return
    lines = audit_lines(mailbox.store.events(), mails)
    shown = (
        f"the last {SHOWN:,} of {len(lines):,} changes" if len(lines) > SHOWN else f"{len(lines):,} changes"
    )
    heading(
        f"Audit log: {shown}",
        "Every change of a label, the newest first. Times are UTC. Personal data are masked, as the table "
        "can be saved.",
    )
    if not lines:
        st.caption("Nobody has changed a label yet.")
        return
    st.dataframe(
        pd.DataFrame([_row(line) for line in lines[:SHOWN]]),
        key=Keys.MAILBOX_AUDIT,
        hide_index=True,
        height=320,
    )


def _row(line: AuditLine) -> dict[str, str]:
    return {
        "When": line.at.replace("T", " ")[:19],
        "Who": line.who,
        "What": line.action,
        "Before": line.before,
        "After": line.after,
        "Mail": personal_data.mask(line.title),
        "Source": personal_data.mask(line.source),
    }
