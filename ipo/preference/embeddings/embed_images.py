"""Embedding what was judged before anybody wanted its embedding: images of a session, from disk or memory."""

import logging
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from ipo.images import decode_png
from ipo.jobs import Progress
from ipo.pictures.cached_embedder import CachedEmbedder
from ipo.pictures.reading import content_hash
from ipo.preference.embeddings.image_values import Embedding
from ipo.preference.session import PreferenceSession
from ipo.preference.storage.files import MAX_IMAGE
from ipo.preference.storage.pairs import IMAGES
from ipo.preference.storage.rows import IMAGE
from ipo.regular_files import read_regular

logger = logging.getLogger("ipo.preference.embeddings.embed_images")


@dataclass(frozen=True)
class SessionImage:
    """The image of a candidate: its PNG, or where that is."""

    candidate: str  # id
    png: bytes | Path = field(repr=False)


def images_without_embedding(session: PreferenceSession) -> list[SessionImage]:
    """Of all candidates that were judged, or are in hand, and have no embedding yet."""
    wanted, known = session.state.without_embedding(), session.state.embeddings
    return [
        *(SessionImage(one.id, one.png) for one in session.in_hand() if one.id not in known),
        *(_on_disk(session, wanted) if wanted else ()),  # usually none: then no row is looked at
    ]


def _on_disk(session: PreferenceSession, wanted: Set[str]) -> Iterator[SessionImage]:
    for row in session.rows():
        if row.candidate_id in wanted:
            yield SessionImage(row.candidate_id, session.store.folder(row.number) / IMAGE)
    for pair in session.pairs():
        for id_, name in zip(pair.candidates, IMAGES, strict=True):
            if id_ in wanted:
                yield SessionImage(id_, session.pair_store.folder(pair.number) / name)


def embed_images(
    embedder: CachedEmbedder, images: Sequence[SessionImage], progress: Progress
) -> dict[str, Embedding]:
    """Embeddings by candidate id; images that cannot be read are left out.

    Raises `ValueError` where the embedder is not here, what that raises, and `Cancelled`.
    """
    embedder.load()
    found = {}
    for number, image in enumerate(images):
        progress.check()
        progress.report(number / len(images), f"Image {number + 1} of {len(images)}")
        try:
            png = image.png if isinstance(image.png, bytes) else read_regular(image.png, MAX_IMAGE)
            pixels = decode_png(png)
        except (OSError, ValueError) as error:  # undone meanwhile, or damaged, which opening a session says
            logger.warning("the image of %s is not embedded: %s", image.candidate, error)
            continue
        content = content_hash(png)
        found[image.candidate] = embedder.vectors({content: pixels}, progress)[content]
    return found
