"""Below: every training that was made, and two of them compared."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import pandas as pd
import streamlit as st

from ipo.digits.epoch_metrics import held_out_accuracy
from ipo.digits.runs import LONGEST_NAME, RunRecord
from ipo.keys import Keys
from ipo.proportions import Proportion
from ipo.services.digits.service import DigitsService
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.panels import heading
from ipo.ui.runtime.shared_values import on_choice, shared_value
from ipo.ui.text import plain
from pages.training.ssvae.comparison import OUTCOMES, draw_comparison

ROW = 33  # px
MOST_ROWS = 8  # on view at once
COMPARED = 2


def draw_runs(service: DigitsService) -> None:
    heading(
        "Runs",
        "One line for each training, from Start or Continue to its end. Tick one to name it, two to compare.",
    )
    runs = service.digits.runs
    if not runs:
        under_way = service.digits.status.busy
        says = "The first run is under way:" if under_way else "No runs yet. Press Start:"
        st.caption(f"{plain(says)} each training is listed here with its settings and results once it ends.")
        return
    remembered: list[int] = st.session_state.get(Keys.SSVAE_TICKED, [])
    rows = [row for row, run in enumerate(runs) if run.number in remembered]
    chosen = st.dataframe(
        as_frame(runs, service.digits.run_names),
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
        one, other = sorted(ticked, key=lambda run: run.number)
        draw_comparison(one, other, service.digits.run_names)
    elif len(ticked) == 1:
        _draw_name(service, ticked[0])
    elif ticked:
        st.caption("Tick two runs, not more.")


def as_frame(runs: Sequence[RunRecord], names: Mapping[int, str]) -> pd.DataFrame:
    """One line for each run, newest first."""
    return pd.DataFrame(
        [
            {
                "run": run.number,
                "name": names.get(run.number, ""),
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


def _draw_name(service: DigitsService, run: RunRecord) -> None:
    name = f"{Keys.SSVAE_RUN_NAME}_{run.number}"
    shown = shared_value(name, service.digits.run_names.get(run.number, ""), service.source)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            f"Name of run {run.number:d}",
            shown.value,
            key=shown.key,
            max_chars=LONGEST_NAME,
            width=360,
            placeholder="What was tried",
            on_change=on_choice,
            args=(shown, partial(_rename, run.number)),
        )
        st.caption("Tick a second run to compare the two.")


def _rename(number: int, name: str) -> None:
    chosen_service().rename_run(number, name)
