"""BCL once more, in float64 loops, straight from the formulas of the design."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
EPS = 1e-8


def neighbours(W: Array, k: int) -> NDArray[np.int64]:
    rows = []
    for d in range(len(W)):
        cosines = [
            -np.inf if j == d else W[d] @ W[j] / np.sqrt(W[d] @ W[d]) / np.sqrt(W[j] @ W[j])
            for j in range(len(W))
        ]
        rows.append(sorted(range(len(W)), key=lambda j: -cosines[j])[:k])
    return np.array(rows)


def competition(W: Array, b: Array, X: Array, N: NDArray[np.int64], T: float) -> dict[str, Any]:
    B, D = len(X), len(W)
    S, R, lc, near = (np.zeros((B, D)) for _ in range(4))
    for i in range(B):
        for d in range(D):
            S[i, d] = abs(X[i] @ W[d] + b[d])
    for i in range(B):
        for d in range(D):
            R[i, d] = 1 / (1 + np.exp(-T * (S[i, d] - max(S[i, j] for j in N[d]))))
    c = np.array([sum(R[i]) for i in range(B)])
    v = np.array([sum(R[i, d] / (c[i] + EPS) for i in range(B)) / sum([*R[:, d], EPS]) for d in range(D)])
    w = np.array([sum(R[:, d]) / B for d in range(D)])
    for i in range(B):
        winner = int(np.argmax(R[i]))
        for d in range(D):
            lc[i, d] = sum(R[i, j] for j in N[d])
            near[i, d] = 1.0 if d in N[winner] else 0.0
    return {
        "strength": S,
        "rank_score": R,
        "image_coverage": c,
        "feature_novelty": v,
        "win_rate": w,
        "local_coverage": lc,
        "local_novelty": 1 / (lc + 1),
        "in_neighborhood": near,
    }


def blend(W: Array, b: Array, X: Array, N: NDArray[np.int64], T: float, som_lr: float) -> dict[str, Any]:
    """Algorithm `bcl`."""
    won = competition(W, b, X, N, T)
    R, v, w, c, ln, near = (
        won[key]
        for key in (
            "rank_score",
            "feature_novelty",
            "win_rate",
            "image_coverage",
            "local_novelty",
            "in_neighborhood",
        )
    )
    B, D = R.shape
    e = w * v
    cw, aw = (1 - e) * w, (1 - e) * (1 - w)
    mask = np.zeros((B, D))
    local, everywhere, targets = (np.zeros_like(W) for _ in range(3))
    for d in range(D):
        a = [R[i, d] * ln[i, d] * (1 - v[d]) * near[i, d] * cw[d] for i in range(B)]
        g = [(1 - R[i, d]) * aw[d] / (c[i] + EPS) for i in range(B)]
        for i in range(B):
            mask[i, d] = R[i, d] * v[d] * e[d]
            local[d] += a[i] / (sum(a) + EPS) * X[i]
            everywhere[d] += g[i] / (sum(g) + EPS) * X[i]
        targets[d] = (cw[d] * local[d] + aw[d] * everywhere[d]) / (cw[d] + aw[d] + EPS)
    return won | {
        "gradient_weight": e,
        "contender_weight": cw,
        "attraction_weight": aw,
        "grad_mask": mask,
        "local_target": local,
        "global_target": everywhere,
        "som_targets": targets,
        "som_delta": som_lr * (targets - W),
    }


def rescue(
    W: Array, b: Array, X: Array, N: NDArray[np.int64], T: float, som_lr: float, rescue_k: int
) -> dict[str, Any]:
    """Algorithm `bcl_rescue`."""
    won = competition(W, b, X, N, T)
    R, v, w, c, ln, near = (
        won[key]
        for key in (
            "rank_score",
            "feature_novelty",
            "win_rate",
            "image_coverage",
            "local_novelty",
            "in_neighborhood",
        )
    )
    B, D = R.shape
    affinity, weighted, pull = (np.zeros((B, D)) for _ in range(3))
    winner, rescued, targets, delta = (np.zeros_like(W) for _ in range(4))
    for d in range(D):
        cosines = [X[i] @ W[d] / np.sqrt(X[i] @ X[i]) / np.sqrt(W[d] @ W[d]) for i in range(B)]
        for i in range(B):
            affinity[i, d] = sum(other < cosines[i] for other in cosines) / (B - 1)
            weighted[i, d] = affinity[i, d] / (c[i] + 1)
        for i in sorted(range(B), key=lambda i: -weighted[i, d])[:rescue_k]:
            pull[i, d] = 1 / rescue_k
        a = [R[i, d] * ln[i, d] * near[i, d] for i in range(B)]
        for i in range(B):
            winner[d] += a[i] / (sum(a) + EPS) * X[i]
            rescued[d] += pull[i, d] * X[i]
        targets[d] = w[d] * winner[d] + (1 - w[d]) * rescued[d]
        delta[d] = som_lr * (1 - v[d]) * (targets[d] - W[d])
    return won | {
        "grad_mask": R,
        "winner_target": winner,
        "affinity": affinity,
        "image_need": 1 / (c + 1),
        "weighted_affinity": weighted,
        "rescue_pull": pull,
        "rescue_target": rescued,
        "som_targets": targets,
        "som_delta": delta,
    }
