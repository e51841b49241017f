"""The 2-D map: learnt with the model, and turned so that it lies as it lay before.

A small head places the features of a batch so that neighbours stay neighbours: it minimises KL(P ‖ Q), where
P are affinities of features and Q those of places with Student's t (van der Maaten, "Learning a parametric
embedding by preserving local structure", 2009). The gradient ends at the features. Since the head goes on
from where it was, the map moves; it does not jump.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Positions = NDArray[np.float32]

NEIGHBOURS = 10  # of a batch, that set how far an affinity reaches


def affinities(features: Tensor) -> Tensor:
    """P `(B, B)` of features `(B, F)`: symmetric, zero on the diagonal, sums to 1.

    p_j|i ∝ exp(−(d_ij / d_ik)²) with the distance d_ik to the k-th neighbour as the reach.
    """
    unit = functional.normalize(features, dim=1)
    squared = (2 - 2 * unit @ unit.T).clamp_min(0)
    near = squared.topk(min(NEIGHBOURS + 1, len(unit)), dim=1, largest=False).values[:, -1:]
    P = torch.exp(-squared / near.clamp_min(1e-6)).fill_diagonal_(0)
    P = P / P.sum(1, keepdim=True).clamp_min(1e-12)
    return (P + P.T) / (2 * len(P))


def neighbour_loss(features: Tensor, places: Tensor) -> Tensor:
    """KL(P ‖ Q) of places `(B, 2)`; no gradient reaches the features `(B, F)`."""
    P = affinities(features.detach())
    squared = (places[:, None] - places[None]).square().sum(2)
    student = (1 / (1 + squared)) * (1 - torch.eye(len(places)))
    log_Q = torch.log(student.clamp_min(1e-12)) - torch.log(student.sum())
    return torch.sum(P * (torch.log(P.clamp_min(1e-12)) - log_Q))


def pca_positions(features: NDArray[np.float32]) -> Positions:
    """Places `(n, 2)` on the two axes of most variance, for a model that has learnt no map yet."""
    centred = features - features.mean(0)
    _, axes = np.linalg.eigh(centred.T.astype(np.float64) @ centred)
    places: Positions = (centred @ axes[:, :-3:-1]).astype(np.float32)
    return places


def procrustes_align(places: Positions, before: Positions | None) -> Positions:
    """Places `(n, 2)` around 0 with root mean square 1, turned or mirrored to lie as `before` does.

    Orthogonal Procrustes: min_R ‖places R − before‖² over rotations and reflections (Schönemann, 1966).
    Places that are not finite stay so and move no other.
    """
    finite = np.isfinite(places).all(1)
    if not finite.any():
        return places
    centred = places.astype(np.float64) - places[finite].mean(0, dtype=np.float64)
    centred /= max(float(np.sqrt(np.mean(np.sum(centred[finite] ** 2, 1)))), 1e-12)
    if before is not None and before.shape == places.shape:
        both = finite & np.isfinite(before).all(1)
        left, _, right = np.linalg.svd(centred[both].T @ before[both])
        centred = centred @ (left @ right)
    turned: Positions = centred.astype(np.float32)
    return turned
