"""The body of a request, as far as it may be long."""

from starlette.requests import Request


async def bounded_body(request: Request, most: int) -> bytes | None:
    """`None` for one of over `most` bytes."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            return None
    return bytes(body)
