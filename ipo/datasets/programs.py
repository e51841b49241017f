"""Runs a program that downloads or computes, so that it can be cancelled meanwhile."""

import os
import signal
import subprocess
import time
from pathlib import Path

from ipo.jobs import Progress


class SourceFailed(Exception):
    """This source cannot give the data set; another may."""


def run_program(command: list[str], folder: Path, progress: Progress, seconds: float, telling: slice) -> None:
    """Run a program in `folder` until it ends, is cancelled or takes too long.

    Raises `SourceFailed` with the lines of its output that `telling` cuts out, and what `progress` raises.
    """
    name = Path(command[0]).name
    deadline = time.monotonic() + seconds
    with open(folder / "output.txt", "w+b") as output:
        try:
            # A session of its own, so that whatever it starts can be ended with it.
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise SourceFailed(f"{command[0]} cannot be run: {error.strerror}") from error
        try:
            while process.poll() is None:
                progress.check()
                if time.monotonic() > deadline:
                    raise SourceFailed(f"{name} did not end within {seconds:.0f} s")
                time.sleep(0.05)
        finally:
            _end(process)
        if process.returncode:
            output.seek(0)
            said = [line for line in output.read().decode(errors="replace").splitlines() if line.strip()]
            raise SourceFailed("\n".join(said[telling]) or f"{name} ended with code {process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
