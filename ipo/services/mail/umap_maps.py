"""UMAP of the mails of a run, computed on a lane when somebody chooses it, and kept beside the run."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.jobs import Progress, Submit
from ipo.mail.explaining.umap_map import umap_positions
from ipo.mail.features import MailFeatures
from ipo.mail.folder import MailFolder
from ipo.mail.mails import MailSet
from ipo.mail.training.run import TrainRun
from ipo.mail.training.run_store import RunStore
from ipo.services.background_cache import PortableJob
from ipo.services.mail.shared_work import SharedEmbeddings
from ipo.services.recent_values import RecentValues

Floats = NDArray[np.float64]

_MOST = 4


@dataclass(frozen=True)
class _Question:
    run_id: str
    data_sha: str
    run: TrainRun = field(compare=False)
    mails: MailSet = field(compare=False)
    features: MailFeatures = field(compare=False)


class UmapMaps:
    """Of one set of mails. Every method is quick and safe to call from any thread."""

    def __init__(self, folder: MailFolder, embeddings: SharedEmbeddings, submit: Submit) -> None:
        self._folder, self._embeddings = folder, embeddings
        self._maps = RecentValues[_Question, Floats](submit, self._prepare, _MOST)

    @property
    def version(self) -> Any:
        return self._maps.version

    def get(self, run: TrainRun, mails: MailSet, features: MailFeatures) -> Floats | None:
        """Positions `(m, 2)` of the mails that the map of the run shows.

        `None` while they are computed, or if they cannot be.
        """
        return self._maps.get(_Question(run.id, mails.sha, run, mails, features))

    def problem(self, run: TrainRun, mails: MailSet, features: MailFeatures) -> str:
        """Why there are no positions; empty if there are, or will be."""
        return self._maps.problem(_Question(run.id, mails.sha, run, mails, features))

    def refresh(self, run: TrainRun, mails: MailSet, features: MailFeatures) -> None:
        """Compute them again after they failed."""
        self._maps.refresh(_Question(run.id, mails.sha, run, mails, features))

    def _prepare(self, question: _Question) -> PortableJob[Floats]:
        store = RunStore(self._folder.runs)
        work = partial(_map, store, self._embeddings, self._folder.name, question)
        return PortableJob("Draw mails by UMAP", work)


def _map(
    store: RunStore, embeddings: SharedEmbeddings, name: str, question: _Question, progress: Progress
) -> Floats:
    run, mails = question.run, question.mails
    places = run.meaning_map.places
    stored = store.load_umap(run.id, len(places))
    if stored is not None:
        return stored
    ids = [run.mails.ids[place] for place in places]
    gone = sum(id_ not in mails.rows for id_ in ids)
    if gone:
        raise ValueError(f"{gone:,} mails of this run are no longer in the set. Train again.")
    encoded = embeddings.cache(run.params.embedder).encode(name, question.features.texts, progress)
    rows = np.array([mails.rows[id_] for id_ in ids], np.int64)
    positions = run.model.text_head.space.positions(encoded.rows(rows))
    found = umap_positions(positions, run.params.seed, progress)
    store.save_umap(run.id, found)
    return found
