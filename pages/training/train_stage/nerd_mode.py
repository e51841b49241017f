"""What a practitioner looks at: split, weights of the clues, margins, the centre of the band, phrases."""

import numpy as np
import streamlit as st

from ipo.keys import Keys
from ipo.mail.clues import CLUES
from ipo.mail.training.params import TrainParams
from ipo.mail.training.run import PART_NAMES, TrainRun
from ipo.proportions import percent
from ipo.services.mail.service import MailService
from ipo.ui.figures.base import signed
from ipo.ui.glossary import MAIL, explain
from ipo.ui.html import div, draw
from ipo.ui.panels import heading, panel, table
from pages.training.train_stage.explanation import draw_explanation
from pages.training.train_stage.helpers.storyboard import story_ids
from pages.training.train_stage.visualizations import draw_center_curve, draw_margins


def draw_inspection(service: MailService, run: TrainRun) -> None:
    """Of the run that is shown, with its own parameters."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        _draw_split(run)
        _draw_run_params(run.params, run)
    with middle:
        _draw_coefficients(run)
        heading(
            "Centre curve",
            "How many decisions on the tune part the clues correct, less those that they spoil, by where "
            "the band lies.",
        )
        draw_center_curve(run)
    with right:
        heading(
            "Margins on test",
            "How far each test mail lies from the line of the text head, in logits.\n\n"
            + explain(MAIL, "logit"),
        )
        draw_margins(run)
    heading(
        "Phrase knock-out",
        "The mail is read again without each phrase in turn. What its logit loses is what the phrase "
        "contributed. It is "
        "the mail chosen on the map, or else the one that tells most.",
    )
    selected = st.session_state[Keys.MEANING_MAP_SELECTED] or next(iter(story_ids(run, 1)), None)
    if selected is not None:
        draw_explanation(service, run, selected)


@panel("The split")
def _draw_split(run: TrainRun) -> None:
    heading("Split", explain(MAIL, "hold-out", "tune part", "test part", "near-duplicates"))
    lines = []
    for part, name in enumerate(PART_NAMES):
        spam = run.mails.spam[run.mails.places(part)]
        share = f"{percent(spam.mean(), 1)}" if len(spam) else "–"
        lines.append([name, f"{len(spam):,}", f"{int(spam.sum()):,}", share])
    table(["", "mails", "spam", "share"], lines)


@panel("The settings of the run")
def _draw_run_params(params: TrainParams, run: TrainRun) -> None:
    heading(
        "Settings of this run",
        "What the run shown was trained with. The settings above are those of the next one.",
    )
    guard = run.model.guard
    says = [
        f"seed {params.seed}, hold-out {percent(params.hold_out)}{', by date' if params.by_date else ''}",
        f"C {params.C:g}, at most {params.max_iter:,} iterations",
        f"threshold {params.threshold:.2f}, {_calibration(params)}",
        f"band {guard.assist_center:.2f} ± {guard.uncertainty_band:.2f} ({guard.assist_center_mode}), "
        f"{guard.combine_strategy.replace('_', ' ')}",
        f"clues: weight {guard.numeric_scale:.2f}, cap {guard.numeric_logit_cap:.1f}",
        f"{run.embedder}{', words' if params.words else ''}{', masked' if params.mask else ''}",
    ]
    draw(*(div(line, class_="ipo-mail-line") for line in says))


def _calibration(params: TrainParams) -> str:
    return f"calibrated by {params.calibration}" if params.calibrate else "not calibrated"


@panel("The clues")
def _draw_coefficients(run: TrainRun) -> None:
    heading(
        "Clues",
        "What one standard deviation more of a clue adds to the logit of "
        "spam.\n\n" + explain(MAIL, "odds ratio", "logit"),
    )
    coefficients = run.model.numeric_head.coefficients
    order = np.argsort(-np.abs(coefficients))
    lines = [
        [CLUES[at].title, signed(float(coefficients[at])), f"{np.exp(coefficients[at]):.2f}"] for at in order
    ]
    table(["", "coefficient", "odds ratio"], lines)
