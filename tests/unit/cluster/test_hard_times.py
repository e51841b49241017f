"""Workers that are killed, a scheduler that goes away and comes back, and whom nobody should connect to."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from background import Background, JobStatus, Lane
from ipo.cluster import scheduler
from ipo.cluster.connection import Cluster, State
from ipo.cluster.settings import ClusterSettings, TLSFiles, WhenLost
from ipo.jobs import SILENT
from tests.support import portable_work as work
from tests.support.clusters import two_workers
from tests.support.lanes import HANG, drain
from tests.support.waiting import eventually


@pytest.fixture
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.shutdown()


def test_work_of_a_worker_that_is_killed_is_done_by_another(
    background: Background, cluster: Cluster, tmp_path: Path
) -> None:
    background.engine = cluster
    by: list[int] = []
    job = background.submit(Lane.XGB, work.die_once, tmp_path / "died", on_done=by.append, label="die")
    assert job.wait(HANG)
    assert (tmp_path / "died").exists()
    assert job.status == JobStatus.OK and by != [os.getpid()]


def test_a_worker_that_is_killed_takes_no_other_job_along(
    background: Background, cluster: Cluster, tmp_path: Path
) -> None:
    background.engine = cluster
    began, ended = tmp_path / "began", tmp_path / "ended"
    turning = background.submit(Lane.TRAIN, work.turn, began, ended, label="turn")
    eventually(began.exists, "the work")
    first = int(eventually(began.read_text, "its process"))
    os.kill(first, signal.SIGKILL)
    added: list[int] = []
    background.submit(Lane.CV, work.add, 1, 2, on_done=added.append, label="add").wait(HANG)
    assert added == [3]
    eventually(lambda: began.read_text() not in ("", str(first)), "the work elsewhere")
    turning.cancel()
    assert turning.wait(HANG) and turning.status == JobStatus.CANCELLED


def test_without_a_scheduler_work_under_way_is_done_here(background: Background, tmp_path: Path) -> None:
    by: list[int] = []
    with two_workers() as workers:
        cluster = Cluster()
        cluster.connect(ClusterSettings(workers.scheduler_address))
        background.engine = cluster
        job = background.submit(Lane.CV, work.process, 3.0, on_done=by.append, label="where")
        eventually(lambda: job.status == JobStatus.RUNNING and cluster.status().under_way, "the work")
    assert job.wait(HANG)
    assert by == [os.getpid()]
    eventually(lambda: cluster.status().state == State.LOST, "that it is lost")
    background.submit(Lane.CV, work.process, on_done=by.append, label="where")
    drain(background)
    assert by == [os.getpid()] * 2
    cluster.disconnect()
    assert cluster.status().state == State.OFF


def test_work_waits_for_a_scheduler_that_comes_back_if_that_is_chosen(background: Background) -> None:
    port = _free_port()
    by: list[int] = []
    cluster = Cluster()
    with two_workers(port):
        cluster.connect(ClusterSettings(f"tcp://127.0.0.1:{port}", WhenLost.WAIT))
        background.engine = cluster
        job = background.submit(Lane.CV, work.process, 3.0, on_done=by.append, label="where")
        eventually(lambda: cluster.status().under_way, "the work")
    eventually(lambda: "Waiting for" in job.message, "that it waits")
    assert job.in_flight
    with two_workers(port):
        assert job.wait(HANG)
        assert by and by != [os.getpid()]
        cluster.disconnect()


def test_waiting_work_can_be_cancelled(background: Background) -> None:
    cluster = Cluster()
    with two_workers() as workers:
        cluster.connect(ClusterSettings(workers.scheduler_address, WhenLost.WAIT))
        background.engine = cluster
        job = background.submit(Lane.CV, work.process, 3.0, label="where")
        eventually(lambda: cluster.status().under_way, "the work")
    eventually(lambda: "Waiting for" in job.message, "that it waits")
    job.cancel()
    assert job.wait(HANG) and job.status == JobStatus.CANCELLED
    cluster.disconnect()


def test_workers_of_other_versions_are_refused_by_name(
    workers: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = dict(scheduler.own_versions()) | {"numpy": "0.1"}
    theirs = scheduler.own_versions
    monkeypatch.setattr(scheduler, "differences", lambda _, there: _differences(ours, there))
    cluster = Cluster()
    with pytest.raises(ValueError, match=r"numpy 0\.1 here, 2") as refused:
        cluster.connect(ClusterSettings(workers.scheduler_address))
    assert "tcp://" in str(refused.value)
    assert not cluster.ready and cluster.status().state == State.OFF
    assert theirs()["numpy"] != "0.1"


_differences = scheduler.differences


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (ClusterSettings("tcp://127.0.0.1:1"), "ipo cluster"),
        (
            ClusterSettings("tls://127.0.0.1:1", tls=TLSFiles("/no/ca.pem", "/no/cert.pem", "/no/key.pem")),
            "/no/ca.pem",
        ),
        (ClusterSettings("tls://127.0.0.1:1"), "three PEM files"),
        (
            ClusterSettings("tls://127.0.0.1:1", tls=TLSFiles("", "cert.pem", "key.pem")),
            "authority is missing",
        ),
        (ClusterSettings("tcp://127.0.0.1:1", tls=TLSFiles("ca", "cert", "key")), "begins with tls://"),
        (ClusterSettings("127.0.0.1"), "would be one"),
    ],
)
def test_what_is_no_scheduler_is_said(
    settings: ClusterSettings, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "CONNECT_SECONDS", 1)
    cluster = Cluster()
    with pytest.raises(ValueError, match=says):
        cluster.connect(settings)
    assert cluster.status().problem and not cluster.ready


def test_two_clients_hear_of_their_own_jobs_alone(workers: LocalCluster, cluster: Cluster) -> None:
    other = Cluster()
    other.connect(ClusterSettings(workers.scheduler_address))
    assert [each.run(work.add, (1, number), SILENT) for number, each in enumerate((cluster, other))] == [1, 2]
    other.disconnect()
    assert cluster.ready and cluster.run(work.add, (2, 2), SILENT) == 4


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
