"""A reverse proxy that serves an app below a path of which the app knows nothing, as JupyterHub's does."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def prefix_proxy(prefix: str, port: int) -> Iterator[str]:
    """The address at which what a server on `port` offers is to be had below `prefix`, as `/a/b`."""
    started = threading.Event()
    addresses: list[str] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        server = await asyncio.start_server(_Connections(prefix, port).pass_on, "127.0.0.1", 0)
        addresses.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{prefix}/")
        started.set()

    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(serve(), loop)
    assert started.wait(10)
    try:
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


class _Connections:
    """Passes each connection on, one request a connection, so that only its first line is rewritten."""

    def __init__(self, prefix: str, port: int) -> None:
        self._prefix, self._port = prefix.encode(), port

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, rest = head.split(b" ", 2)
            if not path.startswith(self._prefix + b"/"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            else:
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
                rest = rest if b"upgrade:" in rest.lower() else _closing(rest)
                inner_writer.write(b" ".join((method, path.removeprefix(self._prefix), rest)))
                await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
        writer.close()


def _closing(head: bytes) -> bytes:
    """A request that is the last of its connection."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
