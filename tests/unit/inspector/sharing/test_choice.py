"""Which steps a file has: never more bytes than were promised, and what matters most first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.inspector.sharing.choice import Choice, FileSize, TooLarge, choose_steps


@given(
    st.sets(st.integers(0, 500), min_size=1, max_size=60), st.integers(1, 50), st.integers(1, 5000), st.data()
)
def test_no_file_is_larger_than_it_may_be(
    steps: set[int], each: int, budget: int, data: st.DataObject
) -> None:
    retained = tuple(sorted(steps))
    pinned = tuple(data.draw(st.sets(st.sampled_from(retained))))
    if budget < each:
        with pytest.raises(TooLarge, match="a larger budget would be right"):
            choose_steps(retained, pinned, FileSize(each), budget)
        return
    choice = choose_steps(retained, pinned, FileSize(each), budget)
    assert choice.nbytes == each * len(choice.steps) <= budget
    assert retained[-1] in choice.steps
    assert set(choice.steps) <= set(retained)
    assert list(choice.steps) == sorted(set(choice.steps))
    assert len(choice.steps) == min(len(retained), budget // each)
    assert choice.left_out == len(retained) - len(choice.steps)
    if len(pinned) < budget // each:
        assert set(pinned) <= set(choice.steps)


def test_the_others_are_spread_from_the_oldest_to_the_newest() -> None:
    assert choose_steps(range(101), (), FileSize(1), 6).steps == (0, 24, 49, 74, 99, 100)


def test_wanted_steps_come_all_or_not_at_all() -> None:
    assert choose_steps(range(10), (), FileSize(1), 5, [7, 3]) == Choice((3, 7), 2, 8)
    with pytest.raises(TooLarge, match="at most 2 fit"):
        choose_steps(range(10), (), FileSize(10**6, 10**5), 21 * 10**5, [1, 2, 3])
    with pytest.raises(ValueError, match=r"Steps \[12\] are not in memory; 10 of 0 … 9 are"):
        choose_steps(range(10), (), FileSize(1), 5, [3, 12])
    with pytest.raises(ValueError, match="take one first"):
        choose_steps((), (), FileSize(1), 5)
