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

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ipo.claims import Claimed
from ipo.datasets.errors import DatasetError
from ipo.inspector import archive
from ipo.inspector.capture.snapshots import Evicted
from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.http.guard import Guard
from ipo.inspector.http.requests import BadRequest, TooLarge, read_body, read_until, refusals
from ipo.inspector.service import InspectorService, NotSetUp
from ipo.inspector.session import Diverged, TornDown
from ipo.jobs import Cancelled

MAX_STEPS = 1000  # of one request

Answer = Callable[[Request], Awaitable[Response]]


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
        exception_handlers=refusals(_STATUS),
    )
    app.add_middleware(Guard, token=token)
    return app


async def _setup(desk: InspectorService, allowed: tuple[str, ...], request: Request) -> Response:
    body = await read_body(request, recipe=(str, allowed[0]), condition=(str | None, None), seed=(int, 0),
                       overrides=(dict, {}))  # fmt: skip
    if body["recipe"] not in allowed:
        raise UnknownName(f"{unknown('recipe', body['recipe'], allowed)} The server's --recipe adds one.")
    for name, value in body["overrides"].items():
        if not isinstance(value, str | int | float | bool | None):
            raise BadRequest(f"Override {name} is {type(value).__name__}; text or a number would be right.")
    await run_in_threadpool(desk.setup, body["recipe"], body["condition"], body["seed"], body["overrides"])
    return _said(desk)


async def _step(desk: InspectorService, request: Request) -> Response:
    body = await read_body(request, n=(int, 1), until=(dict | None, None))
    if not 1 <= body["n"] <= MAX_STEPS:
        raise BadRequest(f"n is {body['n']}; 1 to {MAX_STEPS} steps at a time would be right.")
    until = None if body["until"] is None else read_until(body["until"])
    await run_in_threadpool(desk.session.step, body["n"], until)
    return _said(desk)


async def _rewind(desk: InspectorService, request: Request) -> Response:
    body = await read_body(request, step=(int, None))
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


def _numbers(values: NDArray[np.float32]) -> Any:
    """Lists of numbers; JSON has no NaN, so that what is not finite becomes null."""
    finite = np.isfinite(values)
    shown = values.astype(object)
    shown[~finite] = None
    return (values if finite.all() else shown).tolist()


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
