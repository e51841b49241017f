"""The pictures of a folder as something that a session can be about, beside the decoders."""

from functools import partial
from pathlib import Path

from ipo.decoders.settings import Setting, Settings
from ipo.embedding.embedders import TITLES, open_embedder, vector_length
from ipo.pictures.pool import PicturePool

FOLDER, EMBEDDER = "folder", "embedder"  # settings


class PicturesKind:
    """What can be chosen about pictures."""

    settings = (
        Setting(
            FOLDER, "Folder", "", "Where your pictures are, folders in it included. Nothing is written there."
        ),
        Setting(
            EMBEDDER,
            "Embedder",
            next(iter(TITLES)),
            "Reads what a picture shows; the value models learn from what it says.",
            choices=tuple(TITLES),
        ),
    )

    def open(self, home: Path, settings: Settings) -> PicturePool:
        """The pool of a folder, which need not be there: what was judged of it is in the session.

        Quick: nothing is read. Raises `ValueError` for an embedder that is not here.
        """
        embedder = str(settings[EMBEDDER])
        folder = Path(str(settings[FOLDER])).expanduser()
        return PicturePool(
            home, folder, partial(open_embedder, home, embedder), vector_length(home, embedder)
        )
