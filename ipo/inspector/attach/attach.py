"""`ipo.attach(model, optimizer)`: a script offers its training to the Inspect page."""

import os
import secrets
import sys
from collections.abc import Iterable
from typing import Any

from torch import nn

from ipo.inspector.attach.attachment import Attachment
from ipo.inspector.attach.routes import application
from ipo.inspector.attach.server import AttachmentServer
from ipo.inspector.capture.step_inspector import BUDGET
from ipo.inspector.loops.chosen import choose_layers, choose_optimizers
from ipo.inspector.loops.loop_watch import LoopWatch
from ipo.inspector.summaries.plan import STEP_BYTES, CapturePlan

PATIENCE = 30.0  # seconds that a held training waits for a page that is gone


def attach(
    model: nn.Module,
    optimizer: Any,
    *,
    name: str | None = None,
    hold: bool = False,
    layers: Iterable[str] | None = None,
    budget_bytes: int = BUDGET,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    patience: float = PATIENCE,
    scaler: Any = None,
    whole: Iterable[str] = (),
    step_bytes: int | None = STEP_BYTES,
) -> Attachment:
    """Offer a training to the Inspect page, of this machine or of another one, and go on with it.

    Nothing that it computes is changed. While no page looks, its loss is taken and nothing else. With `hold`
    it waits here until a page lets it go; a held training goes on by itself when the page that held it has
    been gone for `patience` seconds. `optimizer`, `layers`, `budget_bytes`, `scaler`, `whole`, `step_bytes`:
    as of `ipo.inspect`.
    `host` and `port`: where it listens; whoever knows the `token`, which is printed, may look and hold.

    Raises `TypeError` for what is no model or optimizer, `UnknownName` for a layer that does not exist and
    `OSError` where the port is taken.
    """
    optimizers = choose_optimizers(optimizer)
    if not optimizers:
        raise TypeError("There is no optimizer; the one whose steps are to be looked at would be right.")
    title = name or f"{type(model).__name__} of {os.path.basename(sys.argv[0]) or 'python'}"  # noqa: PTH119
    plan = CapturePlan(step_bytes, [whole] if isinstance(whole, str) else whole)
    attachment = Attachment(title, hold, patience, token or secrets.token_urlsafe(24), budget_bytes, plan)
    watched = choose_layers(model, layers)
    watch = LoopWatch(model, optimizers, watched, attachment.inspector, attachment.step_ended, scaler)
    attachment.open(watch, AttachmentServer(application(attachment), host, port))
    return attachment
