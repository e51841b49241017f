"""A lane for floors that know of no lanes: `partial(submit_on, background, lane)` is a `Submit`."""

from collections.abc import Callable
from typing import Any

from background import Background, Job, JobStatus, Lane
from ipo.jobs import Cancelled


def submit_on(
    background: Background,
    lane: Lane,
    fn: Callable[..., Any],
    /,
    *args: Any,
    on_done: Callable[[Any], None],
    on_error: Callable[[BaseException], None],
    label: str,
    expected: tuple[type[Exception], ...] = (OSError,),
) -> Job:
    """Queue `fn(*args)` on a lane. `on_error` gets `Cancelled` for what was cancelled."""

    def end(job: Job) -> None:
        if job.status != JobStatus.OK:
            on_error(job.error or Cancelled(job.label))

    return background.submit(lane, fn, *args, on_done=on_done, on_end=end, expected=expected, label=label)
