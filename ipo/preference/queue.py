"""The candidates in hand: proposed and decoded ahead of the page, with what the models think of them."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ipo.decoders.protocol import Decoder
from ipo.error_text import error_text
from ipo.jobs import Cancellable, Cancelled, Progress, Submit
from ipo.preference import latents
from ipo.preference.candidates import Candidate
from ipo.preference.proposals.generate import Proposing, make_candidate
from ipo.preference.proposals.predictions import Prediction, forecast
from ipo.preference.proposals.proposers import STEP_ANGLES, ProposalContext, traverse
from ipo.preference.state import MODELS, PreferenceState
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder

logger = logging.getLogger("ipo.preference.queue")

REMEMBERED = 48  # candidates kept in memory for undo and for events that are still under way
IN_TRANSIT = 2  # judgements that may be under way from the browser


@dataclass(frozen=True)
class Shown:
    """A candidate with what the model in use thinks of it, `None` before the first fit."""

    candidate: Candidate
    forecast: Prediction | None


class CandidateQueue:
    """Candidates of one session, first one first. Guarded by the session's lock."""

    def __init__(
        self,
        folder: SessionFolder,
        store: RowStore,
        decoder: Decoder,
        state: PreferenceState,
        submit: Submit,
        lock: threading.RLock,
    ) -> None:
        """Raises `ValueError` for a size that the decoder cannot make."""
        self.anchor = latents.anchor(folder.key.prompt, decoder.info.latent_shape(folder.key.size))
        self.proposing = Proposing()
        self.steps: dict[str, list[float]] = {}  # model → value at each of STEP_ANGLES
        self.ids: list[str] = []
        self.decoding = 0
        self.error = ""  # why no candidates come; empty if they do
        self.started = False  # nothing is decoded before the session is open
        self.listed: Callable[[], set[str]] = set  # other candidates that stay in memory
        self.look: Callable[[], None] = lambda: None  # sees to it that the session's folder is there
        self._folder, self._store, self._decoder, self._state = folder, store, decoder, state
        self._submit = submit
        self._lock = lock
        self._revaluing = threading.Lock()  # held from reading the models to saying what they predict
        self._known: OrderedDict[str, Candidate] = OrderedDict()
        self._forecasts: dict[str, dict[str, Prediction]] = {model: {} for model in MODELS}
        self._tiles = self._ahead = 0
        self._waiting: list[Cancellable] = []  # decode jobs, ended ones too
        self._guided = False  # whether a fit was there when candidates were last looked at

    def show(self, tiles: int, ahead: int) -> None:
        """Keep `tiles + ahead` candidates decoded."""
        with self._lock:
            self._tiles, self._ahead = tiles, ahead
        self.refill()

    def rest(self) -> None:
        """Stop decoding ahead, until `show`."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for job in waiting:
            job.cancel()

    def propose_with(self, proposing: Proposing) -> None:
        """Change how candidates are proposed; those that are not on screen yet are proposed anew."""
        with self._lock:
            if proposing == self.proposing:
                return
            self.proposing = proposing
            self._drop_ahead()
        self.refill()

    def shown(self) -> list[Shown]:
        """The hand with values by the model in use."""
        forecasts = self._forecasts[self.proposing.model]
        return [Shown(self._known[id_], forecasts.get(id_)) for id_ in self.ids]

    def known(self, id_: str) -> Candidate | None:
        """A candidate that is in memory."""
        return self._known.get(id_)

    def find(self, id_: str) -> Candidate | None:
        """A candidate in memory, or one that was dealt before a restart."""
        return self._known.get(id_) or self._store.dealt(id_)

    def remember(self, candidate: Candidate) -> None:
        """Keep a candidate in memory; those out of reach are forgotten."""
        self._known[candidate.id] = candidate
        self._known.move_to_end(candidate.id)
        in_use = {*self.ids, *self.listed(), candidate.id}
        for id_ in list(self._known)[: max(0, len(self._known) - REMEMBERED)]:
            if id_ not in in_use:
                del self._known[id_]
                self._store.discard(id_)

    def leave(self, id_: str) -> None:
        """Take a candidate out of the hand."""
        self.ids = [other for other in self.ids if other != id_]

    def push_front(self, candidate: Candidate) -> None:
        """Show a candidate next."""
        self.remember(candidate)
        self.ids.insert(0, candidate.id)

    def persist_all(self) -> None:
        """Write the hand to a folder that was made anew. Raises `OSError`."""
        for id_ in self.ids:
            self._store.deal(self._known[id_])

    def refill(self) -> None:
        """Have as many candidates decoded or under way as the page wants."""
        with self._lock:
            if not self.started or self.error:
                return
            missing = self._tiles + self._ahead - len(self.ids) - self.decoding
            self.decoding += max(0, missing)
        jobs = [
            self._submit(self._make, on_done=self._deal, on_error=self._failed, label="decode candidate")
            for _ in range(missing)
        ]
        with self._lock:
            self._waiting = [*self._waiting, *jobs][-REMEMBERED:]

    def predict_again(self) -> None:
        """Predict values of the candidates in hand and along ŵ. Runs on the lane of the fit, one at a time.

        The first fit also replaces what was decoded ahead without it.
        """
        with self._revaluing:
            self._revalue()
        self.refill()

    def _revalue(self) -> None:
        with self._state.w_lock:
            models, belief = dict(self._state.models), self._state.belief
        with self._lock:
            if models and not self._guided:
                self._drop_ahead()
            self._guided = bool(models)
            queue = [self._known[id_] for id_ in self.ids]
        line = None
        if belief is not None:
            line = latents.features(traverse(self.anchor, belief.w, STEP_ANGLES))
        steps = {} if line is None else {name: model.predict(line).tolist() for name, model in models.items()}
        forecasts = {name: forecast(queue, model) for name, model in models.items()}
        with self._lock:
            self.steps = steps
            dealt = {id_ for id_ in self.ids if id_ not in {candidate.id for candidate in queue}}
            for name in MODELS:
                since = {id_: known for id_, known in self._forecasts[name].items() if id_ in dealt}
                self._forecasts[name] = since | forecasts[name] if name in forecasts else {}

    def _make(self, progress: Progress) -> Candidate:
        """The next candidate. Runs on the decode lane."""
        self.look()
        with self._folder.generator() as rng:
            seed = int(rng.integers(2**63))
        with self._lock:
            proposing = self.proposing
            waiting = [self._known[id_].z for id_ in self.ids]
        with self._state.w_lock:
            model, belief = self._state.models.get(proposing.model), self._state.belief
        pending = latents.features(np.stack(waiting)) if waiting else None
        guide = ProposalContext(model, belief, self.anchor, pending)
        candidate = make_candidate(self._folder.key, self._decoder, proposing, guide, seed, progress)
        self._store.deal(candidate)
        return candidate

    def _deal(self, candidate: Candidate) -> None:
        with self._state.w_lock:
            models = dict(self._state.models)
        forecasts = {name: forecast([candidate], model) for name, model in models.items()}
        with self._lock:
            self.decoding -= 1
            self.remember(candidate)
            self.ids.append(candidate.id)
            for name, known in forecasts.items():
                self._forecasts[name] |= known

    def _failed(self, error: BaseException) -> None:
        with self._lock:
            self.decoding -= 1
            if not isinstance(error, Cancelled):
                self.error = f"No image could be made: {error_text(error)}"

    def _drop_ahead(self) -> None:
        # A browser is a key or two ahead of us; what it shows already is not taken away.
        del self.ids[self._tiles + IN_TRANSIT :]
