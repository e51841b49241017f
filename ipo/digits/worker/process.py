"""The process that trains, seen from the one that asked for it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ipo

_PATIENCE = 60.0  # seconds until a process that was told to end is ended
_ROOT = Path(ipo.__file__).resolve().parent.parent


class TrainingProcess:
    """Starts `ipo.digits.worker.main` with a request. A new interpreter, which runs nothing of this one.

    It has the same working folder, so that relative paths in the request mean the same to it.
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 – closed in `close`
        paths = filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ipo.digits.worker.main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            encoding="utf-8",
        )
        self._lock = threading.Lock()
        self._say(request)

    @property
    def pid(self) -> int:
        """Of the process that trains."""
        return self._process.pid

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """What the process says, until it ends; an end without a last word becomes an error."""
        assert self._process.stdout is not None
        last: Mapping[str, Any] = {}
        for line in self._process.stdout:
            last = json.loads(line)
            yield last
        code = self._process.wait(_PATIENCE)
        if not last.keys() & {"done", "error"}:
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
            if code == -signal.SIGKILL:
                how += ", as the system does where memory runs out"
            kept = "What was learnt up to its last epoch is kept."
            yield {"error": f"The training process {how}. {kept} {self._last_words()}".strip()}

    def turn(self, changes: Mapping[str, float]) -> None:
        self._say({"turn": dict(changes)})

    def stop(self) -> None:
        self._say({"stop": True})

    def close(self) -> None:
        """End the process, if it has not ended yet."""
        if self._process.poll() is None:
            self._say({"stop": True})
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was left to say to a process that is gone
                    pipe.close()

    def _say(self, line: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        with self._lock, contextlib.suppress(OSError, ValueError):  # it has ended; `lines` tells how
            self._process.stdin.write(json.dumps(line) + "\n")
            self._process.stdin.flush()

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else ""
