"""Requests in JSON, read with suspicion, and errors as `{"error": message}`."""

import json
import math
import reprlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ipo.inspector.errors import unknown
from ipo.inspector.stopping import Until
from ipo.visible import visible

MAX_BODY = 64 * 1024  # bytes of a request


class BadRequest(ValueError):
    """The request cannot be understood."""


class TooLarge(ValueError):
    """The request has more bytes than are read."""


async def read_body(request: Request, **fields: tuple[Any, Any]) -> dict[str, Any]:
    """The JSON object of a request; each field has a type and a value for when it is left out."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_BODY:
            raise TooLarge(f"A request has at most {MAX_BODY} bytes.")
    try:
        given = json.loads(content or b"{}")
    except ValueError as error:
        raise BadRequest(f"The request is not JSON: {error}") from None
    except RecursionError:
        raise BadRequest("The request has lists or objects in one another too deeply.") from None
    if not isinstance(given, dict):
        raise BadRequest("The request should be a JSON object.")
    for name in given:
        if name not in fields:
            raise BadRequest(unknown("field", name, fields))
    for name, (kind, default) in fields.items():
        value = given.setdefault(name, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise BadRequest(f"{name} is {_short(value)}; {getattr(kind, '__name__', kind)} would be right.")
    return given


def read_until(given: Mapping[str, Any]) -> Until:
    """What a session is to be stepped until. Raises `BadRequest`, and `ValueError` as `Until`."""
    kind, threshold = given.get("kind"), given.get("threshold")
    if not given.keys() <= {"kind", "threshold"} or not isinstance(kind, str):
        raise BadRequest('until should be like {"kind": "loss", "threshold": 0.1}.')
    if threshold is None:
        return Until(kind)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not _is_finite(threshold):
        raise BadRequest(f"threshold is {_short(threshold)}; a finite number would be right.")
    return Until(kind, float(threshold))


def refusals(status: Mapping[int, tuple[type[Exception], ...]]) -> dict[Any, Any]:
    """Handlers of an application that answer exceptions of these kinds with these codes."""
    return {
        HTTPException: _no_such_page,
        **{kind: partial(_refused, code) for code, kinds in status.items() for kind in kinds},
    }


def _is_finite(number: int | float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        return False  # a whole number beyond those that a float reaches


def _short(value: Any) -> str:
    """A value from a request, for a message."""
    return visible(reprlib.repr(value))


async def _no_such_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{request.method} {request.url.path}: {error.detail}"}, error.status_code)


async def _refused(status: int, request: Request, error: Exception) -> Response:
    message = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return JSONResponse({"error": message or type(error).__name__}, status)
