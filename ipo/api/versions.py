"""Server-sent events that say *that* something is another, by a number; a browser then asks for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from ipo.api.digits.view import digits_version
from ipo.api.mail.view import mailbox_version
from ipo.api.preference.view import preference_version
from ipo.services.workspace import Workspace

KEEP_ALIVE_SECONDS = 15.0  # so that no proxy takes a silent stream for a dead one
FOLLOW_SECONDS = 0.5  # instead, where other programs may write what is shown, or time alone changes it
PAUSE_SECONDS = 0.05  # from one look to the next
RECONNECT_MS = 500  # until a browser asks again for a stream that it lost
_FOLLOWED = {"digits", "mail", "inspector"}
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class OpenStreams:
    """The streams of one server, which waits at its end until every answer is complete. Not thread-safe."""

    def __init__(self) -> None:
        self.closed = False
        self._wakes: set[asyncio.Event] = set()

    def add(self, wake: asyncio.Event) -> None:
        """Have `wake` set when the server ends."""
        self._wakes.add(wake)

    def discard(self, wake: asyncio.Event) -> None:
        self._wakes.discard(wake)

    def close(self) -> None:
        """Let every stream end, also those that are asked for later."""
        self.closed = True
        for wake in self._wakes:
            wake.set()


class Versions:
    """Streams of the version of what a tab shows.

    That is a session (`?preference=`), a set of images (`?digits=`) or of mails (`?mail=`), or the panels of
    an Inspect page (`?inspector=`).
    """

    def __init__(self, workspace: Callable[[], Workspace], streams: OpenStreams) -> None:
        self._workspace, self._streams = workspace, streams

    async def stream(self, request: Request) -> StreamingResponse:
        return StreamingResponse(
            self._numbers(request.query_params), headers=_HEADERS, media_type="text/event-stream"
        )

    async def _numbers(self, shown: Mapping[str, str]) -> AsyncIterator[str]:
        rest = FOLLOW_SECONDS if _FOLLOWED & shown.keys() else KEEP_ALIVE_SECONDS
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        workspace = await run_in_threadpool(self._workspace)

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(changed.set)

        stop_listening = workspace.changes.listen(wake)
        self._streams.add(changed)
        try:
            yield f"retry: {RECONNECT_MS}\n\n"
            version = None
            while not self._streams.closed:
                newest = await run_in_threadpool(_version, workspace, shown)
                if newest != version:
                    version = newest
                    yield f"data: {version}\n\n"
                await asyncio.sleep(PAUSE_SECONDS)
                if not await _is_set(changed, rest):
                    yield ":\n\n"
                changed.clear()
        finally:
            stop_listening()
            self._streams.discard(changed)


def _version(workspace: Workspace, shown: Mapping[str, str]) -> int:
    if "inspector" in shown:
        content = workspace.live_contents.find(shown["inspector"])
        return 0 if content is None else content.version()
    if "digits" in shown:
        service = workspace.open_digits(shown["digits"])
        if service is not None and service.follow_labels():
            workspace.changes.notify()
        return digits_version(service)
    if "mail" in shown:
        mailbox = workspace.open_mailbox(shown["mail"])
        if mailbox is not None and mailbox.follow_labels():
            workspace.changes.notify()
        return mailbox_version(mailbox)
    return preference_version(workspace.open_session(shown.get("preference", "")))


async def _is_set(event: asyncio.Event, seconds: float) -> bool:
    """Whether an event is set within some seconds."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
