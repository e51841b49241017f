"""Runs the image server until SIGTERM or Ctrl-C; what has begun is finished then, and nothing else begun."""

import asyncio
import logging
import re
import socket
import time
from collections.abc import Callable

import numpy as np
import uvicorn
from starlette.applications import Starlette

from ipo.image_server.guard import is_loopback
from ipo.image_server.limits import Limits
from ipo.image_server.offered import OfferedDecoder
from ipo.image_server.routes import ImageService, application
from ipo.jobs import SILENT

logger = logging.getLogger("ipo.image_server")

FIRST_PROMPT = "a first image"
_KEEP_ALIVE = 30  # seconds that an idle connection stays open
_BACKLOG = 64
_LAST_SECONDS = 10.0  # for a batch whose clients have gone: a GPU is not left in the middle of it


def serve(
    offered: OfferedDecoder,
    host: str,
    port: int,
    token: str,
    size: int,
    say: Callable[[str], object],
    limits: Limits | None = None,
) -> None:
    """Serve a decoder. `say` is told when the first image is drawn and requests are taken.

    Raises `ValueError` for what cannot be served, and `OSError` when the port is taken.
    """
    check_door(host, token)
    _log_to_stderr()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # it may be started again at once
        listening.bind((host, port))  # before weights are read, if that is in vain
        seconds = draw_first(offered, size)
        service = ImageService(offered, limits)
        listening.listen(_BACKLOG)
        address = f"[{host}]" if ":" in host else host
        say(f"{offered.identity} on {offered.default.info.device}: {size}² in {seconds:.2f} s")
        say(f"http://{address}:{listening.getsockname()[1]} answers{' with the token' if token else ''}")
        ImageServerProcess(application(service, token), service).run(sockets=[listening])


def check_door(host: str, token: str) -> None:
    """Raises `ValueError` for a door open to everybody, and for a token that no header can hold."""
    if not re.fullmatch(r"[!-~]*", token):
        raise ValueError(
            "The token has spaces or characters beyond ASCII; letters and digits would be right."
        )
    if not token and not is_loopback(host):
        raise ValueError(
            f"Whoever reaches {host} could use the server. Set IPO_DECODER_TOKEN (or --token) to a long "
            "random text, or leave --host at 127.0.0.1 and use a tunnel."
        )


def draw_first(offered: OfferedDecoder, size: int) -> float:
    """Seconds that an image takes. The first one reads the weights, before anybody waits for it."""
    decoder, settings = offered.default, offered.default_settings
    latents = np.random.default_rng(0).standard_normal((1, *decoder.info.latent_shape(size)), np.float32)
    for _ in range(2):
        began = time.monotonic()
        decoder.decode(latents, FIRST_PROMPT, {"size": size, **settings}, context=SILENT)
    return time.monotonic() - began


def _log_to_stderr() -> None:
    """One line a request, for whoever runs the server."""
    root = logging.getLogger("ipo")
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        root.addHandler(handler)
    root.setLevel(logging.INFO)


class ImageServerProcess(uvicorn.Server):
    """uvicorn, which stops gently: see `DecodeQueue.stop`."""

    def __init__(self, app: Starlette, service: ImageService) -> None:
        limits: Limits = service.limits
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_level="warning",
                backlog=_BACKLOG,
                limit_concurrency=limits.connections,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=round(limits.grace_seconds),
            )
        )
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logger.info("stopping: what has begun is finished")
        self._service.queue.stop()
        await super().shutdown(sockets)
        await asyncio.to_thread(self._service.queue.join, _LAST_SECONDS)
        logger.info("stopped")
