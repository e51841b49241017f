"""What came of a training: one sentence, the story in three frames, and everything else in tabs."""

from collections.abc import Callable

import streamlit as st

from ipo.keys import Keys
from ipo.mail.training.run import TrainRun
from ipo.services.mail.service import MailService
from ipo.ui.html import Html, div, draw, span
from ipo.ui.mail.chosen import require_service
from ipo.ui.panels import heading, panel
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import clock, plain
from pages.training.train_stage import callbacks, state, versions
from pages.training.train_stage.explanation import draw_card
from pages.training.train_stage.helpers.storyboard import story_ids
from pages.training.train_stage.map_panel import render_map
from pages.training.train_stage.metrics import render_metrics
from pages.training.train_stage.mistakes import render_mistakes
from pages.training.train_stage.panels import render_nerd_mode
from pages.training.train_stage.runs import render_runs
from pages.training.train_stage.threshold import render_threshold
from pages.training.train_stage.visualizations import draw_map_frame, draw_zoom_frame

TABS = ("Metrics", "Meaning map", "Threshold", "Mistakes", "Nerd Mode", "Runs")
RENDERERS: tuple[Callable[[], None], ...] = (
    render_metrics,
    render_map,
    render_threshold,
    render_mistakes,
    render_nerd_mode,
    render_runs,
)


@live_panel(Keys.TRAIN_STAGE_RESULTS_PANEL, versions.results)
def render_training_results() -> None:
    """Takes over a training that has ended meanwhile, then draws the run that is shown."""
    service = require_service()
    callbacks.resume(service)
    state.validate_invariants(st.session_state)
    run = callbacks.shown_run(service)
    if run is None:
        _draw_without_run(service)
    else:
        render_sentence()
        _draw_story(service, run)
        if state.finish_refresh(st.session_state):
            st.toast("Trained.", icon=":material/check:")
    _draw_tabs()


@live_panel(Keys.TRAIN_STAGE_SENTENCE_PANEL, versions.sentence)
def render_sentence() -> None:
    """How good the run is, and whether it is what a training now would give."""
    service = require_service()
    run = callbacks.shown_run(service)
    if run is None:
        return
    f1, effect = run.metrics.guarded["f1"], run.metrics.effect
    st.markdown(
        f"**F1 {f1.value:.3f}** [{f1.low:.3f}, {f1.high:.3f}] on {effect.mails:,} mails that the filter has "
        f"not seen. {plain(effect.sentence)}"
    )
    reasons = service.stale(run, state.parse_train_params(st.session_state))
    if reasons:
        says = plain("; ".join(reasons).replace("_", " "))
        st.caption(f":orange[stale] · {says} · trained {clock(run.created)}")
    else:
        st.caption(f"current · trained {clock(run.created)} in {sum(run.seconds.values()):.1f} s")


def _draw_without_run(service: MailService) -> None:
    wanted = service.runs.newest
    problem = service.runs.problem or (service.runs.run_problem(wanted) if wanted else "")
    if problem:
        st.error(plain(problem), icon=":material/error:")
    elif wanted is not None or not service.runs.listed:
        st.caption("The last run is being read …")
    else:
        st.caption(
            "No run yet. Press Train: a few seconds later you see here what the filter has learnt, and "
            "how good it is."
        )


@panel("The story")
def _draw_story(service: MailService, run: TrainRun) -> None:
    where, line, why = st.columns(3, gap="small")
    with where:
        heading("Where the mails lie", "Mails with similar meaning lie close together.")
        draw_map_frame(run, service.mails)
        draw(_legend("× decided wrongly", "— threshold, ┈ band"))
    with line:
        heading(
            "Where the line runs",
            "The same mails between the centres of the two classes: safe on the left of the line, spam "
            "on the right.",
        )
        draw_zoom_frame(run, service.mails)
        draw(_legend("★ centre of a class", "○ in the band"))
    with why:
        heading(
            "What tipped the scale",
            "Test mails about which the clues were asked, or which lie nearest to the line. In brackets: "
            "what a "
            "clue adds to the logit of spam.",
        )
        render_cards()


@live_panel(Keys.TRAIN_STAGE_CARDS_PANEL, versions.opinions)
def render_cards() -> None:
    """Real mails, and which clues speak in them."""
    service = require_service()
    run = callbacks.shown_run(service)
    if run is not None:
        for id_ in story_ids(run):
            draw_card(service, run, id_)


def _legend(*marks: str) -> Html:
    return div(
        span("● safe ", class_="safe"),
        span("● spam ", class_="spam"),
        " · ".join(marks),
        class_="ipo-mail-legend",
    )


def _draw_tabs() -> None:
    tabs = st.tabs(TABS, key=Keys.TRAIN_STAGE_TABS, on_change="rerun")
    for tab, render in zip(tabs, RENDERERS, strict=True):
        if tab.open:
            with tab:
                render()
