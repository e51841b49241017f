"""The images of a session's candidates by id: as they were decoded, and as thumbnails."""

import threading
from functools import lru_cache

from ipo.images import thumbnail
from ipo.preference.session import PreferenceSession

_MOST_THUMBNAILS = 2048  # in memory, 10 kB each at most
_making = threading.Lock()  # one thumbnail at a time: a page asks for a hundred, and fits and decoding go on


def candidate_image(session: PreferenceSession, id_: str) -> bytes:
    """The PNG of a candidate: as its row has it, or as it waits, also since before a restart.

    Raises `LookupError` for one that is not there, `OSError` or `ValueError` for one that cannot be read.
    """
    row = session.row(id_)
    if row is not None:
        return session.store.image(row)
    candidate = session.queue.find(id_)
    if candidate is None:
        raise LookupError(id_)
    return candidate.png


@lru_cache(_MOST_THUMBNAILS)
def candidate_thumbnail(session: PreferenceSession, id_: str) -> bytes:
    """The JPEG of a candidate's thumbnail. Raises as `candidate_image` does."""
    with _making:
        return thumbnail(candidate_image(session, id_))
