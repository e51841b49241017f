"""A training that can be looked into from other processes, as its script holds it."""

import atexit
import logging
import os
import socket
import sys
import threading
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any

from ipo.inspector.attach.announcements import Announcement, announce, withdraw
from ipo.inspector.attach.gate import Gate
from ipo.inspector.attach.server import AttachmentServer
from ipo.inspector.capture.finiteness import NotFinite
from ipo.inspector.capture.snapshots import runs_of
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import SPECS, StepTensorKey, by_key
from ipo.inspector.loops.loop_watch import LoopWatch
from ipo.inspector.stopping import Stop, Until
from ipo.inspector.summaries.plan import CapturePlan

logger = logging.getLogger(__name__)

LOOKED_SECONDS = 10.0  # after a page's last word, in which tensors are still captured
GOODBYE_SECONDS = 1.0  # in which pages hear that the training is over


class Attachment:
    """What a script holds while its training can be looked into; closing it leaves the training alone."""

    def __init__(
        self,
        name: str,
        hold: bool,
        patience: float,
        token: str,
        budget_bytes: int,
        plan: CapturePlan | None = None,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.name = name
        self.token = token
        self.url = ""
        self.inspector = StepInspector(
            by_key([SPECS[StepTensorKey.LOSS]]), budget_bytes, plan=plan or CapturePlan()
        )
        self.gate = Gate(hold, patience, self._say, self.changed)
        self.stop: Stop | None = None
        self.over = False
        self.version = 0
        self.specs_version = 0
        self._until: Until | None = None
        self._known_specs: Mapping[str, Any] = self.inspector.specs
        self._news = threading.Condition()
        self._watch: LoopWatch | None = None
        self._server: AttachmentServer | None = None
        self._announcement: Announcement | None = None

    def open(self, watch: LoopWatch, server: AttachmentServer) -> None:
        """Watch for those whom `server` answers, and wait if the training is to be held."""
        self._server = server
        self.url = server.url
        self._announcement = announce(self.name, self.url, self.token)
        atexit.register(self.close)
        self._watch = watch
        watch.paused = not self._is_looked_at()
        watch.attach()
        self._say(f"Training {self.name} can be looked into at {self.url}, token {self.token}")
        if self.gate.held:
            self._say("It waits for the Inspect page: choose it there under Trainings, or Ctrl-C here.")
            self.gate.wait()

    def close(self) -> None:
        """Offer the training no longer. It goes on; pages are told that it left."""
        if self.over:
            return
        self.over = True
        atexit.unregister(self.close)
        self.gate.release()
        if self._watch is not None:
            self._watch.detach()
        if self._announcement is not None:
            withdraw(self._announcement)
        if self._server is not None:
            self._server.stop(GOODBYE_SECONDS if self.gate.heard_within(LOOKED_SECONDS) else 0.0)

    def __enter__(self) -> "Attachment":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def allow(self, steps: int, until: Until | None = None) -> None:
        """Let it take so many steps, fewer where `until` says so, or at a NaN."""
        self.stop, self._until = None, until
        self.gate.allow(steps)

    def hold(self) -> None:
        self.gate.hold()

    def release(self) -> None:
        """Let it run, whatever it meets."""
        self.stop = self._until = None
        self.gate.release()

    def step_ended(self, broken: NotFinite | None) -> None:
        """Called by the training after each step; returns when it is to go on."""
        if self.over:
            return
        self.stop = self._stop_of(broken)
        if self.stop is not None:
            self.gate.hold()
        self.gate.step_done()
        if self._watch is not None:
            self._watch.paused = not self._is_looked_at()

    def wait_for_news(self, known: int, seconds: float) -> None:
        """Return when `version` is another than `known`, or after so many seconds."""
        with self._news:
            self._news.wait_for(lambda: self.version != known, seconds)

    def described(self) -> dict[str, Any]:
        """What it says of itself, in JSON."""
        inspector, stop = self.inspector, self.stop
        steps = inspector.step
        loss = inspector.value(StepTensorKey.LOSS, steps - 1) if steps else None
        return {
            "id": self.id,
            "name": self.name,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": self.version,
            "specs_version": self.specs_version,
            "steps": steps,
            "runs": runs_of(inspector.retained),
            "pinned": inspector.pinned,
            "nbytes": inspector.nbytes,
            "budget": inspector.budget,
            "plan": asdict(inspector.plan.state),
            "sizes": dict(inspector.sizes),
            "loss": None if loss is None or loss != loss or loss in (float("inf"), -float("inf")) else loss,
            "notes": dict(inspector.notes),
            "stopped": None
            if stop is None
            else {"kind": stop.kind, "message": stop.message, "step": stop.step},
            "held": self.gate.held,
            "waiting": self.gate.waiting,
            "over": self.over,
        }

    def _stop_of(self, broken: NotFinite | None) -> Stop | None:
        """Why a training that is stepped is to be held now; one that runs free is not."""
        step = self.inspector.step - 1
        if not self.gate.held:
            return None
        until = self._until
        if broken is not None and (broken.ends or (until is not None and until.kind == "nan")):
            return Stop(
                "nan" if broken.has_nan else "inf", str(broken), broken.step, broken.key, broken.phase
            )
        if until is not None and until.column is not None:
            reason = until.reached(self.inspector.value(until.column, step))
            if reason is not None:
                return Stop("until", reason, step)
        return None

    def _is_looked_at(self) -> bool:
        return self.gate.held or self.gate.heard_within(LOOKED_SECONDS)

    def changed(self) -> None:
        """Something is another than before: whoever waits for news gets it."""
        with self._news:
            if self.inspector.specs is not self._known_specs:
                self._known_specs = self.inspector.specs
                self.specs_version += 1
            self.version += 1
            self._news.notify_all()

    def _say(self, text: str) -> None:
        print(f"ipo: {text}", file=sys.stderr, flush=True)  # noqa: T201 - a script's user reads it there
