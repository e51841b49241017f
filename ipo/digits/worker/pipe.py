"""The lines of JSON that go between a worker and whoever started it."""

import json
import queue
import threading
import time
from collections.abc import Mapping
from typing import IO, Any

from ipo.digits.training.messages import Message
from ipo.jobs import Cancelled

_PACE = 0.2  # seconds between two lines of progress


class Lines:
    """Writes lines; a queue for messages and a `Progress` in one."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._said = 0.0
        self._heard = True
        self.stopping = threading.Event()

    def say(self, **line: Any) -> None:
        with self._lock:
            if self._heard:
                try:
                    self._out.write(json.dumps(line) + "\n")
                    self._out.flush()
                except BrokenPipeError:  # whoever asked is gone, and what was learnt is kept all the same
                    self._heard = False
                    self.stopping.set()

    def put(self, message: Message, /) -> None:
        self.say(message=message.record())

    def report(self, fraction: float, message: str = "") -> None:
        now = time.monotonic()
        if now - self._said >= _PACE:
            self._said = now
            self.say(progress=fraction, text=message)

    def check(self) -> None:
        if self.stopping.is_set():
            raise Cancelled("training")


class Control:
    """Listens to what comes in, from the first line on: torch takes seconds to be there."""

    def __init__(self, lines_in: IO[str], lines: Lines) -> None:
        self._in, self._lines = lines_in, lines
        self.turns: queue.SimpleQueue[Mapping[str, float]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="ipo-control", daemon=True).start()

    def _listen(self) -> None:
        for line in self._in:
            order = json.loads(line)
            if "turn" in order:
                self.turns.put(order["turn"])
            if "stop" in order:
                break
        self._lines.stopping.set()
