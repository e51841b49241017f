"""What an attached training says over HTTP: JSON for its state, npz for tensors.

    GET  /attached/state     ?known=17&seconds=10 → state; waits so long for another version than `known`
    GET  /attached/specs     → {"specs": [...]}, of all tensors that were seen
    GET  /attached/history   ?since=0 → npz: `steps`, and each column under `column/{key}`
    GET  /attached/step/{n}  → {"keys": [...], "notes": {...}}: what there is of step n
    GET  /attached/step/{n}/tensors  ?keys=a&keys=b → npz with these tensors of step n
    POST /attached/step      {"n": 5, "until": {"kind": "loss", "threshold": 0.1}} → state; holds it then
    POST /attached/hold, /attached/release   {} → state
    POST /attached/pin       {"step": 3, "pinned": true} → state
    POST /attached/plan      {"step_bytes": 4194304, "followed": ["head"]} → state; from the next step on

Every request carries `Authorization: Bearer TOKEN`. Errors are `{"error": message}`. A request tells the
training that somebody looks: while nobody does, nothing but its loss is captured.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ipo.inspector import archive
from ipo.inspector.attach.attachment import Attachment
from ipo.inspector.capture.snapshots import Evicted, Snapshot
from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.http.guard import Guard
from ipo.inspector.http.requests import BadRequest, TooLarge, read_body, read_until, refusals

MOST_SECONDS = 20.0  # that a request for news waits
MOST_STEPS = 1_000_000  # of one request
MOST_FOLLOWED = 10_000

_NPZ = "application/octet-stream"
_STATUS: Mapping[int, tuple[type[Exception], ...]] = {
    404: (IndexError,),
    410: (Evicted,),
    413: (TooLarge,),
    422: (ValueError, UnknownName, BadRequest),
    500: (Exception,),
}


def application(attachment: Attachment) -> Starlette:
    """The server of one training."""

    def route(path: str, method: str, answer: Callable[..., Awaitable[Response]]) -> Route:
        async def heard(request: Request) -> Response:
            attachment.gate.heard()
            return await answer(attachment, request)

        return Route(f"/attached{path}", heard, methods=[method])

    app = Starlette(
        routes=[
            route("/state", "GET", _state),
            route("/specs", "GET", _specs),
            route("/history", "GET", _history),
            route("/step/{n:int}", "GET", _keys),
            route("/step/{n:int}/tensors", "GET", _tensors),
            route("/step", "POST", _step),
            route("/hold", "POST", partial(_control, attachment.hold)),
            route("/release", "POST", partial(_control, attachment.release)),
            route("/pin", "POST", _pin),
            route("/plan", "POST", _plan),
        ],
        exception_handlers=refusals(_STATUS),
    )
    app.add_middleware(Guard, token=attachment.token)
    return app


async def _state(attachment: Attachment, request: Request) -> Response:
    known, seconds = (request.query_params.get(name, default) for name, default in _WAITING)
    if not known.isdecimal() or not seconds.isdecimal():
        raise BadRequest("known and seconds should be whole numbers.")
    patience = min(float(seconds), MOST_SECONDS)
    if patience:
        await run_in_threadpool(attachment.wait_for_news, int(known), patience)
        attachment.gate.heard()
    return JSONResponse(await run_in_threadpool(attachment.described))


_WAITING = (("known", "0"), ("seconds", "0"))


async def _specs(attachment: Attachment, request: Request) -> Response:
    version, specs = attachment.specs_version, attachment.inspector.specs
    return JSONResponse({"specs_version": version, "specs": [asdict(spec) for spec in specs.values()]})


async def _history(attachment: Attachment, request: Request) -> Response:
    since = request.query_params.get("since", "0")
    if not since.isdecimal():
        raise BadRequest(f"since is {since!r}; a step from 0 on would be right.")

    def content() -> bytes:
        history = attachment.inspector.get_history(int(since))
        columns = {f"column/{key}": column for key, column in history.columns.items()}
        return archive.npz({"steps": np.asarray(history.steps), **columns})

    return Response(await run_in_threadpool(content), media_type=_NPZ)


async def _keys(attachment: Attachment, request: Request) -> Response:
    step = attachment.inspector.get_step(request.path_params["n"])
    return JSONResponse({"keys": [*step, *step.packed], "notes": dict(step.notes)})


async def _tensors(attachment: Attachment, request: Request) -> Response:
    step = attachment.inspector.get_step(request.path_params["n"])
    names = request.query_params.getlist("keys")
    for name in names:
        if name not in step and name not in step.packed:
            raise UnknownName(unknown("tensor", name, step, owner=f"step {step.step}"))

    def content() -> bytes:
        return archive.npz({f"tensor/{at}": _values(step, name) for at, name in enumerate(names)})

    return Response(await run_in_threadpool(content), media_type=_NPZ)


def _values(step: Snapshot, name: str) -> NDArray[Any]:
    return step[name] if name in step else step.packed[name].numpy()


async def _step(attachment: Attachment, request: Request) -> Response:
    body = await read_body(request, n=(int, 1), until=(dict | None, None))
    if not 1 <= body["n"] <= MOST_STEPS:
        raise BadRequest(f"n is {body['n']}; 1 to {MOST_STEPS} steps at a time would be right.")
    attachment.allow(body["n"], None if body["until"] is None else read_until(body["until"]))
    return JSONResponse(attachment.described())


async def _control(act: Callable[[], None], attachment: Attachment, request: Request) -> Response:
    await read_body(request)
    act()
    return JSONResponse(attachment.described())


async def _pin(attachment: Attachment, request: Request) -> Response:
    body: dict[str, Any] = await read_body(request, step=(int, None), pinned=(bool, True))
    (attachment.inspector.pin if body["pinned"] else attachment.inspector.unpin)(body["step"])
    attachment.changed()
    return JSONResponse(attachment.described())


async def _plan(attachment: Attachment, request: Request) -> Response:
    body = await read_body(request, step_bytes=(int | None, None), followed=(list, []))
    if not all(isinstance(one, str) for one in body["followed"]) or len(body["followed"]) > MOST_FOLLOWED:
        raise BadRequest(f"followed should be at most {MOST_FOLLOWED} names of tensors or layers.")
    attachment.inspector.plan.change(budget_bytes=body["step_bytes"], followed=body["followed"])
    attachment.changed()
    return JSONResponse(attachment.described())
