"""Two runs side by side: what they were given, what came of it, and one number of both against epochs."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ipo.digits.epoch_metrics import column
from ipo.digits.runs import Difference, Outcome, RunRecord, compare, totals_comparable
from ipo.keys import Keys
from ipo.ui.components.plot.component import plot
from ipo.ui.figures.run_comparison import ACCURACY, comparison_figure
from ipo.ui.figures.training import TERMS, TOTAL
from ipo.ui.panels import heading, table

OUTCOMES = {
    Outcome.COMPLETE: "complete",
    Outcome.STOPPED: "stopped",
    Outcome.ERROR: "failed",
    Outcome.INTERRUPTED: "interrupted",
}
_NAMES = {"val labels": "labels held out", "train confident": "share with a pseudo-label"}
_LABELS = {
    ACCURACY: "held-out accuracy",
    TOTAL: "total loss",
    **{name: f"{term.label}, without its weight" for name, term in TERMS.items()},
}
_OTHER_WEIGHTS = (
    "These runs had other weights: their totals are sums of other things and cannot be compared. "
    "Compare the terms, which are shown without their weights, or the accuracy."
)


def draw_comparison(one: RunRecord, other: RunRecord, run_names: Mapping[int, str]) -> None:
    names = [run_title(run, run_names) for run in (one, other)]
    found, comparable = compare(one, other), totals_comparable(one, other)
    left, middle, right = st.columns([10, 13, 12], gap="medium")
    with left:
        heading("What they were given", "Settings that differ, and hashes of data and labels at the start.")
        if found.settings:
            table(["", *names], [_line(row) for row in found.settings])
        else:
            st.caption("The same settings, labels and images.")
    with middle:
        heading("What came of it", "The last epoch of each run. Terms without their weights.")
        lines = [[*_line(row), _difference(row, comparable)] for row in found.final]
        table(["", *names, "difference"], lines)
    with right:
        if one.history and other.history:
            _draw_curves([one, other], names, comparable)


def run_title(run: RunRecord, run_names: Mapping[int, str]) -> str:
    """`run 3 · stronger KL`."""
    name = run_names.get(run.number, "")
    return f"run {run.number}" + (f" · {name}" if name else "")


def _draw_curves(runs: list[RunRecord], names: list[str], comparable: bool) -> None:
    terms = [term for term in _LABELS if all(_has(run, term) for run in runs)]
    sensible = [term for term in terms if comparable or term != TOTAL]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        term = st.selectbox(
            "Compared",
            terms,
            index=terms.index(sensible[0]),
            key=Keys.SSVAE_COMPARED_TERM,
            format_func=_LABELS.__getitem__,
            width=240,
        )
        smoothing = st.slider(
            "Smoothing",
            0.0,
            0.9,
            step=0.1,
            key=Keys.SSVAE_SMOOTHING,
            width=140,
            help="How much of the value before goes into each: 0 shows what was measured.",
        )
    if term == TOTAL and not comparable:
        st.warning(_OTHER_WEIGHTS, icon=":material/balance:")
    ends = [f"ended: {OUTCOMES[run.outcome]}" for run in runs]
    histories = [run.history for run in runs]
    plot(comparison_figure(names, histories, ends, term, _LABELS[term], smoothing), key=Keys.SSVAE_COMPARISON)


def _has(run: RunRecord, term: str) -> bool:
    parts = ("val",) if term == ACCURACY else ("train",)
    return any(value is not None for part in parts for value in column(run.history, part, term))


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


def _difference(row: Difference, comparable: bool) -> str:
    if row.one is None or row.other is None:
        return "–"
    if row.name.endswith(" loss") and not comparable:
        return "other weights"
    return f"{row.other - row.one:+.3g}"
