"""The worker in a thread of the test instead of a process of its own."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from typing import IO, Any

import pytest
import torch

from ipo.digits.service import Digits
from ipo.digits.worker import main
from ipo.services.digits import service


class TrainingThread:
    """A worker that speaks through pipes like the process, without the seconds that one takes to start."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._in, self._say = _pipe()
        self._hear, self._out = _pipe()
        self._thread = threading.Thread(target=self._serve)
        self._write(request)
        self._thread.start()

    def lines(self) -> Iterator[Mapping[str, Any]]:
        for line in self._hear:
            yield json.loads(line)

    def turn(self, changes: Mapping[str, float]) -> None:
        self._write({"turn": dict(changes)})

    def stop(self) -> None:
        self._write({"stop": True})

    def close(self) -> None:
        self._say.close()
        self._thread.join()

    def _serve(self) -> None:
        torch.set_num_threads(1)
        with self._out:
            main.serve(self._in, self._out)

    def _write(self, line: Mapping[str, Any]) -> None:
        self._say.write(json.dumps(line) + "\n")
        self._say.flush()


def _pipe() -> tuple[IO[str], IO[str]]:
    read, write = os.pipe()
    return os.fdopen(read, "r"), os.fdopen(write, "w")


@pytest.fixture(autouse=True)
def training_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens digits through the services trains them in a thread."""
    monkeypatch.setattr(service, "Digits", partial(Digits, start=TrainingThread))
