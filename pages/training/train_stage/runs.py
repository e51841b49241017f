"""All runs of the set: reopen one, compare two, delete one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from ipo.keys import Keys
from ipo.mail.training.run import params_difference
from ipo.mail.training.run_record import RunSummary
from ipo.services.mail.service import MailService
from ipo.ui.figures.base import signed
from ipo.ui.mail.chosen import require_service
from ipo.ui.panels import heading, table
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import plain
from pages.training.train_stage import callbacks, versions
from pages.training.train_stage.metrics import NAMES, metric_text

ROW = 33  # px
MOST_ROWS = 8  # on view at once
COMPARED = 2


@live_panel(Keys.TRAIN_STAGE_RUNS_PANEL, versions.results)
def render_runs() -> None:
    service = require_service()
    runs = service.runs.summaries
    if service.runs.problem:
        st.error(plain(service.runs.problem), icon=":material/error:")
    if not runs:
        st.caption("No runs yet. Each training is listed here with its settings and its results.")
        return
    heading("Runs", "One line for each training. Tick one to open or delete it, or two to compare them.")
    shown = st.session_state[Keys.TRAIN_STORY_RUN_ID]
    chosen = st.dataframe(
        as_frame(runs, shown),
        key=f"{Keys.TRAIN_STAGE_RUNS}_{len(runs)}",  # rows are known by their places, which a new run moves
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        row_height=ROW,
        height=ROW * (min(len(runs), MOST_ROWS) + 1) + 3,
        column_config={
            "trained": st.column_config.DatetimeColumn("trained", format="D MMM HH:mm:ss"),
            "F1": st.column_config.NumberColumn("F1", format="%.3f"),
            "accuracy": st.column_config.NumberColumn("accuracy", format="%.3f"),
            "threshold": st.column_config.NumberColumn("threshold", format="%.2f"),
        },
    )
    ticked = [runs[row] for row in chosen["selection"]["rows"] if row < len(runs)]
    if len(ticked) == 1:
        _draw_actions(service, ticked[0], shown)
    elif len(ticked) == COMPARED:
        _draw_comparison(*sorted(ticked, key=lambda run: run.created))
    elif ticked:
        st.caption("Tick two runs, not more.")


def as_frame(runs: Sequence[RunSummary], shown: str | None) -> pd.DataFrame:
    """One line for each run, newest first."""
    return pd.DataFrame(
        [
            {
                "shown": "●" if run.id == shown else "",
                "trained": datetime.fromtimestamp(run.created),
                "F1": run.guarded["f1"].value,
                "accuracy": run.guarded["accuracy"].value,
                "learnt from": run.counts["train"],
                "tested": run.counts["test"],
                "threshold": run.params.threshold,
                "seed": run.params.seed,
                "embedding": run.embedder,
            }
            for run in runs
        ]
    )


def _draw_actions(service: MailService, run: RunSummary, shown: str | None) -> None:
    newest = run.id == service.runs.newest
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Open",
            key=Keys.TRAIN_STAGE_RUN_OPEN,
            icon=":material/open_in_full:",
            on_click=callbacks.open_run,
            args=(None if newest else run.id,),
            disabled=run.id == shown,
            help="This run is shown already." if run.id == shown else "Show this run everywhere on the page.",
        )
        st.button(
            "Use its settings",
            key=Keys.TRAIN_STAGE_PARAMS_RESET,
            icon=":material/settings_backup_restore:",
            on_click=callbacks.use_params,
            args=(run.params,),
            help="Takes its settings over for the next training.",
        )
        with st.popover("Delete", icon=":material/delete:"):
            st.caption("The run is deleted for good. Mails and labels stay.")
            st.button(
                "Delete this run",
                key=Keys.TRAIN_STAGE_RUN_DELETE,
                on_click=callbacks.delete_run,
                args=(run.id,),
            )


def _draw_comparison(one: RunSummary, other: RunSummary) -> None:
    names = [f"run of {datetime.fromtimestamp(run.created):%d %b %H:%M:%S}" for run in (one, other)]
    left, right = st.columns(2, gap="medium")
    with left:
        heading("What they were given", "Settings and numbers of mails that differ.")
        lines = [
            *([name, _value(before), _value(now)] for name, before, now in _given(one, other)),
        ]
        if lines:
            table(["", *names], lines)
        else:
            st.caption("The same settings, and as many mails.")
    with right:
        heading("What came of it", "On the test part of each; different labels mean different test mails.")
        table(
            ["", *names, "difference"],
            [
                [
                    title,
                    metric_text(one.guarded.get(name)),
                    metric_text(other.guarded.get(name)),
                    signed(other.guarded[name].value - one.guarded[name].value, 3),
                ]
                for name, title in NAMES.items()
            ],
        )
        if not _tested_alike(one, other):
            st.caption("They were tested on other mails, so a part of the difference is chance.")


def _tested_alike(one: RunSummary, other: RunSummary) -> bool:
    """Whether their test parts are of as many mails, divided from the others in the same way."""
    ways = [(run.counts, run.params.seed, run.params.hold_out, run.params.by_date) for run in (one, other)]
    return ways[0] == ways[1]


def _given(one: RunSummary, other: RunSummary) -> list[tuple[str, Any, Any]]:
    counts = [
        (f"{part} mails", one.counts[part], other.counts[part])
        for part in one.counts
        if one.counts[part] != other.counts[part]
    ]
    return [*params_difference(one.params, other.params), *counts]


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
