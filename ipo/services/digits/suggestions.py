"""Which images to label next, ranked in the background while somebody looks.

They are ranked anew for each new map and strategy, once half of those shown are labelled or `MANY_CHANGES`
labels changed, and when another strategy suits the labels; labels in between only take images from the list.
"""

import hashlib
import threading
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ipo.digits.acquisition.pool import Rows
from ipo.digits.acquisition.ranking import Ranking, rank
from ipo.digits.acquisition.strategies import Strategy, Suggestion, default_strategy
from ipo.digits.labels.store import NONE, Values
from ipo.digits.predictions import Predictions
from ipo.digits.service import Digits
from ipo.error_text import error_text
from ipo.jobs import SILENT, Cancelled, Progress, Submit, portable
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.digits.latent_map_data import LatentMapData

SUGGESTIONS = 12  # that are shown
MANY_CHANGES = 10  # labels
AUTO = "auto"  # the strategy that suits the labels there are


@dataclass(frozen=True)
class _Request:
    """What a ranking is made of."""

    latent_version: int
    labels_version: int
    strategy: Strategy | None


@dataclass(frozen=True, eq=False)
class _Versioned:
    """A ranking, and 16 hex digits of the sha256 of its scores."""

    ranking: Ranking
    version: str


@dataclass(frozen=True)
class SuggestionView:
    """The suggestions at one moment. Before there are any, `version` and `strategy` are `None`."""

    version: str | None  # of the scores
    strategy: Strategy | None
    why: str
    running: bool  # whether newer ones are on their way
    error: str
    items: list[Suggestion]  # the first one first, without those that were labelled since


_NOTHING = SuggestionView(None, None, "", False, "", [])


class Suggestions:
    """Of one set of images. Every public method is quick and safe to call from any thread."""

    def __init__(self, digits: Digits, latent_map: LatentMapData, submit: Submit) -> None:
        self._digits, self._latent_map = digits, latent_map
        self._strategy: Strategy | None = None
        self._ranked: BackgroundCache[_Request, _Versioned] = BackgroundCache(submit, self._prepare)
        self._lock = threading.Lock()
        self._asked: tuple[_Request, Values, Strategy] | None = None  # last; codes and default of that time

    @property
    def strategies(self) -> list[str]:
        """The names that `choose` takes."""
        return [AUTO, *Strategy]

    @property
    def chosen(self) -> str:
        """The name that was chosen last."""
        return self._strategy or AUTO

    def choose(self, name: str) -> None:
        """Rank by another strategy from now on; one that does not exist changes nothing."""
        if name in self.strategies:
            self._strategy = None if name == AUTO else Strategy(name)

    def retry(self) -> None:
        """Rank again what could not be ranked."""
        with self._lock:
            asked = self._asked
        if asked is not None and self._ranked.error is not None:
            self._ranked.refresh(asked[0])

    def view(self) -> SuggestionView:
        """What is known, and newer suggestions soon if they are due. Raises `NotOpen`."""
        if self._digits.predictions is None:
            return _NOTHING
        labels = self._latent_map.labels()
        request = self._request(labels.version, labels.codes)
        last = self._ranked.get(request)
        error = self._ranked.error
        if isinstance(error, Cancelled):  # for another one, which is no longer wanted
            self._ranked.refresh(request)
        running = self._ranked.running
        text = "" if error is None or isinstance(error, Cancelled) else error_text(error)
        if last is None or len(last.ranking.scores) != len(labels.codes):
            return replace(_NOTHING, running=running, error=text)
        items = _unlabelled(last.ranking, labels.codes)
        return SuggestionView(last.version, last.ranking.strategy, last.ranking.why, running, text, items)

    def scores(self, version: str) -> bytes:
        """uint8 `(n,)`: 0 for what is no candidate, else the score. Raises `LookupError` for old versions."""
        last = self._ranked.last
        if last is None or last.version != version:
            raise LookupError("There are newer suggestions by now.")
        return last.ranking.scores.tobytes()

    def _request(self, labels_version: int, codes: Values) -> _Request:
        """The one that was made last, as long as its answer will do."""
        request = _Request(self._digits.latent_version, labels_version, self._strategy)
        default, _ = default_strategy(np.maximum(codes, NONE), self._digits.config.classes)
        with self._lock:
            if self._asked is not None and not self._is_due(request, codes, default):
                return self._asked[0]
            self._asked = request, codes, default
        work = self._ranked.work
        if work is not None:
            work.cancel()  # nobody wants it any more
        return request

    def _is_due(self, request: _Request, codes: Values, default: Strategy) -> bool:
        """The caller holds the lock."""
        assert self._asked is not None
        asked, before, default_before = self._asked
        if asked.latent_version != request.latent_version or asked.strategy != request.strategy:
            return True
        last = self._ranked.last
        if self._ranked.running or last is None:  # labels come faster than rankings
            return False
        changed = int(np.count_nonzero(codes != before))
        left = len(_unlabelled(last.ranking, codes))
        used_up = changed > 0 and left <= len(last.ranking.suggestions) // 2
        return used_up or changed >= MANY_CHANGES or default != default_before

    def _prepare(self, request: _Request) -> PortableJob[_Versioned]:
        digits = self._digits
        predictions = digits.predictions
        assert predictions is not None and self._asked is not None
        seen = replace(predictions, reconstruction=predictions.reconstruction[:0])  # large, and not needed
        codes = self._asked[1]
        work = partial(_rank, seen, codes, digits.held_out, request.strategy, digits.config.seed)
        return PortableJob("rank what to label next", work)


@portable
def _rank(
    predictions: Predictions,
    codes: Values,
    held_out: Rows,
    strategy: Strategy | None,
    seed: int,
    progress: Progress = SILENT,
) -> _Versioned:
    ranking = rank(predictions, codes, held_out, strategy, SUGGESTIONS, seed, progress)
    return _Versioned(ranking, hashlib.sha256(ranking.scores.tobytes()).hexdigest()[:16])


def _unlabelled(ranking: Ranking, codes: Values) -> list[Suggestion]:
    return [suggestion for suggestion in ranking.suggestions if codes[suggestion.row] == NONE]
