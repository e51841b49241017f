"""From a folder to pictures with vectors: what is known already, then what must be read, a few at a time.

Functions for a lane. What they find out is kept on disk at once, so that nothing is lost by stopping.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.embedding.protocol import Embedder
from ipo.jobs import SILENT, Progress
from ipo.pictures.index import FileRecord, FolderIndex
from ipo.pictures.listing import File, PassedOver, list_pictures
from ipo.pictures.reading import read_picture
from ipo.pictures.vectors import VectorCache


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be judged."""

    path: str  # below the folder, of one file that has it
    content: str  # sha256 of the file
    width: int  # pixels of the file
    height: int


@dataclass(frozen=True, eq=False)
class EmbeddedPicture:
    """A picture and its vector `(dim,)`, of length 1."""

    picture: Picture
    vector: NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """What is known of some files."""

    pictures: list[EmbeddedPicture]
    passed_over: list[PassedOver]
    unread: list[File]  # in an order that has nothing to do with their names


def scan(folder: Path, index: FolderIndex, cache: VectorCache, progress: Progress = SILENT) -> Found:
    """List a folder, and find what is known of its files since they were read last.

    Raises `OSError` where the folder cannot be listed, and `Cancelled`.
    """
    listing = list_pictures(folder, progress)
    known = index.load()
    unchanged = [
        (file, known[file.path])
        for file in listing.files
        if file.path in known and known[file.path].is_of(file)
    ]
    index.replace(record for _, record in unchanged)
    vectors = cache.find({record.content for _, record in unchanged if record.content})
    pictures, passed_over, done = [], list(listing.passed_over), set()
    for file, record in unchanged:
        if record.problem:
            passed_over.append(PassedOver(file.path, record.problem))
        elif record.content in vectors:
            pictures.append(EmbeddedPicture(_picture(record), vectors[record.content]))
        else:
            continue
        done.add(file.path)
    unread = [file for file in listing.files if file.path not in done]
    random.Random(str(folder)).shuffle(unread)  # the first few are from everywhere
    return Found(pictures, passed_over, unread)


def read_files(
    folder: Path,
    files: Sequence[File],
    index: FolderIndex,
    cache: VectorCache,
    embedder: Embedder,
    progress: Progress = SILENT,
) -> Found:
    """Read some files. What cannot be read is passed over, and the rest goes on; what is gone is left out.

    Raises `Cancelled`, and what the embedder raises.
    """
    pictures: list[EmbeddedPicture] = []
    passed_over: list[PassedOver] = []
    records: list[FileRecord] = []
    for file in files:
        progress.check()
        try:
            shown = read_picture(folder / file.path)
        except FileNotFoundError:
            continue
        except OSError as error:  # which may be put right without another time of the file
            passed_over.append(PassedOver(file.path, f"it cannot be read: {error.strerror}"))
            continue
        except ValueError as error:
            passed_over.append(PassedOver(file.path, str(error)))
            records.append(FileRecord(file.path, file.bytes, file.mtime, problem=str(error)))
            continue
        vector = cache.find([shown.content]).get(shown.content)
        if vector is None:
            vector = embedder.embed(shown.pixels[None])[0]
            cache.add({shown.content: vector})
        record = FileRecord(file.path, file.bytes, file.mtime, shown.content, shown.width, shown.height)
        records.append(record)
        pictures.append(EmbeddedPicture(_picture(record), vector))
    index.add(records)
    return Found(pictures, passed_over, [])


def _picture(record: FileRecord) -> Picture:
    return Picture(record.path, record.content, record.width, record.height)
