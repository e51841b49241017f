"""Embeddings of what is judged in open sessions, read in the background, a few images at a time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

from background import Background, Lane
from ipo.embedding.embedders import TITLES, choices, first_available, open_embedder
from ipo.error_text import error_text
from ipo.jobs import Cancelled
from ipo.pictures.cached_embedder import CachedEmbedder
from ipo.preference.embeddings.embed_images import embed_images, images_without_embedding
from ipo.preference.embeddings.image_values import Embedding
from ipo.preference.session import PreferenceSession
from ipo.services.lanes import submit_on
from ipo.value.two_kernels import LATENT

AT_ONCE = 16  # images after which fits may read them


@dataclass
class _Reading:
    """How far one session is."""

    running: bool = False
    problem: str = ""
    unreadable: set[str] = field(default_factory=set)  # candidates whose image gave no embedding


@dataclass(frozen=True)
class EmbeddingStatus:
    """What a page says of the embeddings of a session."""

    embedder: str  # in words; empty where none is here
    missing: int  # images that were judged and have none yet
    problem: str  # why not, and what to type; empty if they come


class RowEmbeddings:
    """Of all sessions. Every public method is quick and safe to call from any thread."""

    def __init__(
        self, home: Path, background: Background, on_more: Callable[[PreferenceSession], None]
    ) -> None:
        """`on_more` hears of each session whose fits have more to read; it runs on the lane's thread."""
        self._home, self._on_more = home, on_more
        self._submit = partial(
            submit_on, background, Lane.EMBED, expected=(OSError, ValueError, ArithmeticError, RuntimeError)
        )
        self._lock = threading.Lock()
        self._embedders: dict[str, CachedEmbedder] = {}
        self._readings: WeakKeyDictionary[PreferenceSession, _Reading] = WeakKeyDictionary()

    def update(self, session: PreferenceSession) -> None:
        """Read what is missing, where the session wants embeddings, unless that is under way."""
        if session.pool is not None:
            return  # its features are embeddings
        if session.state.params.features == LATENT:
            session.queue.looking.embedder = None
            return
        name = first_available(self._home)
        with self._lock:
            reading = self._readings.setdefault(session, _Reading())
            if not name or reading.running or not session.opened:
                return
            reading.running = True
            embedder = self._embedders.setdefault(
                name, CachedEmbedder(self._home, partial(open_embedder, self._home, name))
            )
        missing = images_without_embedding(session)
        images = [one for one in missing if one.candidate not in reading.unreadable][:AT_ONCE]
        if not images and session.queue.looking.embedder is embedder:
            reading.running = False
            return
        self._submit(
            embed_images,
            embedder,
            images,
            on_done=partial(self._done, session, reading, embedder, {one.candidate for one in images}),
            on_error=partial(self._failed, reading),
            label=f"embed {len(images)} images",
        )

    def status_of(self, session: PreferenceSession) -> EmbeddingStatus:
        """What a page says of a session that wants embeddings."""
        name = first_available(self._home)
        reading = self._readings.get(session, _Reading())
        missing = len(session.state.without_embedding())
        problem = reading.problem if name else self._what_is_missing()
        return EmbeddingStatus(TITLES.get(name, name), missing, problem)

    def _done(
        self,
        session: PreferenceSession,
        reading: _Reading,
        embedder: CachedEmbedder,
        asked: set[str],
        found: dict[str, Embedding],
    ) -> None:
        reading.unreadable |= asked - found.keys()
        reading.problem = ""
        session.queue.looking.embedder = embedder  # which is known to open
        more = session.state.add_embeddings(found)
        reading.running = False
        if more:
            self._on_more(session)
        self.update(session)

    def _failed(self, reading: _Reading, error: BaseException) -> None:
        reading.problem = "" if isinstance(error, Cancelled) else error_text(error)
        reading.running = False

    def _what_is_missing(self) -> str:
        """What to type for the first one."""
        return choices(self._home)[0].missing
