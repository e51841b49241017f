"""Older judgements that come back into the last ten when newer ones are taken off."""

import logging

from ipo.preference.dataset import PreferenceDataset
from ipo.preference.queue import CandidateQueue
from ipo.preference.recent_actions import RecentActions

logger = logging.getLogger("ipo.preference.older_actions")


def list_older_actions(recent: RecentActions, dataset: PreferenceDataset, queue: CandidateQueue) -> None:
    """Fill the list up from what was judged before. The caller holds the session's lock."""
    for action in recent.missing(dataset.rows.values(), dataset.pairs):
        try:
            judged = action.pair or dataset.rows[action.id]
            candidates = dataset.candidates(judged, queue.in_memory)
        except (OSError, ValueError) as error:
            logger.warning("%s cannot be shown again: %s", action, error)
            continue
        recent.add_older(action)
        for candidate in candidates:
            queue.remember(candidate)
    queue.pin(recent.candidates())
