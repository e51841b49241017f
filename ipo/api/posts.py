"""What a browser posts: from pages of this server only, bounded, answered on a thread."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.token import has_token


async def answer_post(request: Request, most: int, answer: Callable[[bytes], Response]) -> Response:
    """`answer` gets a body of up to `most` bytes; without the token it is 403, a longer body 413."""
    if not has_token(request):
        return PlainTextResponse("This page is of another run of the server. Reload it.", 403)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            return PlainTextResponse(f"The request is over {most:,} bytes; fewer would be right.", 413)
    return await run_in_threadpool(answer, bytes(body))
