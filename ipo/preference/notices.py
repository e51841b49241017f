"""What users should know of a session besides its rows, in words."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from ipo.pictures.pool import PoolStatus
from ipo.preference.storage.pairs import Pair
from ipo.preference.storage.rows import Row
from ipo.preference.storage.sessions import FolderGone


class Notice(StrEnum):
    """What a notice is about; a new one takes the place of the one before."""

    LOST = "lost"
    SETTINGS = "settings"  # some could not be read
    NOT_KEPT = "not_kept"  # settings could not be written


def gone_with_folder(folder: Path, lost: Sequence[Row | Pair]) -> str:
    """The session's folder is gone, and what was in it."""
    gone = f"The folder {folder} is gone: it was removed, moved or replaced while the app ran"
    on = "What you judge from now on is saved in a new folder of that name."
    if not lost:
        return f"{gone}. Nothing that was judged was in it. {on}"
    return (
        f"{gone}; {_that_were(lost)} in it {_are(lost)} no longer on disk, and the models have forgotten "
        f"{'it' if len(lost) == 1 else 'them'} too. {on} If you have a copy of the old one, zip it and "
        "import it by the menu beside the session's name."
    )


def gone_from_folder(folder: Path, lost: Sequence[Row | Pair]) -> str:
    """The folder is there, but not everything that was in it."""
    return (
        f"{_that_were(lost)} in {folder} {_are(lost)} no longer on disk: somebody removed or moved what was "
        f"judged there. The models have forgotten {'it' if len(lost) == 1 else 'them'} too."
    )


def not_saved(error: OSError) -> str:
    """What a user did could not be written."""
    if isinstance(error, FolderGone):  # which says the remedy
        return f"Not saved: {error} Your judgements are kept in this tab."
    return (
        f"Not saved: {error}. Your judgements are kept in this tab; "
        "make room or make the folder writable, then press Retry."
    )


def settings_wrong(wrong: Sequence[str]) -> str:
    """Settings could not be read; `wrong` names them with what would be right."""
    return (
        f"session.json of this session is damaged: {'. And '.join(wrong)}. "
        f"{'Its default is' if len(wrong) == 1 else 'Their defaults are'} used; every other setting stands."
    )


def settings_unreadable(error: Exception) -> str:
    """`session.json` says nothing at all."""
    return (
        f"session.json of this session is damaged: {error}. Its rows are as they were; proposer, value model "
        "and λ are set as on the first day, and the title is not known."
    )


def settings_not_kept(error: BaseException) -> str:
    """A change of settings is in use and will be forgotten at the next start."""
    return f"Settings were changed and could not be kept in session.json: {error}. They hold until a restart."


def nothing_to_show(status: PoolStatus) -> str:
    """Why there is no picture of a folder to judge."""
    if status.problem:
        return status.problem
    if status.reading or not status.listed:
        return "reading your pictures …"
    if status.unread:
        return f"All pictures that were read are judged or skipped; {status.unread:,} are still to be read."
    if not status.pictures:
        return "There is no picture to judge in this folder; PNG, JPEG and WebP files would be right."
    return (
        f"All {status.pictures:,} pictures of this folder are judged or skipped. The Gallery has them; for "
        "more, add files to the folder and press Read again."
    )


def _that_were(lost: Sequence[Row | Pair]) -> str:
    """How many there were: `3 rows and 1 pair that were`."""
    rows = sum(isinstance(one, Row) for one in lost)
    counts = [(rows, "row"), (len(lost) - rows, "pair")]
    parts = [f"{count:,} {what}{'s' if count > 1 else ''}" for count, what in counts if count]
    return f"{' and '.join(parts)} that {'was' if len(lost) == 1 else 'were'}"


def _are(lost: Sequence[Row | Pair]) -> str:
    return "is" if len(lost) == 1 else "are"
