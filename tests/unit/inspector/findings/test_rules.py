"""Each rule by the smallest training that it is about, and the nearest one that is healthy."""

from typing import Any

import numpy as np
import pytest

from ipo.inspector.findings.finding import Severity
from ipo.inspector.findings.measures import (
    ExampleMeasures,
    FeatureMeasures,
    NormalizationMeasures,
    SchedulerMeasures,
    UnitMeasures,
)
from ipo.inspector.findings.rules.data import leaked_rows, unshuffled_data
from ipo.inspector.findings.rules.features import rank_collapse, twin_features
from ipo.inspector.findings.rules.gradients import exploding_gradients, not_finite, vanishing_gradients
from ipo.inspector.findings.rules.labels import wrong_labels
from ipo.inspector.findings.rules.losses import loss_spike, oscillating_loss, slow_learning
from ipo.inspector.findings.rules.parameters import (
    frozen_parameters,
    unoptimized_parameters,
    unreached_parameters,
)
from ipo.inspector.findings.rules.table import RULES, Rule
from ipo.inspector.findings.rules.training import drifting_statistics, idle_scheduler
from ipo.inspector.findings.rules.units import dead_units, saturated_units
from ipo.inspector.findings.rules.updates import large_updates, small_updates, wrong_loss_sign
from tests.unit.inspector.findings.steps import batch, examples, found, parameter, record, step


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_healthy_training_has_no_findings(rule: Rule) -> None:
    assert found(rule) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_one_step_is_not_enough_evidence_for_anything(rule: Rule) -> None:
    assert found(rule, steps=1) == []


def test_a_tensor_that_is_not_finite_is_named() -> None:
    [one] = found(not_finite, lambda index: {"broken": "0/weight has NaN", "broken_tensor": "0/weight"})
    assert (one.tensor, one.evidence, one.severity) == ("0/weight", "0/weight has NaN", Severity.CRITICAL)


def _first_gradient(size: float | None) -> dict[str, Any]:
    return {"parameters": (parameter("0/weight", gradient=size), parameter("2/weight"))}


def test_a_gradient_vanishes_where_the_first_weights_get_a_thousandth_of_it() -> None:
    [one] = found(vanishing_gradients, lambda index: _first_gradient(0.9e-5))
    assert one.tensor == "0/weight_gradient"
    assert "9e-06 there, 0.01 at 2/weight" in one.evidence
    assert found(vanishing_gradients, lambda index: _first_gradient(1.1e-5)) == []


def test_a_gradient_that_is_missing_is_not_one_that_vanishes() -> None:
    assert found(vanishing_gradients, lambda index: _first_gradient(None)) == []


def _signals(first: float) -> dict[str, Any]:
    return {"units": (UnitMeasures("0", "0/output", signal=first), UnitMeasures("2", "2/output", signal=1.0))}


def test_a_gradient_explodes_where_it_grows_seventyfold_on_its_way_back() -> None:
    [one] = found(exploding_gradients, lambda index: _signals(71))
    assert one.tensor == "0/output_gradient"
    assert found(exploding_gradients, lambda index: _signals(69)) == []


def test_a_gradient_explodes_where_it_grows_hundredfold_from_step_to_step() -> None:
    def growing(factor: float) -> Any:
        return lambda index: {"parameters": (parameter(gradient=0.01 * (factor if index > 100 else 1)),)}

    [one] = found(exploding_gradients, growing(101))
    assert one.subject == "gradients over steps"
    assert found(exploding_gradients, growing(99)) == []


def _units(silent: list[bool]) -> dict[str, Any]:
    return {"units": (UnitMeasures("0", "0/output", silent=np.array(silent)),)}


def test_a_layer_is_dead_where_half_of_its_units_answer_to_no_batch() -> None:
    [one] = found(dead_units, lambda index: _units([True, True, False, False]))
    assert (one.severity, one.feature, one.subject) == (Severity.WARNING, 0, "0")
    assert "2 of 4" in one.evidence


def test_units_that_rest_in_turn_are_not_dead() -> None:
    assert found(dead_units, lambda index: _units([index % 2 == 0, index % 2 == 1])) == []


def test_few_dead_units_are_worth_a_note() -> None:
    [one] = found(dead_units, lambda index: _units([False, False, True, False]))
    assert (one.severity, one.feature) == (Severity.NOTE, 2)


def test_units_are_saturated_where_half_of_a_layer_is_flat_throughout() -> None:
    def flat(bits: list[bool]) -> Any:
        unit = UnitMeasures("0", "0/output", saturated=np.array(bits), slope=1e-4)
        return lambda index: {"units": (unit,)}

    [one] = found(saturated_units, flat([True, False]))
    assert "1 of 2" in one.evidence
    assert found(saturated_units, flat([True, False, False])) == []


@pytest.mark.parametrize(
    ("rule", "bad", "good"), [(large_updates, 0.011, 0.009), (small_updates, 0.9e-7, 1.1e-7)]
)
def test_updates_are_compared_with_their_weights(rule: Rule, bad: float, good: float) -> None:
    def updates(size: float) -> Any:
        return lambda index: {"parameters": (parameter("0/weight", update=size), parameter("2/weight"))}

    [one] = found(rule, updates(bad))
    assert one.tensor == "0/weight_update"
    assert found(rule, updates(good)) == []
    assert found(rule, updates(bad), steps=39) == []  # still warming up


def test_a_loss_that_is_the_negative_of_a_usual_one_has_the_wrong_sign() -> None:
    [one] = found(wrong_loss_sign, lambda index: {"loss": -2.0, "examples": examples([2.0], sign=-1)})
    assert one.evidence == "loss -2, cross entropy 2"
    assert found(wrong_loss_sign, lambda index: {"examples": examples([2.0])}) == []


def test_updates_along_the_gradient_lead_uphill() -> None:
    def going(descent: float) -> Any:
        return lambda index: {"parameters": (parameter(descent=descent),)}

    [one] = found(wrong_loss_sign, going(-0.2))
    assert one.subject == "the optimizer"
    assert found(wrong_loss_sign, going(-0.05)) == []


def test_one_step_downhill_is_enough_for_a_momentum_that_overshoots() -> None:
    assert (
        found(
            wrong_loss_sign, lambda index: {"parameters": (parameter(descent=0.1 if index == 110 else -1),)}
        )
        == []
    )


def test_a_parameter_that_gets_no_gradient_is_not_reached() -> None:
    missing = parameter("0/weight", gradient=None, update=0.0)
    [one] = found(unreached_parameters, lambda index: {"parameters": (missing, parameter("2/weight"))})
    assert one.says == "No gradient reaches 0/weight."
    assert one.evidence.startswith("1 of 2 parameters")


def test_a_parameter_that_gets_one_now_and_then_is_reached() -> None:
    def seldom(index: int) -> dict[str, Any]:
        return {"parameters": (parameter(gradient=0.01 if index % 9 == 0 else None, update=0.0),)}

    assert found(unreached_parameters, seldom) == []


def test_a_parameter_with_a_gradient_but_no_optimizer_is_named() -> None:
    [one] = found(
        unoptimized_parameters, lambda index: {"parameters": (parameter(optimized=False, update=0.0),)}
    )
    assert one.says.startswith("No optimizer has 0/weight")


def test_a_frozen_parameter_is_worth_a_note_and_nothing_more() -> None:
    def frozen(index: int) -> dict[str, Any]:
        return {"parameters": (parameter(trainable=False, gradient=None, update=0.0),)}

    [one] = found(frozen_parameters, frozen)
    assert one.severity == Severity.NOTE
    assert found(unreached_parameters, frozen) == []


def _twins(count: int, looks: int = 1) -> Any:
    measured = (FeatureMeasures("0/weight", 10, count, (3, 7)),)
    return lambda index: {"features": measured if index % 10 == 9 and index >= 120 - 10 * looks else ()}


def test_half_of_the_units_being_twins_is_a_warning_and_a_tenth_a_note() -> None:
    [one] = found(twin_features, _twins(5, looks=2))
    assert (one.severity, one.feature) == (Severity.WARNING, 3)
    assert "as 3 and 7" in one.says
    assert found(twin_features, _twins(4, looks=2))[0].severity == Severity.NOTE
    assert found(twin_features, _twins(0, looks=2)) == []
    assert found(twin_features, _twins(10, looks=1)) == []  # one look may be chance


def test_outputs_that_differ_along_one_line_have_collapsed() -> None:
    def rank(value: float | None) -> Any:
        measured = (FeatureMeasures("0/output", 10, rank=value, most_rank=10),)
        return lambda index: {"features": measured if index % 10 == 9 else ()}

    [one] = found(rank_collapse, rank(1.2))
    assert "1.20 of at most 10" in one.evidence
    assert found(rank_collapse, rank(1.6)) == []
    assert found(rank_collapse, rank(None)) == []


def test_a_spike_names_the_rows_that_made_it() -> None:
    def spike(size: float) -> Any:
        return lambda index: {
            "loss": size if index == 119 else 1.0 + 0.05 * (index % 3),
            "examples": examples([0.1, 0.1, 30.0, 0.2]),
        }

    [one] = found(loss_spike, spike(8))
    assert one.rows[0] == 2
    assert one.severity == Severity.WARNING
    assert "row 2 has 99\u00a0% of it" in one.says
    assert one.missing == ""
    assert found(loss_spike, spike(1.5)) == []


def test_a_spike_says_what_it_does_not_know_of_its_rows() -> None:
    [one] = found(
        loss_spike,
        lambda index: {
            "loss": 9.0 if index == 119 else 1.0,
            "examples": ExampleMeasures(gradients=np.array([0.1, 5.0])),
            "missing": {"loss of each row": "it has a penalty"},
        },
    )
    assert one.rows == (1, 0)
    assert one.missing == "The loss of each row could not be had: it has a penalty."


def test_a_loss_that_swings_by_a_fifth_of_the_first_oscillates() -> None:
    def swinging(by: float) -> Any:
        return lambda index: {"loss": 2.0 + by * (-1) ** index}

    [one] = found(oscillating_loss, swinging(0.25))
    assert "swings by" in one.evidence
    assert found(oscillating_loss, swinging(0.15)) == []


def test_a_loss_that_falls_by_leaps_does_not_oscillate() -> None:
    assert found(oscillating_loss, lambda index: {"loss": 2.0 - index}) == []


def test_a_loss_that_stays_is_slow_because_of_its_steps_or_for_another_reason() -> None:
    def staying(update: float, loss: float = 2.0) -> Any:
        return lambda index: {"loss": 2.0 if index < 50 else loss, "parameters": (parameter(update=update),)}

    assert found(slow_learning, staying(1e-7))[0].says == "The loss does not fall: steps are too small."
    assert found(slow_learning, staying(1e-4))[0].says == "The loss does not fall."
    assert found(slow_learning, staying(1e-7, 1.97)) == []
    assert found(slow_learning, staying(1e-7), steps=99) == []


def _labelled(share: float, given: float, confidence: float = 0.8) -> Any:
    labels = np.arange(100) % 10
    predicted = labels.copy()
    wrong = round(100 * share)
    predicted[:wrong] = (labels[:wrong] + 1) % 10
    losses = -np.log(np.where(predicted == labels, confidence, given))
    one = examples(losses, predicted=predicted, confidence=np.full(100, confidence))
    return lambda index: {"examples": one, "batch": batch(range(100), labels)}


def test_labels_look_wrong_where_a_model_that_knows_its_classes_contradicts_them() -> None:
    [one] = found(wrong_labels, _labelled(0.1, 0.05))
    assert one.rows[0] == 0
    assert "10.0\u00a0% of the labels" in one.evidence
    assert found(wrong_labels, _labelled(0.03, 0.05)) == []
    assert found(wrong_labels, _labelled(0.1, 0.15)) == []  # it may be the label
    assert found(wrong_labels, _labelled(0.1, 0.05, 0.4)) == []  # not sure of another one
    assert found(wrong_labels, _labelled(0.5, 0.05)) == []  # the model knows too little


def test_sorted_batches_have_few_of_the_classes() -> None:
    def labels(index: int) -> dict[str, Any]:
        return {"batch": batch(range(1000 * index, 1000 * index + 20), [index // 12] * 20)}

    [one] = found(unshuffled_data, labels)
    assert one.subject == "labels of batches"

    def shuffled(index: int) -> dict[str, Any]:
        drawn = np.random.default_rng(index).integers(0, 10, 20)
        return {"batch": batch(range(1000 * index, 1000 * index + 20), drawn)}

    assert found(unshuffled_data, shuffled) == []


def test_batches_that_come_again_in_the_same_order_are_not_shuffled() -> None:
    [one] = found(unshuffled_data, lambda index: {"batch": batch([index % 30, 99])})
    assert one.evidence.startswith("every 30 steps")
    orders = np.concatenate([np.random.default_rng(epoch).permutation(30) for epoch in range(4)])
    assert found(unshuffled_data, lambda index: {"batch": batch([int(orders[index]), 99])}) == []


def test_one_batch_again_and_again_may_be_meant() -> None:
    [one] = found(unshuffled_data, lambda index: {"batch": batch([1, 2])})
    assert one.severity == Severity.NOTE


def test_held_out_rows_among_the_trained_are_a_leak() -> None:
    made = record(step(index, batch=batch([4 * index + place for place in range(4)])) for index in range(100))
    made.note_held_out(range(10_000, 10_100))
    assert list(leaked_rows(made)) == []
    made.note_held_out(range(396, 399))
    [one] = leaked_rows(made)
    assert one.rows == (0, 1, 2)
    assert one.evidence.startswith("3 of 103")


def test_running_statistics_drift_where_their_means_jump_at_each_step() -> None:
    def shifting(by: float, turn: float = -0.45) -> Any:
        one = NormalizationMeasures("bn", 0.9, by, turn)
        return lambda index: {"normalizations": (one,)}

    [one] = found(drifting_statistics, shifting(0.006))
    assert "momentum 0.9" in one.evidence
    assert found(drifting_statistics, shifting(0.004)) == []
    assert found(drifting_statistics, shifting(0.1, -0.05)) == []  # they follow a training that moves


def test_a_scheduler_that_was_never_stepped_is_idle_once_an_epoch_is_over() -> None:
    def scheduled(taken: int, rates: float = 0.1) -> Any:
        one = SchedulerMeasures("schedule", taken)
        return lambda index: {"schedulers": (one,), "rates": (rates,)}

    [one] = found(idle_scheduler, scheduled(0))
    assert one.subject == "schedule"
    assert found(idle_scheduler, scheduled(3)) == []
    assert found(idle_scheduler, scheduled(0), steps=20) == []
