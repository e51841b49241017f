"""Which mails to label next, ranked in the background while somebody reads.

They are ranked anew for other mails and each new run, and once half of those suggested are labelled; labels
in between only take mails from the list.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ipo.error_text import error_text
from ipo.jobs import Progress, Submit
from ipo.mail.acquisition.pool import MailPool, decision_margins
from ipo.mail.acquisition.strategies import Suggestion, default_strategy, suggest
from ipo.mail.features import MailFeatures
from ipo.mail.mails import NONE, MailSet
from ipo.mail.model.spam_model import Scores
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.mail.shared_work import SharedEmbeddings

SUGGESTIONS = 24
_SEED = 13

Codes = NDArray[np.int8]


@dataclass(frozen=True)
class _Request:
    """What a ranking is made of; the rest goes with the first two."""

    data_sha: str
    run_id: str | None
    labels: int  # how often a ranking was due because of labels
    features: MailFeatures = field(compare=False)
    codes: Codes = field(compare=False)
    scores: Scores | None = field(compare=False)
    embedder: str = field(compare=False)


@dataclass(frozen=True)
class SuggestedMails:
    """The first one first."""

    version: str
    why: str
    suggestions: tuple[Suggestion, ...]

    @property
    def reasons(self) -> Mapping[int, str]:
        return {one.row: one.reason for one in self.suggestions}


class MailSuggestions:
    """Of one set of mails. Every public method is quick and safe to call from any thread."""

    def __init__(self, name: str, embeddings: SharedEmbeddings, submit: Submit) -> None:
        self._name, self._embeddings = name, embeddings
        self._ranked: BackgroundCache[_Request, SuggestedMails] = BackgroundCache(submit, self._prepare)
        self._asked: _Request | None = None
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        return self._ranked.running

    @property
    def problem(self) -> str:
        """Why there are none; empty if there are, or will be."""
        error = self._ranked.error
        return "" if error is None else error_text(error)

    @property
    def last(self) -> SuggestedMails | None:
        return self._ranked.last

    def get(
        self,
        mails: MailSet,
        features: MailFeatures,
        codes: Codes,
        run: tuple[str, Scores] | None,
        embedder: str,
    ) -> SuggestedMails | None:
        """What is known, and newer ones soon if they are due. `run`: its id, and its scores of all mails."""
        run_id, scores = run or (None, None)
        with self._lock:
            asked = self._asked
            if asked is None or (asked.data_sha, asked.run_id) != (mails.sha, run_id):
                asked = _Request(mails.sha, run_id, 0, features, codes, scores, embedder)
            elif self._is_used_up(asked, codes):
                asked = _Request(mails.sha, run_id, asked.labels + 1, features, codes, scores, embedder)
            self._asked = asked
        return self._ranked.get(asked)

    def _is_used_up(self, asked: _Request, codes: Codes) -> bool:
        last = self._ranked.last
        if self._ranked.running or last is None or np.array_equal(codes, asked.codes):
            return False
        if not last.suggestions:  # until a label is taken away
            return bool((codes == NONE).sum() > (asked.codes == NONE).sum())
        left = sum(codes[one.row] == NONE for one in last.suggestions if one.row < len(codes))
        return bool(left <= len(last.suggestions) // 2)

    def _prepare(self, request: _Request) -> PortableJob[SuggestedMails]:
        work = partial(_rank, self._embeddings, self._name, request)
        return PortableJob("Rank what to label next", work)


def _rank(embeddings: SharedEmbeddings, name: str, request: _Request, progress: Progress) -> SuggestedMails:
    encoded = embeddings.cache(request.embedder).encode(name, request.features.texts, progress)
    margins = None if request.scores is None else decision_margins(request.scores)
    pool = MailPool(encoded.vectors, request.features.groups, request.codes, margins)
    strategy, why = default_strategy(pool)
    rng = np.random.default_rng([_SEED, len(pool.labelled)])
    version = f"{request.data_sha[:8]}-{request.run_id}-{request.labels}"
    return SuggestedMails(version, why, tuple(suggest(strategy, pool, SUGGESTIONS, rng)))
