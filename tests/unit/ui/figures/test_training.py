"""Curves of a training: which are drawn, how, and what they say where something is missing."""

import math
from typing import Any

import numpy as np
import pytest

from ipo.digits.config import Hyperparameters
from ipo.digits.epoch_metrics import EpochMetrics
from ipo.ui.figures.training import TERMS, LossPoint, Mark, training_figure, weighted


def epoch(number: int, accuracy: float | None = 0.9, **knobs: float) -> EpochMetrics:
    terms = {"recon": 0.2, "kl": 4.0, "label": 0.5, "consistency": 0.1, "contrast": 3.0, "map": 2.0}
    train = {"loss": 30 / number, **terms}
    val = {"loss": 40 / number, "recon": 0.3, "kl": 5.0, "labels": 6.0}
    if accuracy is not None:
        val |= {"label": 0.7, "accuracy": accuracy}
    return EpochMetrics(number, train, val, Hyperparameters(**knobs).record(), 50, 1.5)


def drawn(*history: EpochMetrics, terms: list[str] | None = None, logarithmic: bool = True) -> Any:
    shown = list(TERMS) if terms is None else terms
    return training_figure(history, shown, logarithmic=logarithmic, height=600)


def curve(made: Any, name: str) -> Any:
    return next(trace for trace in made.data if trace.name == name)


def names(made: Any) -> list[str]:
    return [trace.name for trace in made.data]


def test_the_total_is_bold_and_the_terms_are_lighter() -> None:
    made = drawn(epoch(1), epoch(2))
    total = curve(made, "total")
    assert total.line.color is None  # that of text
    for term in TERMS.values():
        assert curve(made, term.label).line.width < total.line.width / 2


def test_training_is_solid_and_held_out_is_dashed() -> None:
    made = drawn(epoch(1), epoch(2))
    for trace in made.data:
        assert trace.line.dash == ("dash" if "held" in trace.name else "solid")
    assert {"total", "total, held out", "held-out accuracy"} <= set(names(made))


def test_one_hover_reads_all_curves_of_an_epoch() -> None:
    made = drawn(epoch(1), epoch(2))
    assert (made.layout.hovermode, made.layout.hoversubplots) == ("x unified", "axis")
    assert {trace.xaxis or "x" for trace in made.data} == {"x"}  # on one axis, else it reads one panel
    assert {trace.yaxis or "y" for trace in made.data} == {"y", "y2"}


def test_terms_are_drawn_times_the_weight_that_they_had_in_their_epoch() -> None:
    history = [epoch(1, kl_weight=0.1), epoch(2, kl_weight=0.5)]
    np.testing.assert_allclose(weighted(history, "train", "kl"), [0.4, 2.0], rtol=1e-6)
    np.testing.assert_allclose(weighted(history, "val", "kl"), [0.5, 2.5], rtol=1e-6)
    np.testing.assert_allclose(weighted(history, "train", "map"), [2.0, 2.0])  # has no knob
    np.testing.assert_allclose(curve(drawn(*history), "KL").y, [0.4, 2.0], rtol=1e-6)


def test_only_the_terms_that_were_chosen_are_drawn_and_the_total_always() -> None:
    assert names(drawn(epoch(1), terms=["kl"])) == [
        "KL",
        "total",
        "KL, held out",
        "total, held out",
        "held-out accuracy",
    ]
    assert names(drawn(epoch(1), terms=[])) == ["total", "total, held out", "held-out accuracy"]


def test_epochs_without_labels_leave_a_gap_and_terms_that_never_were_are_left_out() -> None:
    made = drawn(epoch(1, None), epoch(2, 0.8))
    held = curve(made, "labels, held out")
    assert math.isnan(held.y[0]) and held.y[1] == pytest.approx(70)
    assert math.isnan(curve(made, "held-out accuracy").y[0])
    never = names(drawn(epoch(1, None), epoch(2, None)))
    assert "labels, held out" not in never
    assert "consistency, held out" not in never  # held-out images have no such term


def test_a_single_epoch_is_a_point_that_can_be_seen() -> None:
    made = drawn(epoch(7))
    assert {trace.mode for trace in made.data if trace.name != "held-out accuracy"} == {"markers"}
    assert list(made.layout.xaxis.range) == [6.5, 7.5]


def test_the_axis_of_accuracies_has_room_for_all_of_them() -> None:
    low, high = drawn(epoch(1, 0.31), epoch(2, 0.985)).layout.yaxis2.range
    assert low < 0.31 and high > 1
    low, high = drawn(epoch(1, 0.995), epoch(2, 1.0)).layout.yaxis2.range
    assert 0.9 < low <= 0.98 and high > 1
    low, high = drawn(epoch(1, None)).layout.yaxis2.range
    assert low < high


def test_the_hover_says_how_sure_an_accuracy_of_few_labels_is() -> None:
    trace = curve(drawn(epoch(1, 5 / 6)), "held-out accuracy")
    assert trace.hovertemplate == "%{customdata}"
    assert list(trace.customdata) == ["83\u00a0% (44–97\u00a0%, n\u00a0=\u00a06)"]


def test_a_loss_is_read_on_a_logarithmic_axis_or_on_a_plain_one() -> None:
    assert drawn(epoch(1)).layout.yaxis.type == "log"
    assert drawn(epoch(1), logarithmic=False).layout.yaxis.type != "log"


def test_points_within_an_epoch_stand_in_for_its_mean() -> None:
    points = [LossPoint(at, {"kl": 9.0, "loss": 90.0}) for at in (1.25, 1.75, 2.5)]
    made = training_figure([epoch(1), epoch(2)], ["kl"], points=points, logarithmic=True, height=600)
    total = curve(made, "total")
    assert list(total.x) == [1, 1.25, 1.75, 2.5] and list(total.y) == [30, 90, 90, 90]
    assert list(curve(made, "total, held out").x) == [1, 2]
    alone = training_figure([], ["kl"], points=points[:1], logarithmic=True, height=600)
    assert list(curve(alone, "total").x) == [1.25] and list(alone.layout.xaxis.range) == [1, 2]


def test_marks_say_what_happened_when() -> None:
    marks = [Mark(1.5, "run 1 ended", "line-ns-open"), Mark(1.75, "KL 0.1 → 0.5", "triangle-down")]
    made = training_figure([epoch(1), epoch(2)], [], marks=marks, logarithmic=True, height=600)
    assert list(made.data[-1].text) == ["run 1 ended", "KL 0.1 → 0.5"]
    assert [line.x0 for line in made.layout.shapes] == [1.5, 1.75]
