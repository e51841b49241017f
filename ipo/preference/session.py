"""A preference session at work: its lock, and the order of steps from an event to the disk and the models."""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ipo.decoders.protocol import Decoder
from ipo.error_text import error_text
from ipo.jobs import Submit
from ipo.pictures.pool import PicturePool
from ipo.preference import latents
from ipo.preference.apply_events import EventApplier
from ipo.preference.candidates import Candidate
from ipo.preference.dataset import PreferenceDataset
from ipo.preference.events import Event
from ipo.preference.loading import Loaded, load
from ipo.preference.notices import Notice, nothing_to_show, settings_not_kept
from ipo.preference.proposals.choose_picture import POOL_PROPOSERS
from ipo.preference.proposals.proposers import PROPOSERS
from ipo.preference.queue import CandidateQueue
from ipo.preference.recent_judgements import RecentJudgements
from ipo.preference.reconcile import FolderChanges, FolderReconciler, read_changes
from ipo.preference.settings import Settings, load_settings, save_settings
from ipo.preference.state import PreferenceState
from ipo.preference.storage.numbered_folders import Damaged
from ipo.preference.storage.pairs import Pair
from ipo.preference.storage.rows import Row
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from ipo.preference.storage.skips import Skip
from ipo.preference.storage.stores import Stores
from ipo.preference.view import SessionView, listed_acts, recent_judgement
from ipo.project import why_unusable

logger = logging.getLogger("ipo.preference.session")


class PreferenceSession:
    """One session at work. Every public method is quick and safe to call from any thread."""

    def __init__(
        self,
        home: Path,
        key: SessionKey,
        source: Decoder | PicturePool,
        submit: Submit,
        train: Callable[["PreferenceSession"], None],
    ) -> None:
        """Raises `ValueError` for a size that the decoder cannot make."""
        self.key = key
        self.source = source
        self.shape = source.info.latent_shape(key.size)
        self.folder = SessionFolder(home, key)
        stores = Stores(self.folder, self.shape)
        self.store, self.pair_store = stores.rows, stores.pairs
        self.state = PreferenceState(int(np.prod(self.shape)), latents.projection(self.shape))
        self.damaged: list[Damaged] = []
        self._submit = submit
        self._train = train
        self._lock = threading.RLock()
        self._loaded = False  # what was judged is in memory
        self._reading = False  # the folder, before events are applied
        self._error = ""  # why the folder could not be read
        self._notices: dict[Notice, str] = {}
        self._dataset = PreferenceDataset(stores, self.state)
        self.queue = CandidateQueue(self.folder, self.store, source, self.state, submit, self._lock)
        self._recent = RecentJudgements(self._dataset, self.queue)
        self._applier = EventApplier(self.folder, stores, self._dataset, self.queue)
        self._reconciler = FolderReconciler(self.folder, self._dataset, self._recent, self.queue)

    @property
    def opened(self) -> bool:
        """Whether events are applied: the folder was read."""
        return self._loaded and not self._reading

    @property
    def pool(self) -> PicturePool | None:
        """The pictures that are judged; `None` where a decoder makes the images."""
        return self.source if isinstance(self.source, PicturePool) else None

    @property
    def proposers(self) -> tuple[str, ...]:
        """The proposers that can be chosen."""
        return PROPOSERS if self.pool is None else POOL_PROPOSERS

    @property
    def notices(self) -> dict[Notice, str]:
        """What users should know of the session until they have read it."""
        with self._lock:
            return dict(self._notices)

    def dismiss(self, notice: Notice) -> None:
        """Somebody has read it."""
        with self._lock:
            self._notices.pop(notice, None)

    def open(self) -> None:
        """Read the session from disk on the decode lane, then begin to decode candidates."""
        with self._lock:
            if self._loaded or self._reading:
                return
            self._reading, self._error = True, ""
            self._adopt_settings()
        self._submit(
            load,
            self.folder,
            self.shape,
            on_done=self._adopt_loaded,
            on_error=self._failed_to_read,
            label="open session",
        )

    def refresh(self) -> None:
        """Read on the decode lane what others have added to the folder or removed from it."""
        with self._lock:
            if not (self._loaded or self._reading):
                return
            numbers = self._dataset.numbers()
        self._submit(
            read_changes,
            self.folder,
            self.shape,
            *numbers,
            on_done=self._adopt_changes,
            on_error=self._failed_to_read,
            label="read the session's folder",
        )

    def retry(self) -> None:
        """Try again what failed last, with a folder that is read again; events wait until it was."""
        with self._lock:
            loaded = self._loaded
            if loaded:
                self._reading, self._error = True, ""
        if loaded:
            self.refresh()
        else:
            self.open()
        self.queue.retry()

    def save_settings(self) -> None:
        """Write how the session proposes and fits to its `session.json`, on the decode lane."""
        settings = Settings(self.queue.proposing, self.state.params, self.state.cv_after_fit)
        self._submit(
            save_settings,
            self.folder,
            settings,
            on_done=lambda _: self.dismiss(Notice.NOT_KEPT),
            on_error=lambda error: self._notify(Notice.NOT_KEPT, settings_not_kept(error)),
            label="save settings",
        )

    def apply(self, events: Sequence[Event]) -> None:
        """Apply events in order, each once. Stops at the first that cannot be saved.

        Before the session is open nothing is applied: its rows say which events were applied already.
        """
        with self._lock:
            if not (events and self.opened):
                return
            generation = self.state.pool.generation
            self._applier.apply(events)
            self._recent.refresh()
            changed = self.state.pool.generation != generation
        self.queue.refill()
        if changed:
            self._train(self)

    def view(self, clients: Sequence[str]) -> SessionView:
        """What to show now, with acknowledgements and notices for the browsers that ask."""
        with self._lock:
            return SessionView(
                queue=self.queue.shown(),
                recent=[recent_judgement(one, self._dataset, self.queue.in_memory) for one in self._recent],
                undoable=listed_acts(self._dataset.history.undoable(), self._dataset),
                redoable=listed_acts(self._dataset.history.redoable(), self._dataset),
                acknowledged=self._applier.acknowledged(clients),
                decoding=self.queue.decoding,
                making=self.queue.making(),
                previews=self.queue.previews(),
                notice=self._applier.warning(clients),
                error=self._error or self.queue.error,
                waiting=self._waiting(),
            )

    def in_hand(self) -> list[Candidate]:
        """The candidates that wait to be judged, first one first."""
        with self._lock:
            return [self.queue.in_memory[id_] for id_ in self.queue.ids]

    def rows(self) -> list[Row]:
        """The judged rows as they are now, oldest first."""
        with self._lock:
            return sorted(self._dataset.rows.values(), key=lambda row: row.number)

    def row(self, candidate_id: str) -> Row | None:
        """The row of a candidate, if it is judged."""
        with self._lock:
            return self._dataset.rows.get(candidate_id)

    def pairs(self) -> list[Pair]:
        """The pairs as they are now, oldest first."""
        with self._lock:
            return sorted(self._dataset.pairs, key=lambda pair: pair.number)

    def skips(self) -> list[Skip]:
        """The skips as they are now."""
        with self._lock:
            return list(self._dataset.skips.values())

    def labels_per_minute(self) -> int | None:
        """How fast images are judged just now; `None` while nobody can tell."""
        with self._lock:
            return self._applier.rate.per_minute()

    def _waiting(self) -> str:
        """Why a pool has no picture to show now, in words; empty where one is there or comes soon."""
        if self.pool is None or self.queue.ids or not self.queue.exhausted:
            return ""
        return nothing_to_show(self.pool.status())

    def _adopt_settings(self) -> None:
        """Small, and read at once: pages show them before the rows."""
        try:
            settings, problem = load_settings(self.folder, self.proposers)
        except OSError:
            return  # a new session, or one that cannot be opened, which is said then
        self.queue.propose_with(settings.proposing)
        self.state.params, self.state.cv_after_fit = settings.params, settings.cv_after_fit
        self._notify(Notice.SETTINGS, problem)

    def _adopt_loaded(self, loaded: Loaded) -> None:
        with self._lock:
            self._dataset.fill(loaded)
            self.damaged = [*loaded.rows.damaged, *loaded.pairs.damaged]
            self._applier.resume(loaded.applied)
            for candidate in loaded.recent:
                self.queue.remember(candidate)
            self._recent.refresh()
            self._loaded, self._reading = True, False
        for damaged in self.damaged:
            logger.warning("%s set aside: %s", damaged.folder, damaged.reason)
        self.queue.take(loaded.contents)
        self.queue.start(loaded.recent[-1].decoder if loaded.recent else None)
        self._train(self)

    def _adopt_changes(self, changes: FolderChanges) -> None:
        with self._lock:
            if not self._loaded:
                return  # it could not be opened, which is said
            self._reading, self._error = False, ""
            changed, problem = self._reconciler.adopt(changes)
            self.queue.take(changes.contents)
            self._notify(Notice.LOST, problem)
        self.queue.refill()
        if changed:
            self._train(self)

    def _failed_to_read(self, error: BaseException) -> None:
        reason = (
            why_unusable(self.folder.path, error) if isinstance(error, OSError) else f"{error_text(error)}."
        )
        with self._lock:
            what = (
                "The folder of this session cannot be read"
                if self._loaded
                else "This session cannot be opened"
            )
            self._reading, self._error = False, f"{what}: {reason}"

    def _notify(self, notice: Notice, text: str) -> None:
        """Say something until somebody has read it; nothing where the text is empty."""
        if text:
            logger.warning("%s", text)
            with self._lock:
                self._notices[notice] = text
