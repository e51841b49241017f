"""The number of labels per minute, from the first second on."""

import pytest

from ipo.preference import labelling_rate
from ipo.preference.labelling_rate import LabellingRate


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(labelling_rate.time, "monotonic", lambda: now[0])
    return now


def test_a_few_labels_in_a_few_seconds_are_a_rate_and_not_a_count(clock: list[float]) -> None:
    rate = LabellingRate()
    rate.note(1)
    assert rate.per_minute() is None  # one label is no rate
    for act in (2, 3, 4):
        clock[0] += 2
        rate.note(act)
        assert rate.per_minute() == 30


def test_what_is_judged_at_once_counts_from_the_act_before(clock: list[float]) -> None:
    rate = LabellingRate()
    for act in (1, 2):
        for _ in range(4):
            rate.note(act)
        clock[0] += 6
    assert rate.per_minute() == 40


def test_only_the_last_minute_counts_and_nothing_after_a_minute_of_rest(clock: list[float]) -> None:
    rate = LabellingRate()
    for act in range(100):
        rate.note(act)
        clock[0] += 1
    assert rate.per_minute() == 60
    clock[0] += 61
    assert rate.per_minute() is None
    rate.note(100)
    assert rate.per_minute() is None
