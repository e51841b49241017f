"""The image server over HTTP.

    POST /decode   form: latents (npz), prompt, settings (JSON) → zip of PNGs
                   Accept: image/png → one PNG; Accept: application/x-npz → npz of the pixels
    GET  /models   ?size=448&size=512 → the decoder, what may be chosen, and the shapes of its latents
    GET  /progress/{id}   of a request with that id → how far it is, with previews; 204 if nothing is newer
                   than ?seen=, 404 where no such request is under way
    GET  /health   → {"status": "ready"}, without a token; 503 while it is being stopped

Errors are `{"error": sentence}`. A client that goes away takes its images out of the work.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ipo.decoders.remote import array_npz, images_zip
from ipo.decoders.remote.description import Models
from ipo.error_text import error_text
from ipo.image_server.decode_queue import DecodeJob, DecodeQueue, QueueFull, Stopping
from ipo.image_server.guard import TokenGuard
from ipo.image_server.limits import Limits
from ipo.image_server.offered import OfferedDecoder
from ipo.image_server.request_body import DecodeBody, TooLarge, TooSlow, read_body
from ipo.image_server.request_log import GONE, RequestLog, metrics_of
from ipo.images import encode_png

_JSON = "application/json"
MOST_SIZES = 32  # of one question


class OtherDecoder(RuntimeError):
    """The client wants images of another decoder, or of other weights."""


class DecodeFailed(RuntimeError):
    """The decoder could not draw, for a reason of its own."""


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class ImageService:
    """What the routes share."""

    def __init__(self, offered: OfferedDecoder, limits: Limits | None = None) -> None:
        self.offered = offered
        self.limits = limits or Limits()
        self.queue = DecodeQueue(self.limits)
        self.watched: dict[str, DecodeJob] = {}  # by the id that their clients gave them, while under way

    def job(self, body: DecodeBody) -> DecodeJob:
        """The work for a request. Raises `ValueError` for what cannot be drawn, and `OtherDecoder`."""
        if body.expected is not None and body.expected != self.offered.identity:
            raise OtherDecoder(
                f"This server draws with {self.offered.identity}; {body.expected} would be right. Start it "
                "with those, or ask another server."
            )
        self.limits.check(len(body.latents), body.size)
        decoder, settings = self.offered.decoder_for(body.chosen)
        shape = tuple(decoder.info.latent_shape(body.size))
        if body.latents.shape[1:] != shape:
            wanted = ", ".join(map(str, shape))
            raise ValueError(
                f"Latents have shape {body.latents.shape}; images of {body.size} pixels need (B, {wanted})."
            )
        if not np.isfinite(body.latents).all():
            raise ValueError("A latent has NaN or Inf; finite numbers would be right.")
        watched = bool(body.request_id)
        return DecodeJob(decoder, body.latents, body.prompt, {"size": body.size, **settings}, watched)


def application(service: ImageService, token: str) -> Starlette:
    """The server for one decoder."""
    return Starlette(
        routes=[
            Route("/decode", partial(_decode, service), methods=["POST"]),
            Route("/progress/{id}", partial(_progress, service), methods=["GET"]),
            Route("/models", partial(_models, service), methods=["GET"]),
            Route("/health", partial(_health, service), methods=["GET"]),
        ],
        middleware=[Middleware(RequestLog), Middleware(TokenGuard, token=token)],
        exception_handlers={
            HTTPException: _no_such_page,
            QueueFull: partial(_try_later, service),
            Stopping: partial(_try_later, service),
            **{kind: partial(_refused, status) for kind, status in _STATUS.items()},
        },
    )


async def _decode(service: ImageService, request: Request) -> Response:
    if service.queue.stopping:  # before the body is read
        raise Stopping("The server is being stopped. Ask again when it was started anew.")
    body = await read_body(request, service.limits)
    job = await run_in_threadpool(service.job, body)
    metrics = metrics_of(request.scope)
    metrics.images, metrics.size = len(job.latents), body.size
    if body.request_id in service.watched:
        raise ValueError("A request of this id is under way already; another id would be right.")
    service.queue.submit(job)
    if job.watched:
        service.watched[body.request_id] = job
    try:
        images = await _unless_gone(request, job)
    finally:
        service.watched.pop(body.request_id, None)
        metrics.waited, metrics.decoded = job.waited, job.decoded
    return await run_in_threadpool(_answer, service, job, images, request.headers.get("accept", ""))


async def _unless_gone(request: Request, job: DecodeJob) -> NDArray[np.uint8]:
    """The images of a job. Raises `ClientGone` where its client went, whose images are drawn no more."""
    images = asyncio.ensure_future(asyncio.wrap_future(job.images))
    gone = asyncio.ensure_future(_wait_until_gone(request))
    try:
        await asyncio.wait((images, gone), return_when=asyncio.FIRST_COMPLETED)
        if not images.done():
            raise ClientGone
        return images.result()
    except (MemoryError, OSError, RuntimeError, TypeError, ArithmeticError, LookupError) as error:
        if isinstance(error, Stopping):
            raise
        raise DecodeFailed(error_text(error)) from error
    finally:
        images.cancel()
        gone.cancel()


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _answer(service: ImageService, job: DecodeJob, images: NDArray[np.uint8], accept: str) -> Response:
    if accept.startswith(array_npz.MEDIA_TYPE):  # as they are, for a network that is quicker than PNG
        return Response(array_npz.write("images", images), media_type=array_npz.MEDIA_TYPE)
    pngs = [encode_png(image) for image in images]
    if accept.startswith("image/png"):
        if len(pngs) != 1:
            raise ValueError(
                f"{len(pngs)} images are no single PNG; Accept: {images_zip.MEDIA_TYPE} would be right."
            )
        return Response(pngs[0], media_type="image/png")
    about = {
        "decoder": asdict(service.offered.identity),
        "settings": dict(job.settings),
        "waited": round(job.waited, 4),
        "decoded": round(job.decoded, 4),
    }
    return Response(images_zip.write(pngs, about), media_type=images_zip.MEDIA_TYPE)


async def _models(service: ImageService, request: Request) -> Response:
    asked = request.query_params.getlist("size")
    if len(asked) > MOST_SIZES or not all(text.isdecimal() and len(text) < 6 for text in asked):
        raise ValueError(f"Up to {MOST_SIZES} sizes in pixels would be right, such as /models?size=448.")
    sizes = [int(text) for text in asked]
    said = await run_in_threadpool(service.offered.describe, sizes, service.queue.seconds_per_image)
    return JSONResponse(asdict(Models((said,))))


async def _progress(service: ImageService, request: Request) -> Response:
    job, seen = service.watched.get(request.path_params["id"]), request.query_params.get("seen", "0")
    if job is None:
        return JSONResponse({"error": "No request of this id is under way."}, 404)
    progress = job.progress.newer(int(seen) if seen.isdecimal() and len(seen) < 10 else 0)
    return Response(status_code=204) if progress is None else Response(progress.to_json(), media_type=_JSON)


async def _health(service: ImageService, request: Request) -> Response:
    if service.queue.stopping:
        return JSONResponse({"status": "stopping"}, 503)
    return JSONResponse({"status": "ready"})


async def _no_such_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{request.method} {request.url.path}: {error.detail}."}, error.status_code)


async def _try_later(service: ImageService, request: Request, error: Exception) -> Response:
    headers = {"Retry-After": str(service.queue.retry_after)}
    return JSONResponse({"error": str(error)}, 503, headers)


async def _refused(status: int, request: Request, error: Exception) -> Response:
    return JSONResponse({"error": error_text(error)}, status)


_STATUS: Mapping[type[Exception], int] = {
    ClientDisconnect: GONE,  # which nobody is there to read, as with `ClientGone`
    ClientGone: GONE,
    OtherDecoder: 409,
    TooLarge: 413,
    array_npz.ArrayTooLarge: 413,
    TooSlow: 408,
    ValueError: 422,
    DecodeFailed: 500,
}
