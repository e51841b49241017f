"""A long run costs what its history says: no files, no threads, and a few bytes a step."""

import gc
import os
import threading
import tracemalloc

from ipo.inspector.findings.record import WINDOW
from tests.unit.inspector.small import session

WARM, LONG = WINDOW + 50, 150  # steps; a full ring and all that findings look back at, and what is measured
BUDGET = 2**20  # bytes of the ring: about twenty steps
OBJECTS_A_STEP, BYTES_A_STEP = 3, 2000  # a point of the curves, and now and then a checkpoint


def held() -> tuple[int, int, int, int]:
    """Objects, bytes, files and threads of this process."""
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    return len(gc.get_objects()), size, len(os.listdir("/proc/self/fd")), threading.active_count()


def test_many_steps_leave_nothing_behind() -> None:
    made = session(budget=BUDGET, check=False)
    tracemalloc.start()
    try:
        made.step(WARM)
        objects, size, files, threads = held()
        made.step(LONG)
        more_objects, more_size, more_files, more_threads = held()
    finally:
        tracemalloc.stop()
        made.teardown()
    assert (more_files, more_threads) == (files, threads)
    assert more_objects - objects < OBJECTS_A_STEP * LONG
    assert more_size - size < BYTES_A_STEP * LONG
