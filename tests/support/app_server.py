"""The real app on a free loopback port, for browser tests and benches."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[2]
MAIN_SCRIPT = ROOT / "ipo/ui/main.py"  # what the app in app.py runs for each tab
START_SECONDS = 60


class ServerProcess(Protocol):
    """What an `AppServer` asks of a `Popen`."""

    pid: int

    def send_signal(self, how: int, /) -> None: ...
    def kill(self) -> None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class AppServer:
    """One `streamlit run` process on one project folder."""

    def __init__(
        self,
        home: Path,
        script: str = "app.py",
        base_path: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self._env = dict(env or {})
        self._script = script
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}" + (f"/{base_path}" if base_path else "")
        self._base_path = base_path
        self._process: ServerProcess | None = None

    def start(self) -> None:
        log = self.home.parent / f"{self.home.name}.server.log"
        arguments = ["run", self._script, "--server.headless=true", f"--server.port={self.port}"]
        arguments += [f"--server.baseUrlPath={self._base_path}"]
        packages = os.pathsep.join(filter(None, [str(ROOT), self._env.get("PYTHONPATH")]))
        env = {**os.environ, **self._env, "IPO_HOME": str(self.home), "PYTHONPATH": packages}
        env["PYTHONDONTWRITEBYTECODE"] = ""  # every start compiles the whole project where this is set
        self._process = self._launch(arguments, env, log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return
            except OSError:  # not there yet, or too busy to answer
                time.sleep(0.1)
        raise TimeoutError(f"The app did not start: {log}")

    def _launch(self, arguments: Sequence[str], env: Mapping[str, str], log: Path) -> ServerProcess:
        command = [sys.executable, "-m", "streamlit", *arguments]
        with open(log, "ab") as file:
            return subprocess.Popen(command, cwd=ROOT, env=env, stdout=file, stderr=file)

    @contextlib.contextmanager
    def running(self) -> Iterator["AppServer"]:
        """The server within, and none behind it."""
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        self.stop(signal.SIGKILL)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """The server answers nobody for a while, as under load."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def limit_files(self, most: int) -> None:
        """Let the server open no more than so many files from now on."""
        assert self._process is not None
        resource.prlimit(self._process.pid, resource.RLIMIT_NOFILE, (most, most))

    def peaks(self) -> dict[str, float]:
        """The most memory that the server and each process it has started ever had, in MB, by their place."""
        assert self._process is not None
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        children = [int(pid) for task in tasks for pid in task.read_text().split()]
        pids = {"server": self._process.pid} | {f"child_{at}": pid for at, pid in enumerate(children)}
        return {name: _peak(pid) for name, pid in pids.items()}

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """End the server; its exit code, negative where a signal cut it off, `None` if there was none."""
        if self._process is None:
            return None
        self._process.send_signal(how)
        try:
            code = self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process = None
        return code


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
