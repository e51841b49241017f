"""Which texts are nearly the same: equal but for case, numbers, white space and links, or for a name.

Near-duplicates are found by MinHash over shingles of words (Broder 1997) and locality-sensitive hashing in
bands; candidates count where the Jaccard similarity of their shingles says so.
"""

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_SHINGLE = 3  # words
_SIMILAR = 0.8  # of the shingles of both
_BANDS, _ROWS = 20, 3
_MOST_WORDS = 5_000  # of a text
_SEED = 20

_LINK = re.compile(r"(?:https?|ftp)://\S+|www\.\S+")
_DIGITS = re.compile(r"\d+")
_NO_WORD = re.compile(r"[\W_]+")

Shingles = NDArray[np.uint64]


def text_groups(texts: Sequence[str]) -> NDArray[np.int32]:
    """The group of each text `(n,)`: near-duplicates share a number, counted from 0 in order of appearance.

    What is similar to one of a group belongs to it. The same for the same texts, in every process.
    """
    normal: dict[str, int] = {}
    unique = np.array([normal.setdefault(_normalised(text), len(normal)) for text in texts], np.int64)
    pairs = _similar_pairs([_shingles(text) for text in normal])
    count = len(normal)
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    groups = connected_components(graph, directed=False)[1][unique] if count else unique
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.asarray(order[inverse], np.int32)


def _normalised(text: str) -> str:
    folded = _DIGITS.sub("0", _LINK.sub(" link ", text.casefold()))
    return _NO_WORD.sub(" ", folded).strip()


def _shingles(text: str) -> Shingles:
    """Hashes of each run of words, each once."""
    words = text.split()[:_MOST_WORDS]
    hashes = np.array([zlib.crc32(word.encode()) for word in words], np.uint64)
    length = min(_SHINGLE, len(words))
    runs = np.zeros(len(words) - length + 1 if words else 0, np.uint64)
    for at in range(length):
        runs = runs * np.uint64(0x9E3779B97F4A7C15) + hashes[at : at + len(runs)]
    return np.unique(runs)


def _similar_pairs(shingles: list[Shingles]) -> NDArray[np.int64]:
    """Pairs `(m, 2)` of similar texts: enough of them to connect what is similar."""
    filled = np.array([at for at, found in enumerate(shingles) if len(found)], np.int64)
    if not len(filled):
        return np.empty((0, 2), np.int64)
    signatures = _signatures([shingles[at] for at in filled])
    candidates: set[tuple[int, int]] = set()
    for band in range(_BANDS):
        rows = np.ascontiguousarray(signatures[:, band * _ROWS : (band + 1) * _ROWS])
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        earliest = first[inverse]
        later = np.flatnonzero(earliest != np.arange(len(filled)))
        candidates.update(zip(filled[earliest[later]].tolist(), filled[later].tolist(), strict=True))
    similar = [
        pair for pair in sorted(candidates) if _jaccard(shingles[pair[0]], shingles[pair[1]]) >= _SIMILAR
    ]
    return np.array(similar, np.int64).reshape(-1, 2)


def _signatures(shingles: list[Shingles]) -> NDArray[np.uint32]:
    """MinHash of each text `(n, bands · rows)`, by multiply-shift hashing."""
    rng = np.random.default_rng(_SEED)
    factors = rng.integers(1, 1 << 63, _BANDS * _ROWS, np.uint64) * np.uint64(2) + np.uint64(1)
    flat = np.concatenate(shingles)
    starts = np.cumsum([0, *map(len, shingles)])[:-1]
    least = [np.minimum.reduceat((flat * factor) >> np.uint64(32), starts) for factor in factors]
    return np.stack(least, axis=1).astype(np.uint32)


def _jaccard(one: Shingles, other: Shingles) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
