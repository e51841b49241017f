"""What the panels of this page show, as values that differ when they do."""

from typing import Any

from ipo.services.workspace import Workspace


def cluster(space: Workspace) -> Any:
    connection = space.cluster_connection
    status = connection.status
    workers = [(each.address, each.running, each.used >> 26, each.refused) for each in status.workers]
    return status.state, status.address, status.under_way, workers, connection.problem, connection.busy


def project(space: Workspace) -> Any:
    return space.folder_sizes.version


def datasets(space: Workspace) -> Any:
    fetches = (space.fetches.mnist, space.fetches.mail)
    return [(fetch.version, fetch.available) for fetch in fetches], space.folder_sizes.version
