"""What follows from captured tensors: likeness of features, rank, lengths. Pure functions, any float dtype.

Features are the rows of a `(D, F)` matrix. A row of zeros is like nothing: its cosines are 0.
"""

import torch
from torch import Tensor

DEAD = 0.01  # a feature that wins fewer of the images than this is dead

_TINY = 1e-12


def cosine_matrix(rows: Tensor) -> Tensor:
    """cos(row_d, row_e) as `(D, D)`."""
    unit = rows / magnitude(rows).clamp_min(_TINY)[:, None]
    return torch.mm(unit, unit.t())


def mean_off_diagonal(rows: Tensor) -> Tensor:
    """The mean of cos(row_d, row_e) over d ≠ e, without the matrix: (‖Σ û‖² − Σ‖û‖²)/(D(D − 1))."""
    lengths = magnitude(rows)
    total = torch.mv(rows.t(), lengths.clamp_min(_TINY).reciprocal())
    present = (lengths > _TINY).sum()
    return torch.div(torch.dot(total, total) - present, max(len(rows) * (len(rows) - 1), 1))


def effective_rank(rows: Tensor) -> Tensor:
    """exp of the entropy of the normalised singular values, from the `(D, D)` Gram matrix.

    Roy & Vetterli, The effective rank: a measure of effective dimensionality, EUSIPCO 2007. In float64:
    the squares of small singular values would drown in float32.
    """
    wide = rows.double()
    if not bool(torch.isfinite(wide.sum())):
        return torch.tensor(torch.nan, dtype=rows.dtype)
    values = torch.linalg.eigvalsh(wide @ wide.T).clamp_min(0).sqrt()
    share = values / values.sum().clamp_min(_TINY)
    return torch.exp(torch.special.entr(share).sum()).to(rows.dtype)


def magnitude(rows: Tensor) -> Tensor:
    """Lengths of the rows `(D,)`."""
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1)
    return lengths


def dead_count(win_rate: Tensor) -> Tensor:
    """How many features win fewer than `DEAD` of the images."""
    return (win_rate < DEAD).sum().to(win_rate.dtype)
