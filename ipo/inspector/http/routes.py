"""The inspector over HTTP, for notebooks and scripts: JSON for what it says, npz for tensors.

    POST /inspect/setup      {"recipe", "condition", "seed", "overrides": {…}} → state
    POST /inspect/step       {"n": 5, "until": {"kind": "loss", "threshold": 0.1}} → state
    GET  /inspect/state      → state
    GET  /inspect/history    ?since=0 → {"steps": […], "columns": {key: […]}}; what is not finite is null
    GET  /inspect/step/{n}   ?keys=a&keys=b → npz with these tensors of step n, or all
    POST /inspect/rewind     {"step": 3} → state
    POST /inspect/teardown   → state

Every request carries `Authorization: Bearer TOKEN`. Errors are `{"error": message}`. Only recipes that were
named when the server was started are run.
"""

import json
import math
import reprlib
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ipo.claims import Claimed
from ipo.datasets.errors import DatasetError
from ipo.inspector import archive
from ipo.inspector.capture.snapshots import Evicted
from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.service import InspectorService, NotSetUp
from ipo.inspector.session import Diverged, TornDown
from ipo.inspector.stopping import Until
from ipo.jobs import Cancelled
from ipo.visible import visible

MAX_BODY = 64 * 1024  # bytes of a request
MAX_STEPS = 1000  # of one request

Answer = Callable[[Request], Awaitable[Response]]


class BadRequest(ValueError):
    """The request cannot be understood."""


class TooLarge(ValueError):
    """The request has more bytes than are read."""


def application(token: str, recipes: Iterable[str], desk: InspectorService | None = None) -> Starlette:
    """The server for one desk. Ending it tears the session down."""
    desk, allowed = desk or InspectorService("the inspector's server"), tuple(recipes)

    def route(path: str, method: str, answer: Callable[..., Awaitable[Response]], *more: Any) -> Route:
        return Route(f"/inspect{path}", partial(answer, desk, *more), methods=[method])

    app = Starlette(
        routes=[
            route("/setup", "POST", _setup, allowed),
            route("/step", "POST", _step),
            route("/rewind", "POST", _rewind),
            route("/teardown", "POST", _teardown),
            route("/state", "GET", _state),
            route("/history", "GET", _history),
            route("/step/{n:int}", "GET", _tensors),
        ],
        exception_handlers={
            HTTPException: _no_such_page,
            **{kind: partial(_refused, status) for status, kinds in _STATUS.items() for kind in kinds},
        },
    )
    app.add_middleware(Guard, token=token)
    return app


class Guard:
    """Lets nobody in without the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._right = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not secrets.compare_digest(given, self._right):
                message = "The bearer token is missing or wrong; the server printed it when it started."
                await JSONResponse({"error": message}, 401)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _setup(desk: InspectorService, allowed: tuple[str, ...], request: Request) -> Response:
    body = await _body(request, recipe=(str, allowed[0]), condition=(str | None, None), seed=(int, 0),
                       overrides=(dict, {}))  # fmt: skip
    if body["recipe"] not in allowed:
        raise UnknownName(f"{unknown('recipe', body['recipe'], allowed)} The server's --recipe adds one.")
    for name, value in body["overrides"].items():
        if not isinstance(value, str | int | float | bool | None):
            raise BadRequest(f"Override {name} is {type(value).__name__}; text or a number would be right.")
    await run_in_threadpool(desk.setup, body["recipe"], body["condition"], body["seed"], body["overrides"])
    return _said(desk)


async def _step(desk: InspectorService, request: Request) -> Response:
    body = await _body(request, n=(int, 1), until=(dict | None, None))
    if not 1 <= body["n"] <= MAX_STEPS:
        raise BadRequest(f"n is {body['n']}; 1 to {MAX_STEPS} steps at a time would be right.")
    until = None if body["until"] is None else _until(body["until"])
    await run_in_threadpool(desk.session.step, body["n"], until)
    return _said(desk)


def _until(given: Mapping[str, Any]) -> Until:
    kind, threshold = given.get("kind"), given.get("threshold")
    if not given.keys() <= {"kind", "threshold"} or not isinstance(kind, str):
        raise BadRequest('until should be like {"kind": "loss", "threshold": 0.1}.')
    if threshold is None:
        return Until(kind)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not _is_finite(threshold):
        raise BadRequest(f"threshold is {_short(threshold)}; a finite number would be right.")
    return Until(kind, float(threshold))


async def _rewind(desk: InspectorService, request: Request) -> Response:
    body = await _body(request, step=(int, None))
    await run_in_threadpool(desk.session.rewind, body["step"])
    return _said(desk)


async def _teardown(desk: InspectorService, request: Request) -> Response:
    await run_in_threadpool(desk.teardown)
    return _said(desk)


async def _state(desk: InspectorService, request: Request) -> Response:
    return _said(desk)


async def _history(desk: InspectorService, request: Request) -> Response:
    since = request.query_params.get("since", "0")
    if not since.isdecimal():
        raise BadRequest(f"since is {since!r}; a step from 0 on would be right.")
    history = desk.session.history(int(since))

    def answer() -> Response:
        columns = {key: _numbers(column) for key, column in history.columns.items()}
        return JSONResponse({"steps": history.steps.tolist(), "columns": columns})

    return await run_in_threadpool(answer)


async def _tensors(desk: InspectorService, request: Request) -> Response:
    step = desk.session.get_step(request.path_params["n"])
    names = request.query_params.getlist("keys") or list(step)
    for name in names:
        if name not in step:
            raise UnknownName(unknown("tensor", name, step, owner=f"step {step.step}"))
    content = await run_in_threadpool(lambda: archive.npz({name: step[name] for name in names}))
    return Response(content, media_type="application/octet-stream")


def _said(desk: InspectorService) -> Response:
    """The state of the session, and what it was set up as."""
    session = desk.main
    if session is None:
        return JSONResponse({"active": False})
    state = asdict(session.state())
    return JSONResponse(
        {
            "active": True,
            "id": session.id,
            "recipe": session.recipe,
            "condition": session.condition,
            "seed": session.seed,
            "overrides": {name: value for name, value in session.overrides.items() if name != "data"},
            "image_shape": session.image_shape,
            "sizes": session.sizes,
            "tensors": {key: {"dims": spec.dims, "phase": spec.phase} for key, spec in session.specs.items()},
            **state,
            "loss": None if state["loss"] is None else _numbers(np.array(state["loss"])),
        }
    )


async def _body(request: Request, **fields: tuple[Any, Any]) -> dict[str, Any]:
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


def _is_finite(number: int | float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        return False  # a whole number beyond those that a float reaches


def _short(value: Any) -> str:
    """A value from a request, for a message."""
    return visible(reprlib.repr(value))


def _numbers(values: NDArray[np.float32]) -> Any:
    """Lists of numbers; JSON has no NaN, so that what is not finite becomes null."""
    finite = np.isfinite(values)
    shown = values.astype(object)
    shown[~finite] = None
    return (values if finite.all() else shown).tolist()


async def _no_such_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{request.method} {request.url.path}: {error.detail}"}, error.status_code)


async def _refused(status: int, request: Request, error: Exception) -> Response:
    message = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return JSONResponse({"error": message or type(error).__name__}, status)


_STATUS: Mapping[int, tuple[type[Exception], ...]] = {
    404: (IndexError,),
    400: (ClientDisconnect,),  # which nobody is there to read
    409: (Claimed, NotSetUp, TornDown, Cancelled),
    410: (Evicted,),
    413: (TooLarge,),
    422: (ValueError, UnknownName, BadRequest),
    500: (Diverged, Exception),
    503: (DatasetError,),
}
