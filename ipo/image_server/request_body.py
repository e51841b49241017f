"""What a client sends to `POST /decode`: `latents`, `prompt`, `settings`, perhaps `expected` and `id`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from ipo import records
from ipo.decoders.remote import array_npz
from ipo.decoders.remote.description import Identity, parse_identity
from ipo.decoders.remote.progress import check_request_id
from ipo.decoders.settings import Value
from ipo.image_server.limits import Limits

_FIELDS = ("prompt", "settings", "expected", "id")
_HOW = "multipart/form-data with latents (an npz file), prompt and settings (JSON) would be right"


class TooLarge(ValueError):
    """The request has more bytes than are read."""


class TooSlow(ValueError):
    """The request did not arrive in time."""


@dataclass(frozen=True)
class DecodeBody:
    """One request, as it was sent: nothing but its form is checked."""

    latents: NDArray[np.float32]
    prompt: str
    size: int
    chosen: Mapping[str, Value]  # settings but the size
    expected: Identity | None  # the decoder that its images have to come from
    request_id: str  # by which its client asks how far it is; empty if it does not


async def read_body(request: Request, limits: Limits) -> DecodeBody:
    """Raises `TooLarge`, `TooSlow`, and `ValueError` for what cannot be understood."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limits.body_bytes:
        raise TooLarge(_too_large(limits))
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ValueError(f"The request is {request.headers.get('content-type', 'of no type')!r}; {_HOW}.")
    try:
        async with asyncio.timeout(limits.body_seconds):
            form = await _bounded(request, limits).form(
                max_files=1, max_fields=len(_FIELDS), max_part_size=limits.settings_bytes
            )
    except TimeoutError as error:
        raise TooSlow(f"The request did not arrive within {limits.body_seconds:g} s.") from error
    except HTTPException as error:  # what Starlette says of a form that is none
        raise ValueError(f"The form cannot be read: {error.detail} {_HOW}.") from error
    try:
        return await _parse(form, limits)
    finally:
        await form.close()


def _bounded(request: Request, limits: Limits) -> Request:
    """The same request, which breaks off when more comes than is read."""
    read = 0

    async def receive() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > limits.body_bytes:
            raise TooLarge(_too_large(limits))
        return message

    return Request(request.scope, receive)


def _too_large(limits: Limits) -> str:
    return f"The request has more than {limits.body_bytes:,} bytes. Send fewer latents at a time."


async def _parse(form: FormData, limits: Limits) -> DecodeBody:
    file = form.get("latents")
    texts = {name: form.get(name, "") for name in _FIELDS}
    if not isinstance(file, UploadFile):
        raise ValueError(f"The form has no file “latents”; {_HOW}.")
    for name in form:
        if name != "latents" and name not in texts:
            raise ValueError(f"The form has {name!r}; {_HOW}.")
    prompt, settings, expected, request_id = (str(texts[name]) for name in _FIELDS)
    if len(prompt) > limits.prompt:
        raise ValueError(f"The prompt has {len(prompt)} characters; up to {limits.prompt} would be right.")
    chosen: dict[str, Value] = {}
    if settings:
        chosen = records.parse(settings.encode(), _SETTINGS, "settings", limits.settings_bytes)
    size = chosen.pop("size", None)
    if not isinstance(size, int) or isinstance(size, bool):
        raise ValueError('The settings name no size in pixels; {"size": 448} would be right.')
    content = await file.read()
    latents = await run_in_threadpool(array_npz.read, content, "latents", np.float32, limits.latent_bytes)
    identity = parse_identity(expected.encode()) if expected else None
    known_as = check_request_id(request_id) if request_id else ""
    return DecodeBody(latents, prompt, size, chosen, identity, known_as)


_SETTINGS = TypeAdapter(dict[str, Value])
