"""The metrics of a run, each with its interval, beside the text alone and beside simple filters."""

import streamlit as st

from ipo.keys import Keys
from ipo.mail.evaluation.metrics import Metric, confusion
from ipo.mail.training.run import TEST, TrainRun
from ipo.ui.glossary import MAIL, explain
from ipo.ui.mail.chosen import require_service
from ipo.ui.panels import heading, panel, table
from ipo.ui.runtime.live_page import live_panel
from pages.training.train_stage import callbacks, versions
from pages.training.train_stage.visualizations import draw_calibration

NAMES = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
    "brier": "Brier score",
    "ece": "calibration error",
}
BASELINES = {"majority": "majority", "naive_bayes": "naive Bayes"}


@live_panel(Keys.TRAIN_STAGE_METRICS_PANEL, versions.results)
def render_metrics() -> None:
    run = callbacks.shown_run(require_service())
    if run is None:
        st.caption("Train first.")
        return
    with st.container(key=Keys.TRAIN_STAGE_METRICS):
        left, right = st.columns([7, 4], gap="medium")
    with left:
        _draw_table(run)
    with right:
        _draw_confusion(run)
        heading(
            "Calibration",
            "Of mails with a spam probability of p, a share of p should be spam. Shown before and after "
            "calibration on the tune part, with 95 % intervals.",
        )
        draw_calibration(run)


@panel("Metrics")
def _draw_table(run: TrainRun) -> None:
    heading(
        f"On {len(run.mails.places(TEST)):,} test mails",
        "Measured on the test part, once in this run, with 95 % intervals: Wilson's for proportions, the "
        "others by "
        "bootstrap over groups of "
        "near-duplicates.\n\n" + explain(MAIL, "precision", "recall", "F1", "Brier score"),
    )
    metrics = run.metrics
    columns = [metrics.guarded, metrics.text, *(metrics.baselines.get(name, {}) for name in BASELINES)]
    table(
        ["", "guarded", "text alone", *BASELINES.values()],
        [[title, *(metric_text(column.get(name)) for column in columns)] for name, title in NAMES.items()],
    )


def metric_text(metric: Metric | None) -> str:
    if metric is None or metric.value != metric.value:  # NaN: it cannot be had
        return "–"
    return f"{metric.value:.3f} [{metric.low:.3f}, {metric.high:.3f}]"


@panel("Confusion")
def _draw_confusion(run: TrainRun) -> None:
    heading("Confusion", "Rows: what test mails are. Columns: what was decided.")
    test = run.mails.places(TEST)
    counts = confusion(run.mails.spam[test], run.scores.rows(test).spam)
    table(
        ["", "called safe", "called spam"],
        [
            [name, *(f"{count:,}" for count in row)]
            for name, row in zip(("safe", "spam"), counts, strict=True)
        ],
    )
