"""The process-wide workspace: one per project folder, shared by every tab and every reload."""

import logging
import threading
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from background import Background, Lane
from ipo.decoders.settings import Value
from ipo.logs import start_logging
from ipo.pictures.pool import PicturePool
from ipo.preference.session import PreferenceSession
from ipo.preference.storage.sessions import SessionInfo, SessionKey, key_of
from ipo.preference.storage.trash import DeletedSession, SessionsOnDisk, read_sessions
from ipo.project import why_unusable
from ipo.registry import FAMILIES
from ipo.services.changes import Changes
from ipo.services.dataset_fetch import Fetches
from ipo.services.decoders.latest_weights import LatestWeights
from ipo.services.decoders.open_decoders import OpenDecoders
from ipo.services.embedding.picture_reading import PictureReading
from ipo.services.embedding.row_embeddings import RowEmbeddings
from ipo.services.gallery_data import GalleryData
from ipo.services.inspector.live_content import LiveContents
from ipo.services.inspector.tensor_store import TensorStore
from ipo.services.lanes import submit_on
from ipo.services.latent_traversal import LatentTraversal
from ipo.services.ridge_diagnostics import RidgeDiagnostics
from ipo.services.session_jobs import SessionJobs
from ipo.services.settings.cluster_connection import ClusterConnection
from ipo.services.settings.folder_sizes import FolderSizes
from ipo.visible import visible
from value_model import train_and_record

if TYPE_CHECKING:
    from ipo.services.digits.service import DigitsService, DigitsServices
    from ipo.services.inspector.jobs import InspectionJobs
    from ipo.services.mail.mailbox import Mailbox
    from ipo.services.mail.services import MailServices

logger = logging.getLogger("ipo.services.workspace")


@dataclass(frozen=True)
class _Analysis:
    """What is looked into of one session."""

    gallery: GalleryData
    diagnostics: RidgeDiagnostics
    traversal: LatentTraversal


class Workspace:
    """The lanes and the open sessions of one project folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.changes = Changes()
        self.background = Background(on_change=self.changes.notify)
        self.session_jobs = SessionJobs(self.background)
        self.fetches = Fetches(home, self.background)
        self.latest_weights = LatestWeights(home, self.background, FAMILIES)
        connect = partial(submit_on, self.background, Lane.CONNECT, expected=(OSError, ValueError))
        self.cluster_connection = ClusterConnection(home, self.background, self.changes.notify)
        self.decoders = OpenDecoders(home, connect, self.cluster_connection.cluster)
        self.folder_sizes = FolderSizes(home, connect)
        self.picture_reading = PictureReading(self.background, self._more_pictures)
        self.row_embeddings = RowEmbeddings(home, self.background, self._train)
        self.tensors = TensorStore()
        self.live_contents = LiveContents()
        self._inspection: InspectionJobs | None = None
        self._digits_services: DigitsServices | None = None
        self._mail_services: MailServices | None = None
        self.archived: list[SessionInfo] = []
        self.deleted: list[DeletedSession] = []  # and in the trash
        self._on_disk: list[SessionKey] = []
        self._titles: dict[SessionKey, str] = {}
        self._sessions: dict[SessionKey, PreferenceSession] = {}
        self._analyses: dict[PreferenceSession, _Analysis] = {}
        self._lock = threading.Lock()
        self._decode = partial(submit_on, self.background, Lane.DECODE)
        self._logging = False
        self._start_logging()
        self.list_sessions()

    @property
    def problem(self) -> str:
        """Why nothing can be saved in the project folder; empty if it can."""
        return self._start_logging()

    def _start_logging(self) -> str:
        """Why that is not possible; empty if it is."""
        if not self._logging:
            try:
                start_logging(self.home)
            except OSError as error:
                return why_unusable(self.home, error)
            self._logging = True
        return ""

    @property
    def inspection(self) -> "InspectionJobs":
        """The inspector of this process."""
        from ipo.services.inspector.jobs import (
            InspectionJobs,  # brings torch: 2 s that no other page has to wait for
        )

        with self._lock:
            if self._inspection is None:
                self._inspection = InspectionJobs(self.home, self.background)
        return self._inspection

    @property
    def digits_services(self) -> "DigitsServices":
        """What is taught in this process."""
        from ipo.services.digits.service import DigitsServices  # brings torch

        with self._lock:
            if self._digits_services is None:
                self._digits_services = DigitsServices(self.home, self.background)
        return self._digits_services

    @property
    def mail_services(self) -> "MailServices":
        """The sets of mails that are taught in this process."""
        from ipo.services.mail.services import MailServices  # brings scikit-learn and the embedding

        with self._lock:
            if self._mail_services is None:
                self._mail_services = MailServices(self.home, self.background)
        return self._mail_services

    def open_digits(self, source: str) -> "DigitsService | None":
        """The service of a set of images if it is at work in this process; nothing is opened."""
        services = self._digits_services
        return None if services is None else services.opened(source)

    def open_mailbox(self, name: str) -> "Mailbox | None":
        """The mailbox of a set of mails if it is at work in this process; nothing is opened."""
        services = self._mail_services
        return None if services is None else services.open_mailbox(name)

    def session(self, key: SessionKey) -> PreferenceSession:
        """The session for a key, opened in the background. Raises `ValueError` for an impossible size."""
        with self._lock:
            session = self._sessions.get(key)
        if session is not None:
            return session
        source = self.decoders.get(key)  # may ask a server, unless it is ready: nobody else waits for that
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                session = PreferenceSession(self.home, key, source, self._decode, self._train)
                self._sessions[key] = session
                session.open()
                self.background.submit(
                    Lane.DECODE, session.folder.title, on_done=partial(self.retitle, key), label="read title"
                )
                logger.info("open %s", key)
        if session.pool is not None:
            self.picture_reading.begin(session.pool)
        return session

    def session_if_ready(self, key: SessionKey) -> PreferenceSession | None:
        """The session for a key; `None` while servers are asked for its decoder, or if it does not open."""
        with self._lock:
            session = self._sessions.get(key)
        if session is not None or not self.decoders.ready(key):
            return session
        try:
            return self.session(key)
        except ValueError as error:
            logger.info("%s does not open: %s", key, error)
            return None

    def open_session(self, id_: str) -> PreferenceSession | None:
        """The session of an id if it is at work in this process; nothing is opened."""
        with self._lock:
            return next((session for key, session in self._sessions.items() if key.id == id_), None)

    def gallery_data(self, session: PreferenceSession) -> GalleryData:
        """Rows, values and verdicts of an open session."""
        return self._analysis(session).gallery

    def diagnostics(self, session: PreferenceSession) -> RidgeDiagnostics:
        """λ path and learning curve of an open session's Ridge model."""
        return self._analysis(session).diagnostics

    def traversal(self, session: PreferenceSession) -> LatentTraversal:
        """The line of an open session."""
        return self._analysis(session).traversal

    def close_session(self, key: SessionKey) -> None:
        """Forget a session that is going to leave its folder; nothing is decoded for it any more."""
        with self._lock:
            session = self._sessions.pop(key, None)
            self._on_disk = [other for other in self._on_disk if other != key]
            if session is not None:
                self._analyses.pop(session, None)
            others = [other.source for other in self._sessions.values()]
        if session is not None:
            if session.pool is not None and session.pool not in others:
                self.picture_reading.stop(session.pool)
            session.queue.pause()
            logger.info("close %s", key)

    def set_on_machine(self, decoder: str, name: str, value: Value) -> None:
        """Set one thing for a decoder, and open its sessions anew. Raises `OSError` or `ValueError`."""
        self.decoders.set_on_machine(decoder, name, value)
        self.reopen(decoder)

    def reopen(self, decoder: str) -> None:
        """Open a decoder anew, and its sessions."""
        self.decoders.forget(decoder)
        with self._lock:
            keys = [key for key in self._sessions if key.decoder == decoder]
        for key in keys:
            self.close_session(key)
        self.list_sessions()

    def sessions(self) -> dict[str, SessionKey]:
        """Sessions to choose from, by id: those opened since the start, then those with rows on disk.

        Without the archived ones.
        """
        archived = {info.key for info in self.archived}
        with self._lock:
            keys = [*reversed(self._sessions), *self._on_disk]
        return {key.id: key for key in keys if key not in archived}

    def find(self, id_: str) -> SessionKey:
        """The session of an id. Raises `ValueError` if it is not here."""
        return self.sessions().get(id_) or key_of(self.home, id_)

    def title(self, key: SessionKey) -> str:
        """The title that somebody gave a session; empty if nobody did."""
        return self._titles.get(key, "")

    def name(self, key: SessionKey) -> str:
        """What a session is called."""
        return visible(self.title(key) or key.name)

    def names(self) -> dict[str, str]:
        """What to call each session in a list, by id; those that share a name say which they are."""
        names = {id_: self.name(key) for id_, key in self.sessions().items()}
        counts = Counter(names.values())
        return {id_: f"{name} · {id_[:4]}" if counts[name] > 1 else name for id_, name in names.items()}

    def retitle(self, key: SessionKey, title: str) -> None:
        """Take over the title that a session has on disk."""
        self._titles[key] = title

    def latent_shape(self, key: SessionKey) -> tuple[int, ...]:
        """Shape of a session's latents. Raises `ValueError` for a session that cannot be opened here."""
        return self.decoders.get(key).info.latent_shape(key.size)

    def refresh(self, key: SessionKey) -> None:
        """Let a session that is open know of what came into its folder, or went, by other hands."""
        with self._lock:
            session = self._sessions.get(key)
        if session is not None:
            session.refresh()
            if session.pool is not None:
                self.picture_reading.begin(session.pool)

    def list_sessions(self) -> None:
        """Look again which sessions are on disk."""

        def adopt(found: SessionsOnDisk) -> None:
            self._titles |= {info.key: info.title for info in found.sessions}
            self.archived = [info for info in found.sessions if info.archived]
            self._on_disk = [info.key for info in found.sessions]
            self.deleted = found.deleted

        self.background.submit(Lane.DECODE, read_sessions, self.home, on_done=adopt, label="list sessions")

    def _analysis(self, session: PreferenceSession) -> _Analysis:
        with self._lock:
            analysis = self._analyses.get(session)
            if analysis is None:
                analysis = self._analyses[session] = _Analysis(
                    GalleryData(session, self._decode),
                    RidgeDiagnostics(session.state, partial(submit_on, self.background, Lane.CV)),
                    LatentTraversal(session, self._decode),
                )
        return analysis

    def _more_pictures(self, pool: PicturePool) -> None:
        """Those who wait for a picture of a folder look again."""
        with self._lock:
            sessions = [session for session in self._sessions.values() if session.source is pool]
        for session in sessions:
            session.queue.refill()

    def _train(self, session: PreferenceSession) -> None:
        train_and_record(session.state, self.background, on_adopt=session.queue.predict_again)
        self.row_embeddings.update(session)
