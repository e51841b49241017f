"""Metrics against scikit-learn's, and intervals that can be believed."""

import numpy as np
import pytest
from sklearn import metrics as oracle

from ipo.mail.evaluation.costs import (
    AskMe,
    Costs,
    ask_me,
    choose_threshold,
    coverage_curve,
    expected_cost,
    expected_cost_asking,
    mail_costs,
)
from ipo.mail.evaluation.guard_effect import measure_guard_effect
from ipo.mail.evaluation.metrics import Metric, evaluate, f1_metric, reliability, resample


def sample(count: int = 300, seed: int = 0, ties: bool = False):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    spam = rng.random(count) < 0.4
    p = np.clip(0.5 + 0.25 * (2 * spam - 1) + rng.normal(0, 0.2, count), 0, 1)
    return spam, np.round(p, 1) if ties else p


@pytest.mark.parametrize("ties", [False, True])
def test_values_are_those_of_scikit_learn(ties: bool) -> None:
    spam, p = sample(ties=ties)
    decision = p >= 0.5
    found = evaluate(spam, p, decision, resample(np.arange(300, dtype=np.int32), 0, 20))
    expected = {
        "accuracy": oracle.accuracy_score(spam, decision),
        "precision": oracle.precision_score(spam, decision),
        "recall": oracle.recall_score(spam, decision),
        "f1": oracle.f1_score(spam, decision),
        "roc_auc": oracle.roc_auc_score(spam, p),
        "pr_auc": oracle.average_precision_score(spam, p),
        "brier": oracle.brier_score_loss(spam, p),
    }
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-12), name


def test_intervals_hold_the_value_and_shrink_with_more_mails() -> None:
    widths = []
    for count in (100, 1_600):
        spam, p = sample(count)
        found = evaluate(spam, p, p >= 0.5, resample(np.arange(count, dtype=np.int32), 0))
        assert all(
            metric.low <= metric.value <= metric.high for name, metric in found.items() if name != "ece"
        )
        widths.append({name: metric.high - metric.low for name, metric in found.items()})
    assert all(widths[1][name] < 0.6 * widths[0][name] for name in widths[0])


def test_copies_of_mails_do_not_narrow_an_interval() -> None:
    spam, p = sample(100)
    groups = np.arange(100, dtype=np.int32)
    alone = evaluate(spam, p, p >= 0.5, resample(groups, 0))["f1"]
    copied = evaluate(np.tile(spam, 5), np.tile(p, 5), np.tile(p >= 0.5, 5), resample(np.tile(groups, 5), 0))[
        "f1"
    ]
    assert copied.value == pytest.approx(alone.value)
    assert copied.high - copied.low == pytest.approx(alone.high - alone.low, rel=0.05)


def test_what_cannot_be_had_is_missing() -> None:
    nothing = np.zeros(5, bool)
    found = evaluate(nothing, np.full(5, 0.2), nothing, resample(np.arange(5, dtype=np.int32), 0))
    assert np.isnan([found[name].value for name in ("precision", "recall", "f1", "roc_auc")]).all()
    assert found["accuracy"].value == 1.0 and found["accuracy"].low < 0.7
    empty = np.zeros(0, bool)
    found = evaluate(empty, np.zeros(0), empty, resample(np.zeros(0, np.int32), 0))
    assert all(np.isnan(metric.value) for metric in found.values())


def test_the_calibration_curve_counts_every_mail_once() -> None:
    spam, p = sample()
    curve = reliability(spam, p)
    assert curve.mails.sum() == len(spam) and curve.spam.sum() == spam.sum()
    assert (np.diff(curve.probability) > 0).all()


def test_a_gate_that_changes_nothing_has_no_measurable_effect() -> None:
    spam, p = sample()
    effect = measure_guard_effect(
        spam, p >= 0.5, p >= 0.5, p > 2, resample(np.arange(300, dtype=np.int32), 0)
    )
    assert not effect.measurable and "no measurable effect" in effect.sentence
    assert (effect.delta.value, effect.corrected, effect.spoilt) == (0, 0, 0)


def test_a_gate_that_corrects_much_is_said_to_help() -> None:
    spam, p = sample()
    effect = measure_guard_effect(spam, p >= 0.5, spam, p > 0, resample(np.arange(300, dtype=np.int32), 0))
    assert effect.measurable and effect.delta.low > 0 and effect.spoilt == 0
    assert "no measurable effect" not in effect.sentence


def test_the_threshold_follows_the_costs() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0, 1, 20_000)
    spam = rng.random(20_000) < p  # calibrated
    for costs in (Costs(1, 1), Costs(9, 1), Costs(1, 4)):
        assert choose_threshold(spam, p, costs).threshold == pytest.approx(costs.balance, abs=0.06)


def test_a_threshold_chosen_on_tune_is_as_cheap_as_any_that_can_be_told_apart() -> None:
    spam, p = sample()
    costs = Costs(5, 1)
    curve = choose_threshold(spam, p, costs)
    each = np.array([mail_costs(spam, p >= threshold, costs) for threshold in curve.thresholds])
    error = each[curve.costs.argmin()].std() / np.sqrt(len(spam))
    assert mail_costs(spam, p >= curve.threshold, costs).mean() <= curve.costs.min() + error + 1e-9


def test_a_flat_curve_gives_the_balance_of_costs() -> None:
    """Mails that any threshold tells apart."""
    spam = np.arange(100) % 2 == 0
    assert choose_threshold(spam, np.where(spam, 1.0, 0.0), Costs(10, 1)).threshold == 0.91


def test_asking_about_doubtful_mails_is_cheaper_where_questions_are_cheap() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0, 1, 5_000)
    spam = rng.random(5_000) < p
    costs = Costs(1, 1, asked=0.1)
    resamples = resample(np.arange(5_000, dtype=np.int32), 0, 10)
    assert ask_me(costs) == AskMe(0.1, 0.9)
    asking = expected_cost_asking(spam, p, ask_me(costs), costs, resamples).value
    assert asking < expected_cost(spam, p >= 0.5, costs, resamples).value
    dear = ask_me(Costs(1, 1, asked=0.9))
    assert dear.low == dear.high == 0.5  # nobody is asked


def test_errors_grow_with_coverage_where_probabilities_mean_something() -> None:
    spam, p = sample(2_000)
    curve = coverage_curve(spam, p, 0.5)
    assert curve.coverage[-1] == 1 and curve.error[-1] == pytest.approx(((p >= 0.5) != spam).mean())
    assert curve.error[len(spam) // 2] < curve.error[-1]


def test_few_mails_without_a_mistake_are_no_certainty() -> None:
    def interval(count: int) -> Metric:
        spam = np.arange(count) % 2 == 0
        return f1_metric(spam, spam, resample(np.arange(count, dtype=np.int32), 0))

    few, many = interval(6), interval(600)
    assert few.value == few.high == 1 and few.low == pytest.approx(0.61, abs=0.01)
    assert many.low > 0.99
    spam = np.array([True, True, False])
    none = f1_metric(spam, ~spam, resample(np.arange(3, dtype=np.int32), 0))
    assert none.value == none.low == 0 and none.high > 0.5
