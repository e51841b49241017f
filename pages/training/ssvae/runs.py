"""Below: every training that was made, and two of them compared."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from ipo.digits.epoch_metrics import held_out_accuracy
from ipo.digits.runs import Difference, Outcome, RunRecord, compare
from ipo.keys import Keys
from ipo.proportions import Proportion
from ipo.services.digits.service import DigitsService
from ipo.ui.components.plot.component import plot
from ipo.ui.figures.training import comparison_figure
from ipo.ui.panels import heading, table

OUTCOMES = {
    Outcome.COMPLETE: "complete",
    Outcome.STOPPED: "stopped",
    Outcome.ERROR: "failed",
    Outcome.INTERRUPTED: "interrupted",
}
ROW = 33  # px
MOST_ROWS = 8  # on view at once
COMPARED = 2
_NAMES = {"val labels": "labels held out", "train confident": "share with a pseudo-label"}


def draw_runs(service: DigitsService) -> None:
    heading(
        "Runs", "One line for each training, from Start or Continue to its end. Tick two to compare them."
    )
    runs = service.digits.runs
    if not runs:
        st.caption("No runs yet. Press Start: what each training was given and what came of it is kept here.")
        return
    remembered: list[int] = st.session_state.get(Keys.SSVAE_TICKED, [])
    rows = [row for row, run in enumerate(runs) if run.number in remembered]
    chosen = st.dataframe(
        as_frame(runs),
        key=f"{Keys.SSVAE_RUNS}_{len(runs)}",  # rows are known by their places, which a new run moves
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        hide_index=True,
        row_height=ROW,
        height=ROW * (min(len(runs), MOST_ROWS) + 1) + 3,
        column_config={
            "run": st.column_config.NumberColumn("run", format="%d", width=60),
            "held-out accuracy": st.column_config.NumberColumn("held-out accuracy", format="%.0f %%"),
            "95 % interval": st.column_config.TextColumn(
                "95 % interval", help="Of the accuracy on n held-out images with a label."
            ),
            "loss": st.column_config.NumberColumn("loss", format="%.4g"),
            "held-out loss": st.column_config.NumberColumn("held-out loss", format="%.4g"),
            "began": st.column_config.DatetimeColumn("began", format="D MMM HH:mm:ss"),
            "seconds": st.column_config.NumberColumn("seconds", format="%.0f"),
        },
    )
    ticked = [runs[row] for row in chosen["selection"]["rows"] if row < len(runs)]
    st.session_state[Keys.SSVAE_TICKED] = [run.number for run in ticked]
    if len(ticked) == COMPARED:
        _draw_comparison(*sorted(ticked, key=lambda run: run.number))
    elif ticked:
        st.caption("Tick two runs to compare them." if len(ticked) < COMPARED else "Tick two runs, not more.")


def as_frame(runs: Sequence[RunRecord]) -> pd.DataFrame:
    """One line for each run, newest first."""
    return pd.DataFrame(
        [
            {
                "run": run.number,
                "began": datetime.fromisoformat(run.started_at).astimezone().replace(tzinfo=None),
                "ended": OUTCOMES[run.outcome] + (f": {run.error}" if run.error else ""),
                "epochs": _epochs(run),
                "labels": run.labels,
                "loss": run.final.get("train loss"),
                "held-out loss": run.final.get("val loss"),
                "held-out accuracy": None if (accuracy := _accuracy(run)) is None else 100 * accuracy.share,
                "95 % interval": None if accuracy is None else accuracy.interval_text,
                "seconds": run.seconds,
            }
            for run in runs
        ]
    )


def _epochs(run: RunRecord) -> str:
    if not run.history:
        return "–"
    first, last = run.history[0].epoch, run.history[-1].epoch
    return str(first) if first == last else f"{first} to {last}"


def _accuracy(run: RunRecord) -> Proportion | None:
    return held_out_accuracy(run.history[-1].val) if run.history else None


def _draw_comparison(one: RunRecord, other: RunRecord) -> None:
    names = [f"run {one.number}", f"run {other.number}"]
    found = compare(one, other)
    left, middle, right = st.columns([10, 13, 12], gap="medium")
    with left:
        heading("What they were given", "Settings that differ, and hashes of data and labels at the start.")
        if found.settings:
            table(["", *names], [_line(row) for row in found.settings])
        else:
            st.caption("The same settings, labels and images.")
    with middle:
        heading("What came of it", "The last epoch of each run. Terms without their weights.")
        table(["", *names, "difference"], [[*_line(row), _difference(row)] for row in found.final])
    with right:
        if one.history and other.history:
            plot(comparison_figure(names, [one.history, other.history]), key=Keys.SSVAE_COMPARISON)


def _line(row: Difference) -> list[str]:
    return [
        _NAMES.get(row.name) or row.name.replace("val ", "held-out ").replace("_", " "),
        _said(row.one),
        _said(row.other),
    ]


def _said(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)[:12]  # of a hash, as much as tells


def _difference(row: Difference) -> str:
    return "–" if row.one is None or row.other is None else f"{row.other - row.one:+.3g}"
