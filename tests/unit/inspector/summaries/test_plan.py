"""Which tensors are whole: what is followed, then the smallest, as far as the bytes go."""

import pytest

from ipo.inspector.summaries.plan import CapturePlan, is_followed

KB = 1024  # values
BIG, HUGE = 64 * KB, 1024 * KB


def step(plan: CapturePlan, sizes: dict[str, int]) -> dict[str, bool]:
    found = {key: plan.keeps_whole(key, size) for key, size in sizes.items()}
    plan.end_step()
    return found


def test_what_fits_is_whole_from_the_first_step_on() -> None:
    plan = CapturePlan(4 * (BIG + HUGE))
    assert step(plan, {"a": HUGE, "b": BIG}) == {"a": True, "b": True}
    assert plan.state.summarized == 0 and plan.state.used == 4 * (BIG + HUGE)


def test_the_smallest_are_whole_once_all_were_seen() -> None:
    plan, sizes = CapturePlan(4 * BIG * 3), {"huge": HUGE, "a": BIG, "b": BIG}
    step(plan, sizes)
    assert step(plan, sizes) == {"huge": False, "a": True, "b": True}
    assert plan.state.used <= 4 * BIG * 3


def test_what_is_followed_is_whole_whatever_it_weighs_from_the_next_step_on() -> None:
    plan, sizes = CapturePlan(0), {"enc/weight": HUGE, "dec/weight": BIG}
    assert step(plan, sizes) == {"enc/weight": False, "dec/weight": False}
    plan.change(budget_bytes=0, followed=["enc"])
    assert step(plan, sizes) == {"enc/weight": True, "dec/weight": False}


def test_the_choice_stays_where_sizes_change_within_what_was_seen() -> None:
    plan = CapturePlan(8 * BIG)
    step(plan, {"a": BIG, "b": HUGE})
    step(plan, {"a": BIG, "b": HUGE})
    assert step(plan, {"a": BIG // 2, "b": BIG}) == {"a": True, "b": False}


def test_without_a_budget_everything_is_whole() -> None:
    assert step(CapturePlan(None), {"a": HUGE, "b": HUGE}) == {"a": True, "b": True}


def test_what_a_summary_would_not_make_smaller_is_whole() -> None:
    assert step(CapturePlan(0), {"a": 100}) == {"a": True}


def test_a_budget_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot have -1 bytes; 0 or more"):
        CapturePlan(-1)


@pytest.mark.parametrize(
    ("named", "key", "right"),
    [
        ("enc", "enc/weight", True),
        ("enc", "enc.0/weight", False),
        ("enc.*", "enc.0/weight", True),
        ("enc/weight", "enc/weight", True),
        ("enc/weight", "enc/weight_update", False),
        ("*/output", "enc/output", True),
    ],
)
def test_layers_keys_and_patterns_are_followed(named: str, key: str, right: bool) -> None:
    assert is_followed(key, [named]) == right
