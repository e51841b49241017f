"""The candidates in hand: proposed and decoded ahead of the page, with what the models think of them."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from ipo.decoders.decoder_change import HELD, DecoderChange
from ipo.decoders.protocol import Decoder
from ipo.error_text import error_text
from ipo.jobs import Cancelled, Submit, Work
from ipo.pictures.pool import PicturePool
from ipo.preference import latents
from ipo.preference.candidates import Candidate
from ipo.preference.pace import DecodingPace, Making
from ipo.preference.proposals.generate import Generated, Proposing, generate_candidates
from ipo.preference.proposals.looking import Looking
from ipo.preference.proposals.predictions import Predictions, Shown
from ipo.preference.proposals.previews import Preview, RecentPreviews
from ipo.preference.proposals.proposers import LAST_SHOWN, ProposalContext
from ipo.preference.state import PreferenceState
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder

logger = logging.getLogger("ipo.preference.queue")

REMEMBERED = 48  # candidates kept in memory for undo and for events that are still under way
IN_TRANSIT = 2  # judgements that may be under way from the browser


class CandidateQueue:
    """Candidates of one session, first one first. Guarded by the session's lock.

    Candidates are decoded one after another: each is proposed by the newest models, and apart from those
    that wait already and those that were shown last.
    """

    def __init__(
        self,
        folder: SessionFolder,
        store: RowStore,
        source: Decoder | PicturePool,
        state: PreferenceState,
        submit: Submit,
        lock: threading.RLock,
    ) -> None:
        self.anchor = latents.anchor(folder.key.prompt, store.latent_shape)
        self.ids: list[str] = []
        self.error = ""  # why no candidates come; empty if they do
        self.change: DecoderChange | None = None  # until somebody accepts it
        self._expected: Mapping[str, Any] | None = None  # what made the images that were judged
        self._folder, self._store, self._source, self._state = folder, store, source, state
        self._submit = submit
        self._lock = lock
        self._predicting = threading.Lock()  # held from reading the models to saying what they predict
        self._proposing = Proposing()
        self._started = False  # nothing is decoded before the session is open
        self._paused = False
        self._in_memory: OrderedDict[str, Candidate] = OrderedDict()
        self._pinned: Collection[str] = ()
        self._predictions = Predictions(state, None if isinstance(source, PicturePool) else self.anchor)
        self.looking = Looking(source)
        self._tiles = self._ahead = 0
        self._pace = DecodingPace()
        self._ticket: object | None = None  # of the candidates that are being made
        self._job: Work | None = None  # the last one that made candidates
        self.recent_previews = RecentPreviews()
        self._taken: set[str] = set()  # contents of pictures that are judged or skipped
        self._exhausted: int | None = None  # the version of a pool that had no more
        self._informed = False  # whether a fit was there when candidates were last looked at

    @property
    def proposing(self) -> Proposing:
        """How the next candidates are proposed."""
        return self._proposing

    @property
    def in_memory(self) -> Mapping[str, Candidate]:
        """Candidates by id: those in hand, and others that may be asked for."""
        return self._in_memory

    @property
    def decoding(self) -> int:
        """How many candidates are on their way."""
        return 0 if self._ticket is None else max(1, self._missing)

    @property
    def seconds_per_image(self) -> float | None:
        """How long making one takes, as measured; `None` before the first."""
        return self._pace.seconds

    def making(self) -> Making | None:
        """How candidates come, where making one takes long enough to say so."""
        job = self._job if self._ticket is not None else None
        return self._pace.making(self._ahead, None if job is None else job.message)

    @property
    def exhausted(self) -> bool:
        """Whether a pool has no more pictures for this session, as it is now."""
        return isinstance(self._source, PicturePool) and self._exhausted == self._source.version

    def previews(self) -> tuple[Preview, ...]:
        """What candidates look like that are being made, in the order in which they will come."""
        return self.recent_previews.note(
            None if self._job is None or self._ticket is None else self._job.partial
        )

    def start(self, judged_by: Mapping[str, Any] | None) -> None:
        """The session is open: decode what is asked for. `judged_by`: what made the image judged last."""
        with self._lock:
            self._started, self._expected = True, judged_by
        self.refill()

    def take(self, contents: Iterable[str]) -> None:
        """Pictures that are judged or skipped: a pool is not asked for them again."""
        with self._lock:
            self._taken.update(contents)

    def accept_decoder(self) -> None:
        """Go on with the decoder as it is now."""
        with self._lock:
            self._expected = self.change = None
        self.retry()

    def show(self, tiles: int, ahead: int) -> None:
        """Keep `tiles + ahead` candidates decoded."""
        with self._lock:
            self._tiles, self._ahead, self._paused = tiles, ahead, False
        self.refill()

    def pause(self) -> None:
        """Stop decoding ahead, until `show`."""
        with self._lock:
            self._paused = True
            self._ticket, job = None, self._job
        if job is not None:
            job.cancel()

    def retry(self) -> None:
        """Try again what failed."""
        with self._lock:
            self.error = ""
        self.refill()

    def propose_with(self, proposing: Proposing) -> None:
        """Change how candidates are proposed; those that are not on screen yet are proposed anew."""
        with self._lock:
            if proposing == self._proposing:
                return
            self._proposing = proposing
            self._drop_ahead()
        self.refill()

    @property
    def steps(self) -> Mapping[str, list[float]]:
        """Model → its value at each of STEP_ANGLES."""
        return self._predictions.steps

    def shown(self) -> list[Shown]:
        """The candidates in hand, with values by the model in use."""
        predictions = self._predictions.of(self._proposing.model)
        return [Shown(self._in_memory[id_], predictions.get(id_)) for id_ in self.ids]

    def find(self, id_: str) -> Candidate | None:
        """A candidate in memory, or one that was shown before a restart."""
        return self._in_memory.get(id_) or self._store.pending(id_)

    def pin(self, ids: Collection[str]) -> None:
        """Candidates that stay in memory besides those in hand."""
        self._pinned = ids

    def remember(self, candidate: Candidate) -> None:
        """Keep a candidate in memory; those out of reach are forgotten."""
        self._in_memory[candidate.id] = candidate
        self._in_memory.move_to_end(candidate.id)
        in_use = {*self.ids, *self._pinned, candidate.id}
        for id_ in list(self._in_memory)[: max(0, len(self._in_memory) - REMEMBERED)]:
            if id_ not in in_use:
                del self._in_memory[id_]
                self._store.discard_pending(id_)

    def remove(self, id_: str) -> None:
        """Take a candidate out of the hand."""
        if id_ in self._in_memory and self._in_memory[id_].content:
            self._taken.add(self._in_memory[id_].content)
        self.ids = [other for other in self.ids if other != id_]

    def push_front(self, candidate: Candidate) -> None:
        """Show a candidate next."""
        self.remember(candidate)
        self.remove(candidate.id)
        self._taken.discard(candidate.content)
        self.ids.insert(0, candidate.id)

    def persist_all(self) -> None:
        """Write the hand to a folder that was made anew. Raises `OSError`."""
        for id_ in self.ids:
            self._store.save_pending(self._in_memory[id_])

    def refill(self) -> None:
        """Have the next candidates made, unless there are as many as the page wants."""
        with self._lock:
            resting = not self._started or self._paused or self.error or self.exhausted
            if resting or self._ticket is not None or not self._missing:
                return
            ticket = self._ticket = object()
            # An empty screen does not wait for images that are not on it.
            most = self._missing if self.ids else max(1, self._tiles)
            count = min(self._missing, self._source.info.batch, most)
            self._pace.begin(count)
            taken = self._taken.union(self._in_memory[id_].content for id_ in self.ids)
            ranking = self.looking.ranking(self._state.image_values())
            how = self._proposing, self._context(), taken, count, self._expected, ranking
            work = self._folder, self._source, *how
        job = self._submit(
            generate_candidates,
            *work,
            on_done=partial(self._adopt, ticket),
            on_error=partial(self._failed, ticket),
            label="decode image" if count == 1 else f"decode {count} images",
        )
        with self._lock:
            if self._ticket is ticket:
                self._job = job
                return
        job.cancel()  # paused meanwhile, or ended already

    def predict_again(self) -> None:
        """Predict values of the candidates in hand and along ŵ. Runs on the lane of the fit, one at a time.

        The first fit also replaces what was decoded ahead without it.
        """
        with self._predicting:
            self._predict()
        self.refill()

    def _predict(self) -> None:
        with self._state.w_lock:
            fitted = bool(self._state.models)
        with self._lock:
            if fitted and not self._informed:
                self._drop_ahead()
            self._informed = fitted
            candidates = [self._in_memory[id_] for id_ in self.ids]
        predicted = self._predictions.predict(candidates, steps=True)
        with self._lock:
            newer = set(self.ids).difference(candidate.id for candidate in candidates)
            self._predictions.replace(predicted, newer)

    @property
    def _missing(self) -> int:
        return max(0, self._tiles + self._pace.ahead(self._ahead) - len(self.ids))

    def _context(self) -> ProposalContext:
        """What the next proposal may know."""
        pending = [self._in_memory[id_].z for id_ in self.ids]
        shown = [candidate.z for id_, candidate in self._in_memory.items() if id_ not in self.ids]
        with self._state.w_lock:
            model, belief = self._state.models.get(self._proposing.model), self._state.belief
        return ProposalContext(
            model, belief, self.anchor, latents.features_of(pending), latents.features_of(shown[-LAST_SHOWN:])
        )

    def _adopt(self, ticket: object, generated: Generated) -> None:
        candidates = generated.candidates
        self._state.add_embeddings(generated.embeddings)
        predicted = self._predictions.predict(candidates, steps=False)
        with self._lock:
            self.looking.note(generated.looks, generated.decoding, len(candidates))
            if self._ticket is ticket:
                self._ticket = None
            self._exhausted, self.change = generated.exhausted, generated.change
            if generated.change is not None and generated.change.holds:
                self.error = HELD
                return
            if candidates:
                self._pace.note(generated.seconds, len(candidates))
            for candidate in candidates:
                # Two jobs of before and after a pause may choose the same picture, which may be judged, too.
                if candidate.content in self._taken or candidate.id in self.ids:
                    continue
                self.remember(candidate)
                self.ids.append(candidate.id)
            self._predictions.add(predicted)
        self.refill()

    def _failed(self, ticket: object, error: BaseException) -> None:
        with self._lock:
            if self._ticket is ticket:
                self._ticket = None
            if not isinstance(error, Cancelled):
                self.error = f"No image could be made: {error_text(error)}"

    def _drop_ahead(self) -> None:
        # A browser is a key or two ahead of us; what it shows already is not taken away.
        self._exhausted = None
        del self.ids[self._tiles + IN_TRANSIT :]
