"""The last ten judgements and skips: what stays within reach of one click."""

import logging
from collections.abc import Iterator

from ipo.preference.dataset import PreferenceDataset
from ipo.preference.loading import RECENT
from ipo.preference.queue import CandidateQueue
from ipo.preference.storage.numbered_folders import Item
from ipo.preference.storage.stores import Judged

logger = logging.getLogger("ipo.preference.recent_judgements")


class RecentJudgements:
    """Those of one session, newest first, with their candidates in memory. Guarded by the session's lock."""

    def __init__(self, dataset: PreferenceDataset, queue: CandidateQueue) -> None:
        self._dataset, self._queue = dataset, queue
        self._judged: list[Judged] = []

    def __iter__(self) -> Iterator[Judged]:
        return iter(self._judged)

    def refresh(self) -> None:
        """After acts: list the last ones anew; older ones come back where newer ones were taken back."""
        hidden = {skip.item for id_, skip in self._dataset.skips.items() if self._dataset.judged(id_)}
        while True:
            items = self._dataset.history.last_judged(RECENT, hidden)
            # First, or those that are read would push others of them out of memory.
            self._queue.pin({id_ for item in items for id_ in item.candidates})
            unreadable = {item for item in items if not self._remember(item)}
            if not unreadable:
                break
            hidden |= unreadable
        judged = map(self._dataset.holding, items)
        self._judged = [one for one in judged if one is not None]

    def _remember(self, item: Item) -> bool:
        """Whether the candidates of an item are in memory now."""
        judged = self._dataset.holding(item)
        if judged is None:
            return False
        missing = [id_ for id_ in item.candidates if id_ not in self._queue.in_memory]
        try:
            candidates = self._dataset.candidates(judged, self._queue.in_memory) if missing else ()
        except (OSError, ValueError) as error:
            logger.warning("%s %06d cannot be shown again: %s", item.kind, item.number, error)
            return False
        for candidate in candidates:
            self._queue.remember(candidate)
        return True
