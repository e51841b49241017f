"""What turns text into numbers: tokens, and one vector a mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Counts: TypeAlias = "sp.csr_array[np.float32, tuple[int, int]]"
Vectors = NDArray[np.float32]  # (n, dimension), rows of length 1, or 0 for a mail without tokens


@dataclass(frozen=True, eq=False)
class Encoded:
    """What a model reads of some texts."""

    tokens: Counts  # (n, vocabulary): how often each token occurs, of all tokens
    lengths: NDArray[np.int32]  # (n,) tokens
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self, rows: NDArray[np.int64]) -> "Encoded":
        return Encoded(self.tokens[rows], self.lengths[rows], self.vectors[rows])


class Embedder(Protocol):
    """Deterministic: a text has the same tokens and vector, bit for bit, whatever it is encoded with."""

    name: str  # also says which files it was read from: another name for other vectors
    dimension: int
    vocabulary: int
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


def sparse_counts(
    counts: NDArray[np.float32], columns: NDArray[np.int32], ends: NDArray[np.integer], vocabulary: int
) -> Counts:
    """The counts of the rows that end at `ends[1:]`. Raises `ValueError` for what does not fit together."""
    array = sp.csr_array((counts, columns, ends), shape=(len(ends) - 1, vocabulary))
    array.check_format()
    return cast(Counts, array)


def unit_rows(vectors: NDArray[np.float32]) -> Vectors:
    """Rows scaled to length 1; what is 0 stays 0."""
    lengths = np.sqrt(np.square(vectors).sum(1, keepdims=True))
    lengths[lengths == 0] = 1
    return np.asarray(vectors / lengths, np.float32)
