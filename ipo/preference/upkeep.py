"""What keeps an open session and its folder in agreement: rows, pairs, settings, and the folder itself."""

import logging
from collections.abc import Sequence

from ipo.preference.dataset import PreferenceDataset
from ipo.preference.notices import (
    Notice,
    gone_from_folder,
    gone_with_folder,
    settings_not_kept,
    settings_unreadable,
    settings_wrong,
)
from ipo.preference.queue import CandidateQueue
from ipo.preference.recent_actions import RecentActions
from ipo.preference.settings import SETTINGS, Settings, settings_in
from ipo.preference.state import PreferenceState
from ipo.preference.storage.pairs import Pair
from ipo.preference.storage.rows import Row
from ipo.preference.storage.sessions import SessionFolder

logger = logging.getLogger("ipo.preference.upkeep")


class Upkeep:
    """Of one session. Guarded by the session's lock, but for what is said to run on a lane."""

    def __init__(
        self,
        folder: SessionFolder,
        dataset: PreferenceDataset,
        recent: RecentActions,
        queue: CandidateQueue,
        state: PreferenceState,
        notes: dict[Notice, str],
    ) -> None:
        self._folder, self._dataset, self._recent = folder, dataset, recent
        self._queue, self._state, self._notes = queue, state, notes

    def look(self) -> bool:
        """Make the folder again if it is gone; true if labels were lost with it. Raises `OSError`."""
        if self._dataset.stands():
            return False
        gone = not self._folder.path.exists()
        self._dataset.restore()
        lost = self._dataset.missing(self._dataset.everything())
        self._queue.persist_all()
        if gone or lost:
            self._notes[Notice.LOST] = gone_with_folder(self._folder.path, lost)
        return self._drop(lost)

    def drop(self, missing: Sequence[Row | Pair]) -> bool:
        """Forget what was found to be missing from the folder; true if there was something."""
        lost = [one for one in missing if self._dataset.holds(one)]  # else undone meanwhile
        if lost:
            self._notes[Notice.LOST] = gone_from_folder(self._folder.path, lost)
        return self._drop(lost)

    def top_up_recent(self) -> None:
        """Bring older judgements into the last ten when some of them are gone."""
        for act in self._recent.missing(self._dataset.rows.values(), self._dataset.pairs):
            try:
                judged = act.pair or self._dataset.rows[act.id]
                candidates = self._dataset.candidates_of(judged, self._queue.known)
            except (OSError, ValueError) as error:
                logger.warning("%s cannot be shown again: %s", act, error)
                continue
            self._recent.add_older(act)
            for candidate in candidates:
                self._queue.remember(candidate)

    def read_settings(self) -> None:
        """Adopt the settings in `session.json`. Small, and read at once: pages show them before the rows."""
        try:
            told, wrong = settings_in(self._folder.about().get(SETTINGS, {}))
        except OSError:
            return  # a new session, or one that cannot be opened, which is said then
        except ValueError as error:
            self._notes[Notice.SETTINGS] = settings_unreadable(error)
            return
        self._queue.proposing, self._state.cv_after_fit = told.proposing, told.cv_after_fit
        self._state.params = told.params
        if wrong:
            self._notes[Notice.SETTINGS] = settings_wrong(wrong)

    def keep_settings(self) -> None:
        """Write them. Runs on the decode lane, as renaming does. Raises `OSError` or `ValueError`."""
        told = Settings(self._queue.proposing, self._state.params, self._state.cv_after_fit)
        self._folder.keep(**{SETTINGS: told.record()})

    def settings_kept(self, _: None) -> None:
        self._notes.pop(Notice.NOT_KEPT, None)

    def settings_not_kept(self, error: BaseException) -> None:
        self._notes[Notice.NOT_KEPT] = settings_not_kept(error)

    def _drop(self, lost: Sequence[Row | Pair]) -> bool:
        """Forget what is not on disk any more; true if there was something."""
        for one in lost:
            self._dataset.forget(one)
            self._recent.forget(one.candidate_id if isinstance(one, Row) else one.candidates[0])
        if lost:
            logger.warning("%s", self._notes[Notice.LOST])
            self.top_up_recent()
        return bool(lost)
