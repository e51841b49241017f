"""The images of a session's candidates by id: as they were decoded, and as thumbnails."""

import threading
from functools import lru_cache

from ipo.images import thumbnail
from ipo.preference.session import PreferenceSession

_MOST_THUMBNAILS = 2048  # in memory, 10 kB each at most
_making = threading.Lock()  # one thumbnail at a time: a page asks for a hundred, and fits and decoding go on


def candidate_image(session: PreferenceSession, id_: str) -> bytes:
    """The PNG of a candidate that waits, was judged, or was dealt before a restart.

    Raises `LookupError` for one that is not there, `OSError` or `ValueError` for one that cannot be read.
    """
    candidate = session.queue.find(id_)
    if candidate is not None:
        return candidate.png
    row = session.row(id_)
    if row is None:
        raise LookupError(id_)
    return session.store.image(row)


@lru_cache(_MOST_THUMBNAILS)
def candidate_thumbnail(session: PreferenceSession, id_: str) -> bytes:
    """The JPEG of a candidate's thumbnail. Raises as `candidate_image` does."""
    with _making:
        return thumbnail(candidate_image(session, id_))
