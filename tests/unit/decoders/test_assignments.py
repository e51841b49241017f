"""Settings as a person types them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.decoders.assignments import parse_assignment, parse_assignments
from ipo.decoders.settings import Setting

DECLARED = (
    Setting("steps", "Steps", 2, low=1, high=50),
    Setting("guidance", "Guidance", 0.0),
    Setting("karras", "Karras", False),
    Setting("scheduler", "Scheduler", "euler", choices=("euler", "ddim")),
    Setting("order", "Order", 1, choices=(1, 2)),
    Setting("negative", "Negative prompt", ""),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        (" , ".strip(" ,"), {}),
        ("steps=4", {"steps": 4}),
        (" steps = 4 , guidance=1e-1,", {"steps": 4, "guidance": 0.1}),
        ("karras=Yes, order=2, scheduler=ddim", {"karras": True, "order": 2, "scheduler": "ddim"}),
        ('negative="fog, rain", steps=1', {"negative": "fog, rain", "steps": 1}),
        (r'negative="a \"b\" \\"', {"negative": 'a "b" \\'}),
        ("negative=a=b", {"negative": "a=b"}),
        ("guidance=3", {"guidance": 3.0}),
    ],
)
def test_each_value_is_what_its_setting_keeps(text: str, found: dict[str, object]) -> None:
    parsed = parse_assignments(DECLARED, text)
    assert parsed == found
    assert [type(value) for value in parsed.values()] == [type(value) for value in found.values()]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("steps", "name=value, name=value would be right"),
        ("steps=2 guidance=0", "a whole number from 1 to 50"),
        ("steps=two", "a whole number from 1 to 50"),
        ("steps=inf", "a whole number from 1 to 50"),
        ("karras=2", "true or false"),
        ("scheduler=lms", "euler or ddim"),
        ("step=2", "steps or guidance"),
        ('negative="fog', "name=value"),
        (",", "name=value"),
    ],
)
def test_what_is_not_right_is_refused_in_a_sentence(text: str, right: str) -> None:
    with pytest.raises(ValueError, match=right):
        parse_assignments(DECLARED, text)


@given(st.text())
def test_any_text_can_be_a_value(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    assert parse_assignments(DECLARED, f'negative="{quoted}", steps=3') == {"negative": value, "steps": 3}
    assert parse_assignment(DECLARED, f"negative={value}") == ("negative", value.strip())


def test_where_nothing_can_be_set_that_is_said() -> None:
    with pytest.raises(ValueError, match="nothing can be set"):
        parse_assignments((), "steps=2")
