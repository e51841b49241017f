"""A cluster of two worker processes for each module, and lanes with and without it.

It lives no longer: its scheduler is in this process, and opens files whenever it likes.
"""

from collections.abc import Iterator

import pytest
from distributed import LocalCluster

from background import Background
from ipo.cluster.connection import Cluster
from ipo.cluster.settings import ClusterSettings
from tests.support.clusters import two_workers


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalCluster]:
    with two_workers() as cluster:
        yield cluster


@pytest.fixture
def cluster(workers: LocalCluster) -> Iterator[Cluster]:
    """A connection to the two workers."""
    cluster = Cluster()
    cluster.connect(ClusterSettings(workers.scheduler_address))
    yield cluster
    cluster.disconnect()


@pytest.fixture(params=["threads", "cluster"])
def background(request: pytest.FixtureRequest) -> Iterator[Background]:
    """Lanes whose portable work is done here, and lanes that send it to two processes."""
    background = Background()
    if request.param == "cluster":
        background.engine = request.getfixturevalue("cluster")
    yield background
    background.shutdown()
