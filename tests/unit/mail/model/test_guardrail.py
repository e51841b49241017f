"""The gate of the guardrail, and what it does inside and outside of the band."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from ipo.mail.clues import CLUE_NAMES
from ipo.mail.model.center import auto_select_assist_center
from ipo.mail.model.guardrail import GuardParams, combine, in_band

probabilities = arrays(np.float64, 20, elements=st.floats(0, 1))
logits = arrays(np.float64, 20, elements=st.floats(-30, 30))
flags = arrays(np.bool_, (20, len(CLUE_NAMES)))
guards = st.builds(
    GuardParams,
    assist_center=st.floats(0.3, 0.9),
    uncertainty_band=st.floats(0, 0.2),
    numeric_scale=st.floats(0, 1),
    numeric_logit_cap=st.floats(0.2, 3),
    combine_strategy=st.sampled_from(["blend", "threshold_shift"]),
)


@given(probabilities, logits, flags, guards, st.floats(0.1, 0.9))
def test_outside_of_the_band_the_text_decides_alone(p_text, logit, present, guard, threshold) -> None:  # type: ignore[no-untyped-def]
    guarded = combine(p_text, logit, present, guard, threshold)
    outside = ~in_band(p_text, guard)
    assert (guarded.consulted == ~outside).all()
    assert (guarded.probability[outside] == p_text[outside]).all()
    assert (guarded.spam[outside] == (p_text[outside] >= threshold)).all()


@given(probabilities, logits, flags, guards, st.floats(0.1, 0.9))
def test_the_clues_move_a_probability_no_further_than_their_cap(
    p_text, logit, present, guard, threshold
) -> None:  # type: ignore[no-untyped-def]
    guarded = combine(p_text, logit, present, guard, threshold)
    least, most = expit(-guard.numeric_logit_cap), expit(guard.numeric_logit_cap)
    assert ((guarded.p_numeric >= least - 1e-12) & (guarded.p_numeric <= most + 1e-12)).all()
    low, high = np.minimum(p_text, guarded.p_numeric), np.maximum(p_text, guarded.p_numeric)
    assert ((guarded.probability >= low - 1e-12) & (guarded.probability <= high + 1e-12)).all()


@given(probabilities, logits, flags, guards, st.floats(0.1, 0.9))
def test_shifting_leaves_probabilities_and_keeps_the_threshold_within_bounds(
    p_text, logit, present, guard, threshold
) -> None:  # type: ignore[no-untyped-def]
    guarded = combine(p_text, logit, present, replace(guard, combine_strategy="threshold_shift"), threshold)
    assert (guarded.probability == p_text).all()
    assert ((guarded.threshold >= 0.05) & (guarded.threshold <= 0.95)).all()


def test_the_edges_belong_to_the_band() -> None:
    guard = GuardParams(assist_center=0.60, uncertainty_band=0.08)
    assert in_band(np.array([0.52, 0.68, 0.5199, 0.6801]), guard).tolist() == [True, True, False, False]


def test_no_band_asks_nobody() -> None:
    guard = GuardParams(uncertainty_band=0.0)
    assert not in_band(np.linspace(0, 0.599, 50), guard).any()


def test_blending_by_hand() -> None:
    guard = GuardParams(assist_center=0.6, uncertainty_band=0.1, numeric_scale=0.5, numeric_logit_cap=1.0)
    none = np.zeros((2, len(CLUE_NAMES)), bool)
    guarded = combine(np.array([0.62, 0.9]), np.array([-5.0, -5.0]), none, guard, 0.6)
    np.testing.assert_allclose(guarded.probability, [0.5 * 0.62 + 0.5 * expit(-1.0), 0.9])
    assert guarded.spam.tolist() == [False, True]


def test_the_center_is_where_the_clues_gain_most() -> None:
    rng = np.random.default_rng(0)
    p_text = rng.uniform(0, 1, 400)
    spam = p_text >= 0.6
    doubtful = (p_text > 0.62) & (p_text < 0.72)
    spam[doubtful] = False  # the text errs there, and the clues know
    logit = np.where(doubtful, -3.0, 3.0 * np.where(spam, 1, -1))
    none = np.zeros((400, len(CLUE_NAMES)), bool)
    guard = GuardParams(uncertainty_band=0.05)
    choice = auto_select_assist_center(p_text, logit, none, spam, guard, 0.6)
    assert 0.62 <= choice.center <= 0.72
    place = int(np.flatnonzero(choice.centers == choice.center)[0])
    guarded = combine(p_text, logit, none, replace(guard, assist_center=choice.center), 0.6)
    assert choice.corrected[place] == (guarded.spam == spam).sum() - ((p_text >= 0.6) == spam).sum() > 0
    assert choice.consulted[place] == guarded.consulted.sum()


def test_where_clues_know_nothing_they_are_asked_where_they_do_least_harm() -> None:
    p_text = np.concatenate([np.linspace(0.4, 0.9, 101), np.full(5, 0.95)])
    spam = p_text >= 0.6
    wrong = np.where(spam, -3.0, 3.0)
    none = np.zeros((106, len(CLUE_NAMES)), bool)
    guard = GuardParams(uncertainty_band=0.05)
    choice = auto_select_assist_center(p_text, wrong, none, spam, guard, 0.6)
    assert choice.center < 0.36 and choice.gain.max() == 0 == choice.consulted[0]


def test_without_a_mail_to_tune_on_the_center_is_the_threshold() -> None:
    nothing = np.zeros(0)
    none = np.zeros((0, len(CLUE_NAMES)), bool)
    choice = auto_select_assist_center(nothing, nothing, none, nothing.astype(bool), GuardParams(), 0.6)
    assert choice.center == 0.6
