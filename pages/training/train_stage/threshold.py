"""The threshold by what mistakes cost, and which mails to ask about instead of deciding."""

import numpy as np
import streamlit as st

from ipo.keys import Keys
from ipo.mail.evaluation.costs import (
    Costs,
    ask_me,
    choose_threshold,
    coverage_curve,
    expected_cost,
    expected_cost_asking,
)
from ipo.mail.training.params import PARAM_RANGES
from ipo.mail.training.run import TEST, TUNE, TrainRun
from ipo.ui.glossary import MAIL, explain
from ipo.ui.mail.chosen import require_service
from ipo.ui.panels import heading, panel, table
from ipo.ui.runtime.live_page import live_panel
from pages.training.train_stage import callbacks, versions
from pages.training.train_stage.visualizations import draw_costs, draw_coverage

_LOST, _PASSED, _ASKED = 10.0, 1.0, 0.1  # costs to begin with


@live_panel(Keys.TRAIN_STAGE_THRESHOLD_PANEL, versions.results)
def render_threshold() -> None:
    run = callbacks.shown_run(require_service())
    if run is None:
        st.caption("Train first.")
        return
    costs = _draw_costs_asked()
    left, right = st.columns(2, gap="medium")
    with left:
        _draw_threshold(run, costs)
    with right:
        _draw_ask_me(run, costs)


def _draw_costs_asked() -> Costs:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        lost = st.number_input(
            "A good mail lost costs",
            0.1,
            1000.0,
            _LOST,
            1.0,
            key=Keys.TRAIN_STAGE_COST_LOST,
            width=200,
            persist_state="session",
            help="In any unit: only the ratios between the three costs matter.",
        )
        passed = st.number_input(
            "A spam that passes costs",
            0.1,
            1000.0,
            _PASSED,
            1.0,
            key=Keys.TRAIN_STAGE_COST_PASSED,
            width=200,
            persist_state="session",
        )
        asked = st.number_input(
            "A question to you costs",
            0.0,
            100.0,
            _ASKED,
            0.05,
            key=Keys.TRAIN_STAGE_ASK_ME,
            width=200,
            persist_state="session",
        )
    return Costs(float(lost), float(passed), float(asked))


@panel("The threshold")
def _draw_threshold(run: TrainRun, costs: Costs) -> None:
    heading(
        "Threshold",
        "Chosen on the tune part: among all thresholds about as cheap as the cheapest (within one "
        "standard error), "
        "the one nearest to the balance of the two costs of mistakes. The test part shows what it costs.\n\n"
        + explain(MAIL, "threshold", "tune part", "test part"),
    )
    tune, test = run.mails.places(TUNE), run.mails.places(TEST)
    curve = choose_threshold(run.mails.spam[tune], run.scores.probability[tune], costs)
    draw_costs(curve, run.model.threshold)
    spam, probability, resamples = run.mails.spam[test], run.scores.probability[test], run.resamples()
    lines = []
    for name, threshold in (("in use", run.model.threshold), ("chosen", curve.threshold)):
        decided = probability >= threshold
        cost = expected_cost(spam, decided, costs, resamples)
        lost, passed = int(np.sum(decided & ~spam)), int(np.sum(~decided & spam))
        interval = f"{100 * cost.value:.2f} [{100 * cost.low:.2f},\u00a0{100 * cost.high:.2f}]"
        lines.append([name, f"{threshold:.2f}", f"{lost:,}", f"{passed:,}", interval])
    table(["on test", "threshold", "good mails lost", "spam passed", "cost of 100 mails"], lines)
    bounds = PARAM_RANGES["threshold"]
    wanted = min(max(curve.threshold, bounds.low), bounds.high)
    busy = require_service().training.busy
    st.button(
        f"Train with {wanted:.2f}",
        key=Keys.TRAIN_STAGE_USE_THRESHOLD,
        icon=":material/tune:",
        on_click=callbacks.recalibrate,
        args=(wanted,),
        disabled=busy or abs(wanted - run.model.threshold) < bounds.step / 2,
        help="A training is under way."
        if busy
        else "Trains another run with the same settings and this threshold. A run may have "
        f"{bounds.low:.2f} to {bounds.high:.2f}.",
    )


@panel("Ask me")
def _draw_ask_me(run: TrainRun, costs: Costs) -> None:
    heading(
        "Ask me",
        "Where deciding either way would probably cost more than asking you, the mail is left to you. "
        "The curve shows "
        "the share of mistakes among the mails that are decided, the surest first.",
    )
    test = run.mails.places(TEST)
    spam, probability, resamples = run.mails.spam[test], run.scores.probability[test], run.resamples()
    region = ask_me(costs)
    asked = int(np.sum((probability > region.low) & (probability < region.high)))
    share = 1 - asked / max(1, len(test))
    draw_coverage(coverage_curve(spam, probability, run.model.threshold), share)
    if region.low >= region.high:
        st.caption("Asking costs more than it saves: nothing is asked.")
        return
    cost = expected_cost_asking(spam, probability, region, costs, resamples)
    st.caption(
        f"Between {region.low:.2f} and {region.high:.2f} you are asked: {asked:,} of {len(test):,} test "
        "mails. "
        f"100 mails cost {100 * cost.value:.2f} [{100 * cost.low:.2f}, {100 * cost.high:.2f}] then."
    )
