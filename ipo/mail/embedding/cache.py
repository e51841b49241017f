"""Encoded texts on disk, by hash of the text, one file a set of mails and embedder.

What was encoded once is read in a blink. The file is a help, not a record: a damaged one is made anew.
"""

import hashlib
import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ipo.durable import replacing
from ipo.jobs import SILENT, Progress
from ipo.mail.embedding.protocol import Embedder, Encoded, no_terms, sparse_counts
from ipo.slugs import slug

logger = logging.getLogger("ipo.mail.embedding.cache")

_FORMAT = 2
_CHUNK = 512  # texts that are encoded between two reports
_HASH = 16  # bytes

Hashes = NDArray[np.void]


class EmbeddingCache:
    """`encode` gives what is on disk, and encodes and keeps what is not."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self.embedder = embedder
        self._folder = folder

    def encode(self, name: str, texts: Sequence[str], progress: Progress = SILENT) -> Encoded:
        """The texts of the set called `name`. Raises `Cancelled`; what was on disk stays then."""
        hashes = text_hashes(texts)
        stored_hashes, stored = self._load(self._path(name))
        rows = {key.tobytes(): row for row, key in enumerate(stored_hashes)}
        missing = [row for row, key in enumerate(hashes) if key.tobytes() not in rows]
        if not missing and len(stored_hashes) == len(hashes) and np.array_equal(stored_hashes, hashes):
            return stored
        fresh = self._encode([texts[row] for row in missing], progress)
        known = stack([stored, fresh])
        rows |= {hashes[row].tobytes(): len(stored) + place for place, row in enumerate(missing)}
        encoded = known.rows(np.array([rows[key.tobytes()] for key in hashes], np.int64))
        if missing:
            self._store(self._path(name), hashes, encoded)
        return encoded

    def _encode(self, texts: Sequence[str], progress: Progress) -> Encoded:
        chunks = [self._nothing()]
        for first in range(0, len(texts), _CHUNK):
            progress.check()
            progress.report(first / len(texts), f"Read {first:,} of {len(texts):,} mails")
            chunks.append(self.embedder.encode(texts[first : first + _CHUNK]))
        return stack(chunks)

    def _nothing(self) -> Encoded:
        return Encoded(
            no_terms(self.embedder.terms),
            np.zeros(0, np.int32),
            np.zeros((0, self.embedder.dimension), np.float32),
        )

    def _path(self, name: str) -> Path:
        return self._folder / slug(self.embedder.name) / f"{slug(name)}.npz"

    def _load(self, path: Path) -> tuple[Hashes, Encoded]:
        try:
            with np.load(path, allow_pickle=False) as file:
                shape = (len(file["lengths"]), self.embedder.terms)
                terms = sparse_counts(file["counts"], file["columns"], file["ends"], shape[1])
                encoded = Encoded(terms, file["lengths"], file["vectors"])
                sound = int(file["format"]) == _FORMAT and encoded.vectors.shape == (
                    shape[0],
                    self.embedder.dimension,
                )
                if sound and len(file["hashes"]) == shape[0]:
                    return file["hashes"], encoded
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            logger.warning("%s is not used: %s", path, error)
        return np.zeros(0, f"V{_HASH}"), self._nothing()

    def _store(self, path: Path, hashes: Hashes, encoded: Encoded) -> None:
        """What cannot be kept is encoded again the next time."""
        try:
            with replacing(path) as temporary, open(temporary, "wb") as file:
                np.savez(
                    file,
                    format=_FORMAT,
                    hashes=hashes,
                    counts=encoded.terms.data,
                    columns=encoded.terms.indices,
                    ends=encoded.terms.indptr,
                    lengths=encoded.lengths,
                    vectors=encoded.vectors,
                )
        except OSError as error:
            logger.warning("%s cannot be written: %s", path, error)


def text_hashes(texts: Sequence[str]) -> Hashes:
    """`(n,)` of 16 bytes each."""
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_HASH] for text in texts]
    return np.array(digests, f"V{_HASH}") if digests else np.zeros(0, f"V{_HASH}")


def stack(parts: Sequence[Encoded]) -> Encoded:
    """One below the other."""
    return Encoded(
        sp.csr_array(sp.vstack([part.terms for part in parts], format="csr")),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.vectors for part in parts]),
    )
