"""How long mails are for an embedder, in its own tokens."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LISTED = 10


@dataclass(frozen=True)
class TokenBudget:
    """Of the mails of a set."""

    mean: float
    p95: float
    limit: int | None  # tokens that the vector of a mail looks at; `None`: all
    truncated: float  # share of mails that are longer
    longest: tuple[int, ...]  # rows, the longest first, at most ten


def token_budget(lengths: NDArray[np.int32], limit: int | None) -> TokenBudget:
    """From the tokens of each mail `(n,)`; zeros without a mail."""
    if not len(lengths):
        return TokenBudget(0.0, 0.0, limit, 0.0, ())
    longest = np.argsort(-lengths, kind="stable")[:_LISTED]
    truncated = 0.0 if limit is None else float((lengths > limit).mean())
    return TokenBudget(
        float(lengths.mean()),
        float(np.percentile(lengths, 95)),
        limit,
        truncated,
        tuple(int(row) for row in longest),
    )
