"""The cluster that this process computes on, as the environment, the project folder or the page says."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from background import Background, Job, Lane
from ipo.cluster.connection import Cluster, ClusterStatus
from ipo.cluster.settings import ClusterSettings, load_settings, save_settings
from ipo.error_text import error_text
from ipo.services.exclusive_job import ExclusiveJob

logger = logging.getLogger("ipo.services.settings.cluster_connection")


class ClusterConnection:
    """Connects on lane `connect`, and keeps the choice for the next start. Every tab sees the same."""

    def __init__(self, home: Path, background: Background, on_change: Callable[[], None]) -> None:
        self.cluster = Cluster(on_change)
        self.wanted: ClusterSettings | None = None
        self._home, self._problem = home, ""
        self._work = ExclusiveJob(background, Lane.CONNECT, self)
        background.engine = self.cluster
        self._begin()

    @property
    def status(self) -> ClusterStatus:
        return self.cluster.status()

    @property
    def busy(self) -> bool:
        """Whether a scheduler is being asked."""
        return self._work.busy

    @property
    def problem(self) -> str:
        """Why there is no connection, or why the choice was not kept; empty if all is well."""
        return self._problem or self._work.problem or self.status.problem

    @property
    def job(self) -> Job | None:
        return self._work.job

    def connect(self, settings: ClusterSettings) -> None:
        """Connect from now on, and at the next start; `problem` says why not, if so."""
        try:
            settings.check()
        except ValueError as error:
            self._problem = str(error)
            return
        self.wanted = settings
        self._keep(settings)
        self._connect(settings)

    def disconnect(self) -> None:
        """Compute here alone, from now on."""
        self.wanted = None
        self._keep(None)
        self.cluster.disconnect()
        self._work.dismiss()

    def _begin(self) -> None:
        try:
            self.wanted = load_settings(self._home)
        except ValueError as error:
            self._problem = str(error)
            return
        if self.wanted is not None:
            self._connect(self.wanted)

    def _connect(self, settings: ClusterSettings) -> None:
        self._work.start(
            partial(self.cluster.connect, settings), f"connect to {settings.address}", (ValueError,)
        )

    def _keep(self, settings: ClusterSettings | None) -> None:
        self._problem = ""
        try:
            save_settings(self._home, settings)
        except OSError as error:
            self._problem = f"The address was not kept for the next start: {error_text(error)}"
            logger.warning("%s", self._problem)
