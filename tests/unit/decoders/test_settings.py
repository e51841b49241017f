"""What can be chosen about a decoder: right values pass unchanged, wrong ones are refused in a sentence."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.decoders.settings import Setting, complete, pixel_settings

STEPS = Setting("steps", "Steps", 2, low=1, high=50)
GUIDANCE = Setting("guidance", "Guidance", 0.0, low=0, high=20)
UNBOUNDED = Setting("shift", "Shift", 0.0)
TILING = Setting("tiling", "VAE tiling", False, changes_pixels=False)
NEGATIVE = Setting("negative", "Negative prompt", "")
DTYPE = Setting("dtype", "Precision", "float32", choices=("float32", "float16"))
ALL = (STEPS, GUIDANCE, TILING, NEGATIVE, DTYPE)


def test_what_is_not_chosen_has_its_default() -> None:
    assert complete(ALL, {"steps": 4, "unknown": 1}) == {
        "steps": 4,
        "guidance": 0.0,
        "tiling": False,
        "negative": "",
        "dtype": "float32",
    }


def test_what_changes_no_pixels_is_no_part_of_a_session() -> None:
    assert "tiling" not in pixel_settings(ALL, {"tiling": True})


@given(st.integers(1, 50))
def test_a_whole_number_stays_whole_whatever_it_comes_as(steps: int) -> None:
    assert type(STEPS.parse(float(steps))) is int
    assert type(GUIDANCE.parse(min(steps, 20))) is float


@pytest.mark.parametrize(
    ("setting", "value", "right"),
    [
        (STEPS, 0, "from 1 to 50"),
        (STEPS, 2.5, "a whole number"),
        (STEPS, True, "a whole number"),
        (STEPS, "2", "a whole number"),
        (STEPS, math.nan, "a whole number"),
        (STEPS, 10**400, "a whole number"),
        (UNBOUNDED, 10**400, "a number"),
        (UNBOUNDED, -math.inf, "a number"),
        (GUIDANCE, math.inf, "from 0 to 20"),
        (GUIDANCE, math.nan, "a number"),
        (TILING, 1, "true or false"),
        (NEGATIVE, 3, "text"),
        (DTYPE, "int8", "float32 or float16"),
    ],
)
def test_a_wrong_value_is_refused_and_the_right_one_named(
    setting: Setting, value: object, right: str
) -> None:
    with pytest.raises(ValueError, match=setting.label) as refused:
        setting.parse(value)
    assert right in str(refused.value)
