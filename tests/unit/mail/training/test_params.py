"""Settings from forms and files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.mail.model.guardrail import GuardParams
from ipo.mail.training.params import PARAM_RANGES, TrainParams, params_to_json, parse_train_params


def test_nothing_gives_the_defaults() -> None:
    assert parse_train_params({}) == TrainParams()


@given(
    st.builds(
        TrainParams,
        hold_out=st.floats(0.1, 0.5),
        seed=st.integers(0, 2**32 - 1),
        max_iter=st.integers(200, 10_000),
        C=st.floats(0.01, 100),
        threshold=st.floats(0.1, 0.9),
        calibrate=st.booleans(),
        calibration=st.sampled_from(["sigmoid", "beta", "isotonic"]),
        mask=st.booleans(),
        guard=st.builds(GuardParams, assist_center=st.floats(0.3, 0.9), shifts=st.just({"length": 0.1})),
    )
)
def test_settings_survive_json(params: TrainParams) -> None:
    again = parse_train_params(json.loads(json.dumps(params_to_json(params))))
    assert again.guard.shifts["length"] == 0.1
    assert {**params_to_json(again), "guard": {}} == {**params_to_json(params), "guard": {}}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"hold_out": 0.9}, "hold_out is 0.9; 0.1 to 0.5 would be right"),
        ({"seed": 1.5}, "seed is 1.5; a whole number would be right"),
        ({"seed": -1}, "seed is -1; 0 to 4.29497e+09 would be right"),
        ({"C": "1"}, "C is '1'; a number would be right"),
        ({"C": float("nan")}, "C is nan; a number would be right"),
        ({"calibrate": 1}, "calibrate is 1; true or false would be right"),
        ({"calibration": "platt"}, "calibration is 'platt'; sigmoid or beta or isotonic would be right"),
        ({"embedder": "bert"}, "embedder is 'bert'; wordllama or minilm would be right"),
        (
            {"guard": {"combine_strategy": "x"}},
            "combine_strategy is 'x'; blend or threshold_shift would be right",
        ),
        ({"guard": {"shifts": {"lenght": 0.1}}}, "'lenght' is not a clue"),
        ({"holdout": 0.3}, "'holdout' is not a setting of a training"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_train_params(values)
    assert str(raised.value).startswith(sentence)


def test_every_default_lies_in_its_range() -> None:
    flat = {**vars(TrainParams()), **vars(GuardParams())}
    assert all(bounds.low <= flat[name] <= bounds.high for name, bounds in PARAM_RANGES.items())
