"""Asks a server how far a request is, while its images are made. Needs httpx.

The server is asked again and again, rather than let its answer to the request trickle: proxies hold back
answers that are not complete. What goes wrong here costs only the news.
"""

import asyncio
from collections.abc import Callable

import httpx

from ipo.decoders.remote.progress import DecodeProgress, parse_progress

FIRST_SECONDS = 0.4  # an image that takes less is never asked for
EVERY_SECONDS = 0.35
_SLOWEST = (
    5.0  # where nothing is known: a server of an older version, or behind a proxy that spreads requests
)
_PATIENCE = 5.0
_MOST_BYTES = 4_000_000


async def watch_progress(
    client: httpx.AsyncClient, request_id: str, on_progress: Callable[[DecodeProgress], None]
) -> None:
    """Call `on_progress` with all that is new, until cancelled."""
    seen, pause = 0, EVERY_SECONDS
    await asyncio.sleep(FIRST_SECONDS)
    while True:
        try:
            progress = await _ask(client, request_id, seen)
        except (httpx.HTTPError, ValueError, LookupError):
            pause = min(2 * pause, _SLOWEST)
        else:
            pause = EVERY_SECONDS
            if progress is not None:
                seen = progress.version
                on_progress(progress)
        await asyncio.sleep(pause)


async def _ask(client: httpx.AsyncClient, request_id: str, seen: int) -> DecodeProgress | None:
    """How far it is; `None` where that is known.

    Raises `httpx.HTTPError`, `LookupError` where the server does not know, `ValueError` for another answer.
    """
    content = bytearray()
    params = {"seen": seen}
    async with client.stream("GET", f"progress/{request_id}", params=params, timeout=_PATIENCE) as answer:
        if answer.status_code == httpx.codes.NO_CONTENT:
            return None
        if answer.status_code != httpx.codes.OK:
            raise LookupError(answer.status_code)
        async for part in answer.aiter_bytes():
            content += part
            if len(content) > _MOST_BYTES:
                raise ValueError(f"more than {_MOST_BYTES:,} bytes")
    return parse_progress(bytes(content))
