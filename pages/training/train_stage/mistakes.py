"""Mails of the test part that were decided wrongly, the surest mistakes first."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ipo.keys import Keys
from ipo.mail.mails import MailSet
from ipo.mail.training.run import TEST, TrainRun
from ipo.ui.mail.chosen import require_service
from ipo.ui.page_paths import MAILBOX
from ipo.ui.panels import heading
from ipo.ui.runtime.live_page import live_panel
from pages.training.train_stage import callbacks, versions
from pages.training.train_stage.explanation import draw_explanation
from pages.training.train_stage.helpers.meaning_map import mail_titles

Places = NDArray[np.int64]

ROW = 33  # px
MOST_ROWS = 12  # on view at once


@live_panel(Keys.TRAIN_STAGE_MISTAKES_PANEL, versions.opinions)
def render_mistakes() -> None:
    service = require_service()
    run = callbacks.shown_run(service)
    if run is None:
        st.caption("Train first.")
        return
    places = wrong_places(run)
    if not len(places):
        st.caption(f"All {len(run.mails.places(TEST)):,} test mails were decided correctly.")
        return
    left, right = st.columns([5, 3], gap="medium")
    with left:
        heading(
            "Decided wrongly",
            "Mails of the test part, the most confident mistakes first. Some of them may be wrong labels.",
        )
        chosen = st.dataframe(
            as_frame(run, service.mails, places),
            key=f"{Keys.TRAIN_STAGE_MISTAKES}_{run.id}",
            on_select="rerun",
            selection_mode="single-row",
            hide_index=True,
            row_height=ROW,
            height=ROW * (min(len(places), MOST_ROWS) + 1) + 3,
            column_config={
                "p(spam)": st.column_config.NumberColumn("p(spam)", format="%.3f", width=70),
                "labelled": st.column_config.TextColumn("labelled", width=80),
                "clues asked": st.column_config.CheckboxColumn("clues asked", width=90),
            },
        )
        st.page_link(MAILBOX, label="Correct labels in the mailbox", icon=":material/inbox:")
    with right:
        rows = [row for row in chosen["selection"]["rows"] if row < len(places)]
        draw_explanation(service, run, run.mails.ids[int(places[rows[0] if rows else 0])])


def wrong_places(run: TrainRun) -> Places:
    """Places of test mails decided wrongly; those farthest beyond their threshold first."""
    test = run.mails.places(TEST)
    scores = run.scores.rows(test)
    wrong = scores.spam != run.mails.spam[test]
    confidence = np.abs(scores.probability - scores.threshold)
    order = np.argsort(-confidence, kind="stable")
    found: Places = test[order[wrong[order]]]
    return found


def as_frame(run: TrainRun, mails: MailSet | None, places: Places) -> pd.DataFrame:
    """One line a mail."""
    scores = run.scores.rows(places)
    return pd.DataFrame(
        {
            "p(spam)": scores.probability,
            "labelled": np.where(run.mails.spam[places], "spam", "safe"),
            "clues asked": scores.consulted,
            "title": mail_titles(mails, [run.mails.ids[place] for place in places]),
        }
    )
