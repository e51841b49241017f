"""`ipo cluster`: what it prints can be typed, and what it starts computes."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from ipo.cluster.connection import Cluster
from ipo.cluster.local import join_command
from ipo.cluster.settings import ClusterSettings
from ipo.jobs import SILENT
from tests.support import portable_work as work
from tests.support.app_server import ROOT

_COMMAND = [sys.executable, "-c", "from ipo.cli.main import main; main()", "cluster"]
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def test_it_says_its_address_and_computes_until_it_is_ended(tmp_path: Path) -> None:
    options = ["--workers", "2", "--gpus", "1", "--port", "0", "--home", str(tmp_path)]
    command = [*_COMMAND, *options]
    with subprocess.Popen(command, env=_ENVIRONMENT, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        said = served.stdout.readline()
        address = re.search(r"tcp://[\d.:]+", said)
        assert address is not None and "2 workers" in said
        assert address[0] in served.stdout.readline()
        cluster = Cluster()
        cluster.connect(ClusterSettings(address[0]))
        assert cluster.run(work.add, (1, 2), SILENT) == 3
        assert sorted(worker.gpus for worker in cluster.status().workers) == [0, 1]
        assert cluster.capacity == 1  # images are drawn where the GPU is
        assert cluster.run(work.process, (), SILENT, gpu=True) != os.getpid()
        cluster.disconnect()
        served.send_signal(signal.SIGTERM)
        assert served.wait(60) == 0


def test_a_port_that_is_taken_and_too_many_gpus_are_said_in_a_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for options, says in (
            (["--port", str(port), "--workers", "1"], f"127.0.0.1:{port}"),
            (["--workers", "1", "--gpus", "2"], "up to one for each"),
        ):
            done = subprocess.run(
                [*_COMMAND, *options, "--home", str(tmp_path)],
                env=_ENVIRONMENT,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode != 0 and says in done.stderr
            assert "Traceback" not in done.stderr


def test_the_line_for_another_machine_names_an_address_that_it_reaches() -> None:
    assert "--host" in join_command("tcp://127.0.0.1:8786", "127.0.0.1")
    assert join_command("tcp://10.0.0.5:8786", "10.0.0.5").startswith("dask worker tcp://10.0.0.5:8786 ")
    assert socket.gethostname() in join_command("tcp://0.0.0.0:8786", "0.0.0.0")
