"""The app as `streamlit run` starts it, in a fork of a process that has imported the large libraries.

To import them takes a server longer than most browser tests do. What is of this project is imported by each
server anew.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.app_server import ROOT, AppServer, ServerProcess

_LIBRARIES = [
    "streamlit.web.cli",
    "streamlit.web.bootstrap",
    "torch",
    "xgboost",
    "sklearn.cluster",
    "sklearn.model_selection",
    "scipy.stats",
    "pandas",
    "pydantic.main",
    "pyarrow.parquet",
    "plotly.subplots",
]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(_LIBRARIES)


class ForkedServer(AppServer):
    """An `AppServer` that starts within a second."""

    def _launch(self, arguments: Sequence[str], env: Mapping[str, str], log: Path) -> ServerProcess:
        return _Fork(arguments, env, log)


class _Fork:
    """A `Popen` of `python -m streamlit`, as far as `AppServer` needs one."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self._process = _CONTEXT.Process(target=_run_streamlit, args=(arguments, dict(env), log), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def send_signal(self, how: int) -> None:
        os.kill(self.pid, how)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("streamlit", timeout or 0)
        return self._process.exitcode


def _run_streamlit(arguments: Sequence[str], env: Mapping[str, str], log: Path) -> None:
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(ROOT)
    sys.argv = ["streamlit", *arguments]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
