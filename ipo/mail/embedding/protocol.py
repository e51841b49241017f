"""What turns text into numbers: counts of tokens and words, and one vector a mail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer

from ipo.mail.cleaning import LINKS

WORDS = 2**18
_WORD = re.compile(r"\w\w+|[!?$%]+")

Counts: TypeAlias = "sp.csr_array[np.float32, tuple[int, int]]"
Vectors = NDArray[np.float32]  # (n, dimension), rows of length 1, or 0 for a mail without tokens


@dataclass(frozen=True, eq=False)
class Encoded:
    """What a model reads of some texts."""

    terms: Counts  # (n, terms): how often each token and each word occurs
    lengths: NDArray[np.int32]  # (n,) tokens
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self, rows: NDArray[np.int64]) -> "Encoded":
        return Encoded(self.terms[rows], self.lengths[rows], self.vectors[rows])


class Embedder(Protocol):
    """Deterministic: a text has the same tokens and vector, bit for bit, whatever it is encoded with."""

    name: str  # also says which files it was read from: another name for other vectors
    dimension: int
    terms: int  # different ones that are counted
    limit: int | None  # tokens that the vector looks at; `None`: all

    def encode(self, texts: Sequence[str]) -> Encoded: ...

    def pieces(self, text: str) -> list[tuple[int, int]]:
        """Where each token of a text begins and ends."""


def count_tokens(ids: Sequence[NDArray[np.int32]], vocabulary: int) -> Counts:
    """How often each token occurs in each text, `(n, vocabulary)`."""
    ends = np.cumsum([0, *(len(row) for row in ids)])
    columns = np.concatenate([np.zeros(0, np.int32), *ids])
    counts = sparse_counts(np.ones(len(columns), np.float32), columns, ends, vocabulary)
    counts.sum_duplicates()
    return counts


def count_words(texts: Sequence[str]) -> Counts:
    """How often words and runs of signs occur, by hash, `(n, 2^18)`; those of links count apart."""
    counter = HashingVectorizer(
        analyzer=_words, n_features=WORDS, alternate_sign=False, norm=None, dtype=np.float32
    )
    return cast(Counts, sp.csr_array(counter.transform(texts)))


def count_terms(ids: Sequence[NDArray[np.int32]], vocabulary: int, texts: Sequence[str]) -> Counts:
    """Tokens, then words, `(n, vocabulary + 2^18)`."""
    return cast(Counts, sp.hstack([count_tokens(ids, vocabulary), count_words(texts)], format="csr"))


def _words(text: str) -> list[str]:
    body, _, links = text.lower().rpartition(LINKS.lower())
    if not body:
        return _WORD.findall(text.lower())
    return _WORD.findall(body) + [f"link:{word}" for word in links.split()]


def sparse_counts(
    counts: NDArray[np.float32], columns: NDArray[np.int32], ends: NDArray[np.integer], vocabulary: int
) -> Counts:
    """The counts of the rows that end at `ends[1:]`. Raises `ValueError` for what does not fit together."""
    array = sp.csr_array((counts, columns, ends), shape=(len(ends) - 1, vocabulary))
    array.check_format()
    return cast(Counts, array)


def no_terms(terms: int) -> Counts:
    """Of no text."""
    return cast(Counts, sp.csr_array((0, terms), dtype=np.float32))


def unit_rows(vectors: NDArray[np.float32]) -> Vectors:
    """Rows scaled to length 1; what is 0 stays 0."""
    lengths = np.sqrt(np.square(vectors).sum(1, keepdims=True))
    lengths[lengths == 0] = 1
    return np.asarray(vectors / lengths, np.float32)
