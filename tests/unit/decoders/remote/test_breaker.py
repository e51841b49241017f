"""A server that does not answer is left alone for a while, longer each time."""

from ipo.decoders.remote.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, CircuitBreaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_some_failures_in_a_row_begin_a_pause_and_one_more_a_longer_one() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    for _ in range(FAILURES - 1):
        breaker.fail()
        assert breaker.retry_in == 0
    pauses = []
    for _ in range(6):
        breaker.fail()
        breaker.fail()  # one that was under way: no pause of its own
        pauses.append(breaker.retry_in)
        clock.now += breaker.retry_in
        assert breaker.retry_in == 0
    assert pauses == [FIRST_PAUSE, 10, 20, 40, LONGEST_PAUSE, LONGEST_PAUSE]


def test_an_answer_ends_the_count() -> None:
    breaker = CircuitBreaker(Clock())
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.fail()
        breaker.succeed()
    assert breaker.retry_in == 0
    breaker.fail(pause_now=True)
    assert breaker.retry_in == FIRST_PAUSE
