"""The app as `streamlit run` starts it, in a fork: in less than a second."""

import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.app_server import ROOT, AppServer, ServerProcess
from tests.support.forks import Fork


class ForkedServer(AppServer):
    """An `AppServer` that starts fast."""

    def _launch(self, arguments: Sequence[str], env: Mapping[str, str], log: Path) -> ServerProcess:
        return Fork(_run_streamlit, arguments, env, log)


def _run_streamlit(arguments: Sequence[str], env: Mapping[str, str], log: Path) -> None:
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(ROOT)
    sys.path[:0] = [path for path in env["PYTHONPATH"].split(os.pathsep) if path not in sys.path]
    sys.argv = ["streamlit", *arguments]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
