"""Looks for panels that are due, and has Streamlit draw them. Silent while nobody has a page open.

Woken by changes; once a second it looks by itself, for what no one announces: files that others brought.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

from ipo.services.changes import Changes
from ipo.ui.runtime.live_page import Due, Panels
from ipo.ui.runtime.rerun import Answer, request_rerun

logger = logging.getLogger("ipo.ui.watcher")

LOOK_SECONDS = 0.1  # between two looks
BUSY_SECONDS = 0.03  # instead, while the script runs of a tab that has something due
SLOW_SECONDS = 1.0  # between two looks that no change asked for


class Watcher:
    """One in a process, on the event loop of the server."""

    def __init__(
        self, panels: Panels, request: Callable[[str, Sequence[str]], Answer] = request_rerun
    ) -> None:
        self._panels, self._request = panels, request

    async def run(self, changes: Callable[[], Changes]) -> None:
        """Look until cancelled. `changes` is called when a page is open, as it may take a while before."""
        woken = asyncio.Event()
        with _waking(woken, self._panels.added):
            await woken.wait()
        with _waking(woken, await asyncio.to_thread(changes)):
            try:
                await self._look_always(woken)
            except Exception:
                logger.exception("From here on no page is drawn anew by itself")
                raise

    async def _look_always(self, woken: asyncio.Event) -> None:
        while True:
            woken.clear()
            rest = self.ask(await asyncio.to_thread(self._panels.due))
            await asyncio.sleep(min(rest, LOOK_SECONDS))
            if rest > LOOK_SECONDS:
                await _wait(woken, rest - LOOK_SECONDS if self._panels.any else None)

    def ask(self, due: Mapping[str, Sequence[Due]]) -> float:
        """Ask for what is due. Returns the seconds until the next look, if no change wakes it before."""
        rest = SLOW_SECONDS
        for tab, panels in due.items():
            if not panels:  # drawn a moment ago
                rest = min(rest, LOOK_SECONDS)
                continue
            answer = self._request(tab, [one.panel.key for one in panels])
            if answer == Answer.GONE:
                self._panels.forget(tab)
            elif answer == Answer.BUSY:
                rest = BUSY_SECONDS
            else:
                for one in panels:
                    one.note_asked(self._panels.clock())
        return rest


async def _wait(woken: asyncio.Event, seconds: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(woken.wait(), seconds)


@contextlib.contextmanager
def _waking(woken: asyncio.Event, changes: Changes) -> Iterator[None]:
    """Have every change set `woken`, whichever thread it comes from."""
    loop = asyncio.get_running_loop()

    def wake() -> None:
        if not woken.is_set():
            loop.call_soon_threadsafe(woken.set)

    end = changes.listen(wake)
    try:
        yield
    finally:
        end()
