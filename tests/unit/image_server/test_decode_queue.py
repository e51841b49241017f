"""Promises of the queue: what is alike is drawn together, in turns, and not for those who have gone."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.image_server.decode_queue import DecodeJob, DecodeQueue, QueueFull, Stopping
from ipo.image_server.limits import Limits
from tests.support.served_decoder import FATAL, PROMPT, SIZE, ServedKind, draw, some_latents
from tests.support.waiting import eventually


@pytest.fixture
def kind() -> ServedKind:
    return ServedKind()


@pytest.fixture
def queue(kind: ServedKind) -> Iterator[DecodeQueue]:
    queue = DecodeQueue(Limits(waiting_images=12, waiting_pixels=12 * SIZE * SIZE))
    yield queue
    kind.gate.set()
    queue.stop()
    queue.join(10)


class Clients:
    """Whoever submits; all of them share one decoder."""

    def __init__(self, kind: ServedKind, queue: DecodeQueue) -> None:
        self._decoder, self._queue = kind.open(Path(), {}), queue

    def submit(self, latents: NDArray[np.float32], prompt: str = PROMPT, steps: int = 2) -> DecodeJob:
        job = DecodeJob(self._decoder, latents, prompt, {"size": SIZE, "steps": steps, "tint": "none"})
        self._queue.submit(job)
        return job


@pytest.fixture
def clients(kind: ServedKind, queue: DecodeQueue) -> Clients:
    return Clients(kind, queue)


def held(kind: ServedKind, clients: Clients, count: int = 1) -> DecodeJob:
    """A job that is being drawn, and stays so until the gate opens."""
    kind.gate.clear()
    job = clients.submit(some_latents(count, seed=9))
    assert kind.begun.acquire(timeout=10)
    return job


def test_what_waits_for_the_same_prompt_and_settings_is_drawn_together(
    kind: ServedKind, clients: Clients
) -> None:
    running = held(kind, clients)
    waiting = [clients.submit(some_latents(count, seed=count)) for count in (2, 1, 3)]
    other = clients.submit(some_latents(1), steps=3)
    kind.gate.set()
    for job, count in zip(waiting, (2, 1, 3), strict=True):
        assert np.array_equal(job.images.result(10), draw(some_latents(count, seed=count)))
    assert np.array_equal(other.images.result(10), draw(some_latents(1), steps=3))
    assert len(running.images.result(10)) == 1
    assert kind.batches == [1, 4, 1, 2]  # 2 + 1 + one of 3; the other settings; the rest
    assert waiting[0].waited > 0


def test_a_large_request_lets_others_have_their_turn(kind: ServedKind, clients: Clients) -> None:
    large = held(kind, clients, 9)
    small = clients.submit(some_latents(1), prompt="another")
    kind.gate.set()
    assert np.array_equal(large.images.result(10), draw(some_latents(9, seed=9)))
    assert small.images.done()
    assert kind.batches == [4, 1, 4, 1]


def test_a_full_queue_takes_no_more_until_there_is_room(
    kind: ServedKind, clients: Clients, queue: DecodeQueue
) -> None:
    held(kind, clients, 4)
    clients.submit(some_latents(8))
    with pytest.raises(QueueFull, match="12 images are waiting already"):
        clients.submit(some_latents(1))
    assert queue.retry_after >= 1
    kind.gate.set()
    assert eventually(lambda: clients.submit(some_latents(8)) if not queue.waiting else None, "room")


def test_the_work_of_those_who_have_gone_is_not_done(kind: ServedKind, clients: Clients) -> None:
    running = held(kind, clients)
    gone, stays = clients.submit(some_latents(1)), clients.submit(some_latents(2))
    gone.images.cancel()
    running.images.cancel()
    assert kind.cancelled.wait(10)  # in the middle of an image
    kind.gate.set()
    assert np.array_equal(stays.images.result(10), draw(some_latents(2)))
    assert kind.batches == [1, 2]
    with pytest.raises(CancelledError):
        gone.images.result()


def test_one_who_stays_gets_images_though_the_others_of_the_batch_have_gone(
    kind: ServedKind, clients: Clients
) -> None:
    running = held(kind, clients)
    gone, stays = clients.submit(some_latents(1, seed=1)), clients.submit(some_latents(2))
    kind.gate.set()
    running.images.result(10)
    gone.images.cancel()
    assert np.array_equal(stays.images.result(10), draw(some_latents(2)))
    assert not kind.cancelled.is_set()


def test_latents_that_fail_fail_alone(kind: ServedKind, clients: Clients) -> None:
    held(kind, clients)
    fatal = clients.submit(np.full((1, 4, 2, 2), 1000, np.float32), prompt=FATAL)
    sound = clients.submit(some_latents(2), prompt=FATAL)
    kind.gate.set()
    with pytest.raises(MemoryError):
        fatal.images.result(10)
    assert np.array_equal(sound.images.result(10), draw(some_latents(2), prompt=FATAL))


def test_a_stop_finishes_what_has_begun_and_refuses_the_rest(
    kind: ServedKind, clients: Clients, queue: DecodeQueue
) -> None:
    running = held(kind, clients, 6)
    waiting = clients.submit(some_latents(1))
    queue.stop()
    with pytest.raises(Stopping):
        waiting.images.result(10)
    with pytest.raises(Stopping, match="Ask again"):
        clients.submit(some_latents(1))
    threading.Timer(0.05, kind.gate.set).start()
    queue.join(10)
    assert np.array_equal(running.images.result(0), draw(some_latents(6, seed=9)))
