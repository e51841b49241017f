"""A value by version: the last one meanwhile, one computation at a time, and no more than one behind it."""

import threading
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from background import Background, Lane
from ipo.jobs import Cancelled, Progress
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.lanes import submit_on
from tests.support.judging import Later, run_now
from tests.support.lanes import HANG, drain, held

Squares = BackgroundCache[int, int]


def square(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is negative")
    return number * number


def job(number: int) -> PortableJob[int]:
    return PortableJob(f"square {number}", partial(square, number))


@pytest.fixture
def lane() -> Later:
    return Later()


@pytest.fixture
def squares(lane: Later) -> Squares:
    return BackgroundCache(lane, job)


def on_a_lane(background: Background, prepare: Callable[[int], PortableJob[int]] = job) -> Squares:
    return BackgroundCache(partial(submit_on, background, Lane.CV), prepare)


def test_a_value_is_computed_once_and_not_waited_for(squares: Squares, lane: Later) -> None:
    assert squares.get(3) is None and squares.running
    assert squares.get(3) is None and len(lane.waiting) == 1
    lane.run()
    assert squares.get(3) == 9 and not squares.running and not lane.waiting


def test_the_last_value_is_there_while_the_next_is_computed(squares: Squares, lane: Later) -> None:
    squares.get(3)
    lane.run()
    assert squares.get(4) == 9 and squares.last == 9
    assert squares.get_exact(4) is None
    lane.run()
    assert squares.get_exact(4) == 16 and squares.get_exact(3) is None


def test_nothing_is_computed_before_somebody_asks(squares: Squares, lane: Later) -> None:
    assert squares.last is None and not squares.running and not lane.waiting


def test_of_what_is_asked_for_meanwhile_only_the_last_is_computed_next(squares: Squares, lane: Later) -> None:
    for number in range(3, 8):
        squares.get(number)
        assert len(lane.waiting) == 1
    lane.run(1)
    assert squares.last == 9 and squares.running and len(lane.waiting) == 1
    lane.run()
    assert squares.last == 49 and not squares.running


def test_what_is_under_way_is_not_computed_once_more(squares: Squares, lane: Later) -> None:
    squares.get(3)
    squares.get(4)
    squares.get(3)  # as after an undo
    squares.refresh(3)
    lane.run()
    assert squares.last == 9 and not squares.running and not lane.waiting


def test_an_error_keeps_the_last_value_and_is_retried_only_when_asked(squares: Squares, lane: Later) -> None:
    squares.get(3)
    lane.run()
    squares.get(-1)
    lane.run()
    for _ in range(3):
        assert squares.get(-1) == 9 and not squares.running
    assert str(squares.error) == "-1 is negative" and squares.get_exact(-1) is None
    squares.refresh(-1)
    assert squares.running and squares.error is None
    lane.run()
    assert str(squares.error) == "-1 is negative"


def test_another_version_is_computed_after_an_error(squares: Squares, lane: Later) -> None:
    squares.get(-1)
    lane.run()
    squares.get(2)
    lane.run()
    assert squares.get(2) == 4 and squares.error is None


def test_what_is_asked_for_meanwhile_follows_an_error_too(squares: Squares, lane: Later) -> None:
    squares.get(-1)
    squares.get(2)
    lane.run(1)
    assert squares.running and squares.error is None
    lane.run()
    assert squares.last == 4 and not squares.running


def test_a_known_version_is_computed_again_when_asked(squares: Squares, lane: Later) -> None:
    squares.get(3)
    lane.run()
    squares.refresh(3)
    assert squares.running and squares.last == 9
    lane.run()
    assert squares.last == 9 and not squares.running


def test_what_is_cancelled_is_an_error(squares: Squares, lane: Later) -> None:
    squares.get(3)
    assert squares.work is not None
    squares.work.cancel()
    lane.run()
    assert isinstance(squares.error, Cancelled) and squares.work is None and squares.last is None


def test_work_that_is_done_at_once_is_there_at_once() -> None:
    squares: Squares = BackgroundCache(run_now, job)
    assert squares.get(3) == 9 and not squares.running and squares.work is None


def test_a_value_is_adopted_before_it_is_seen(lane: Later) -> None:
    seen: list[tuple[int, int | None, bool]] = []
    squares: Squares = BackgroundCache(
        lane, job, lambda value: seen.append((value, squares.last, squares.running))
    )
    squares.get(3)
    lane.run()
    assert seen == [(9, None, True)] and squares.last == 9


def test_a_value_that_cannot_be_adopted_is_an_error(lane: Later) -> None:
    def refuse(value: int) -> None:
        raise OSError("no room")

    squares: Squares = BackgroundCache(lane, job, refuse)
    squares.get(3)
    lane.run()
    assert str(squares.error) == "no room" and squares.last is None and not squares.running


def test_who_adopts_may_ask_for_the_next(lane: Later) -> None:
    squares: Squares = BackgroundCache(lane, job, lambda value: value < 100 and squares.get(value))
    squares.get(2)
    found = []
    while lane.waiting:
        assert squares.running and len(lane.waiting) == 1
        lane.run(1)
        found.append(squares.last)
    assert found == [4, 16, 256] and not squares.running


@given(st.lists(st.one_of(st.integers(-3, 6), st.sampled_from(["run", "refresh", "cancel"])), max_size=30))
def test_whatever_happens_one_computes_at_most_and_the_last_asked_for_is_there(acts: list[int | str]) -> None:
    lane = Later()
    squares: Squares = BackgroundCache(lane, job)
    asked = 0
    for act in ["refresh", *acts]:
        before = squares.version, shown(squares)
        if act == "run":
            lane.run(1)
        elif act == "refresh":
            squares.refresh(asked)
        elif act == "cancel":
            if squares.work is not None:
                squares.work.cancel()
        else:
            asked = int(act)
            squares.get(asked)
        assert len(lane.waiting) == squares.running
        assert shown(squares) == before[1] or squares.version != before[0]
    lane.run()
    squares.refresh(asked)
    lane.run()
    if asked < 0:
        assert str(squares.error) == f"{asked} is negative"
    else:
        assert squares.get_exact(asked) == asked * asked and squares.error is None
    assert not squares.running


def shown(squares: Squares) -> tuple[int | None, BaseException | None, bool]:
    return squares.last, squares.error, squares.running


# On the lanes of the app


def test_a_lane_computes_the_first_and_the_last_that_were_asked_for(background: Background) -> None:
    squares = on_a_lane(background)
    with held(background, Lane.CV):
        for number in range(3, 8):
            assert squares.get(number) is None
        assert squares.work is not None and squares.running
    drain(background)
    assert squares.last == 49 and not squares.running
    labels = [ended.label for ended in background.jobs(Lane.CV)]
    assert labels == ["hold", "square 3", "square 7"]


def half_way(entered: threading.Event, go: threading.Event, progress: Progress) -> int:
    progress.report(0.5, "half")
    entered.set()
    go.wait(HANG)
    progress.check()
    return 1


def test_work_under_way_says_how_far_it_is_and_can_be_cancelled(background: Background) -> None:
    entered, go = threading.Event(), threading.Event()
    cache = on_a_lane(background, lambda _: PortableJob("half", partial(half_way, entered, go)))
    cache.get(0)
    assert entered.wait(HANG)
    work = cache.work
    assert work is not None and (work.fraction, work.message) == (0.5, "half")
    work.cancel()
    go.set()
    drain(background)
    assert isinstance(cache.error, Cancelled) and not cache.running


def test_many_threads_that_ask_at_once_start_one_computation(background: Background) -> None:
    squares = on_a_lane(background)
    with held(background, Lane.CV):
        threads = [threading.Thread(target=squares.get, args=(number % 2,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(HANG)
        assert sum(job.in_flight for job in background.jobs(Lane.CV)) == 2  # the holder and one square
    drain(background)
    assert squares.last in (0, 1) and not squares.running
