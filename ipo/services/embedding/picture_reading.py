"""Reading the pictures of folders in the background, a few at a time: judging begins with the first."""

from collections.abc import Callable
from functools import partial

from background import Background, Lane
from ipo.error_text import error_text
from ipo.jobs import Cancelled, Progress, Work
from ipo.pictures.pool import PicturePool
from ipo.services.lanes import submit_on


class PictureReading:
    """What is being read. Every public method is quick and safe to call from any thread."""

    def __init__(self, background: Background, on_more: Callable[[PicturePool], None]) -> None:
        """`on_more` hears of each pool that has other pictures, or is read; it runs on the lane's thread."""
        self._submit = partial(
            submit_on, background, Lane.EMBED, expected=(OSError, ValueError, ArithmeticError, RuntimeError)
        )
        self._on_more = on_more
        self._work: dict[PicturePool, Work] = {}
        self._stopped: set[PicturePool] = set()

    def begin(self, pool: PicturePool) -> None:
        """Look what is in the folder now, and read what is not known yet, unless that is under way."""
        if pool.begin():
            self._stopped.discard(pool)
            self._next(pool, scan)

    def stop(self, pool: PicturePool) -> None:
        """Read no more of a folder; what is read stays, and can be judged."""
        self._stopped.add(pool)
        work = self._work.get(pool)
        if work is not None:
            work.cancel()

    def _next(self, pool: PicturePool, step: Callable[[PicturePool, Progress], bool]) -> None:
        self._work[pool] = self._submit(
            step,
            pool,
            on_done=partial(self._done, pool),
            on_error=partial(self._failed, pool),
            label="read pictures",
        )

    def _done(self, pool: PicturePool, more: bool) -> None:
        if more and pool not in self._stopped:
            self._next(pool, read_some)
        else:
            self._end(pool)
        self._on_more(pool)

    def _failed(self, pool: PicturePool, error: BaseException) -> None:
        self._end(pool, "" if isinstance(error, Cancelled) else error_text(error))
        self._on_more(pool)

    def _end(self, pool: PicturePool, problem: str = "") -> None:
        self._work.pop(pool, None)
        pool.end(problem)


def scan(pool: PicturePool, progress: Progress) -> bool:
    """Look what is in a folder. Raises as `PicturePool.scan` does."""
    pool.scan(progress)
    return True


def read_some(pool: PicturePool, progress: Progress) -> bool:
    """Read a few pictures; whether there were any. Raises as `PicturePool.read_some` does."""
    return pool.read_some(progress)
