"""Batch competitive learning: features compete for images, and are pulled to where they are missed.

For weights W `(D, F)`, b `(D,)`, a batch X `(B, F)` and neighbourhoods N `(D, k)`; ε = 1e-8; nothing is
differentiated:

    S[i,d]  = |X_i·W_d + b_d|                             strength
    R[i,d]  = sigmoid(T·(S[i,d] − max_{j∈N[d]} S[i,j]))   rank_score
    c[i]    = Σ_d R[i,d]                                  image_coverage
    ν[d]    = (Σ_i R[i,d]/(c[i]+ε)) / (Σ_i R[i,d]+ε)      feature_novelty
    w[d]    = mean_i R[i,d]                               win_rate
    lc[i,d] = Σ_{j∈N[d]} R[i,j]                           local_coverage
    ln[i,d] = 1/(lc[i,d]+1)                               local_novelty
    in[i,d] = 1 if d ∈ N[argmax_{d'} R[i,d']] else 0      in_neighborhood

The gradient at the pre-activation is multiplied by grad_mask, and som_delta is added to W; how they are
made is in `_blend` (algorithm `bcl`) and `_rescue` (algorithm `bcl_rescue`).
"""

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor

from ipo.inspector.capture.metrics import cosine_matrix

EPSILON = 1e-8


class Algorithm(StrEnum):
    BCL = "bcl"
    RESCUE = "bcl_rescue"


@dataclass(frozen=True)
class BCLConfig:
    algorithm: Algorithm = Algorithm.BCL
    k: int = 8  # neighbours of a feature
    temperature: float = 5.0  # T
    som_lr: float = 1e-3
    rescue_k: int = 5  # images that pull a feature
    recompute_every: int = 50  # forward calls between neighbourhoods


@dataclass(frozen=True, eq=False)
class Competition:
    """Who wins which image. Fields are named as in `StepTensorKey`."""

    strength: Tensor  # (B, D)
    neighbors: Tensor  # (D, k)
    rank_score: Tensor  # (B, D)
    image_coverage: Tensor  # (B,)
    feature_novelty: Tensor  # (D,)
    win_rate: Tensor  # (D,)
    local_coverage: Tensor  # (B, D)
    local_novelty: Tensor  # (B, D)
    in_neighborhood: Tensor  # (B, D)


@dataclass(frozen=True, eq=False)
class ForceTrace(Competition):
    """All that one batch does to the weights. What an algorithm does not have is `None`."""

    grad_mask: Tensor  # (B, D)
    som_targets: Tensor  # (D, F)
    som_delta: Tensor  # (D, F)
    gradient_weight: Tensor | None = None  # (D,)
    contender_weight: Tensor | None = None  # (D,)
    attraction_weight: Tensor | None = None  # (D,)
    local_target: Tensor | None = None  # (D, F)
    global_target: Tensor | None = None  # (D, F)
    winner_target: Tensor | None = None  # (D, F)
    affinity: Tensor | None = None  # (B, D)
    image_need: Tensor | None = None  # (B,)
    weighted_affinity: Tensor | None = None  # (B, D)
    rescue_pull: Tensor | None = None  # (B, D)
    rescue_target: Tensor | None = None  # (D, F)


def neighbours(W: Tensor, k: int) -> Tensor:
    """N `(D, k)`: for each feature the k others of the largest cosine, nearest first."""
    if not 0 < k < len(W):
        raise ValueError(f"k is {k}; {len(W)} features have 1 to {len(W) - 1} neighbours.")
    return cosine_matrix(W).fill_diagonal_(-torch.inf).topk(k, dim=1).indices


def compete(
    W: Tensor, b: Tensor, X: Tensor, N: Tensor, temperature: float, pre: Tensor | None = None
) -> Competition:
    """Who wins which image. `pre` is X·W + b where that is known already."""
    pre = torch.nn.functional.linear(X, W, b) if pre is None else pre
    S = pre.abs()
    by_feature = S.t().contiguous()  # rows are gathered much faster than columns
    rivals = by_feature.index_select(0, N.flatten()).view(*N.shape, len(X)).amax(1)
    R = torch.sigmoid(temperature * (by_feature - rivals)).t().contiguous()
    near = torch.zeros(len(W), len(W), dtype=W.dtype, device=W.device).scatter_(1, N, 1.0)
    c, wins = R.sum(1), R.sum(0)
    lc = R @ near.t()
    return Competition(
        strength=S,
        neighbors=N,
        rank_score=R,
        image_coverage=c,
        feature_novelty=(1 / (c + EPSILON)) @ R / (wins + EPSILON),
        win_rate=wins / len(X),
        local_coverage=lc,
        local_novelty=1 / (lc + 1),
        in_neighborhood=near.index_select(0, R.argmax(1)),
    )


def forces(
    W: Tensor, b: Tensor, X: Tensor, N: Tensor, config: BCLConfig, pre: Tensor | None = None
) -> ForceTrace:
    """Everything that the algorithm of `config` computes for one batch, in the dtype of the arguments."""
    won = compete(W, b, X, N, config.temperature, pre)
    if config.algorithm == Algorithm.BCL:
        return _blend(W, X, won, config)
    return _rescue(W, X, won, config)


def som_delta(som_targets: Tensor, W: Tensor, novelty: Tensor, config: BCLConfig) -> Tensor:
    """What the pull adds to W: η(targets − W), which `bcl_rescue` multiplies by 1 − ν."""
    if config.algorithm == Algorithm.BCL:
        return config.som_lr * (som_targets - W)
    return (config.som_lr * (1 - novelty))[:, None] * (som_targets - W)


def _blend(W: Tensor, X: Tensor, won: Competition, config: BCLConfig) -> ForceTrace:
    """Algorithm `bcl`: a gradient for who wins something of its own, a local pull for contenders, a global
    one for the rest.

        e = w·ν;  cw = (1−e)·w;  aw = (1−e)·(1−w)       e + cw + aw = 1
        grad_mask     = R·ν·e
        A = R·ln·(1−ν)·in·cw;  A /= (Σ_i A + ε);  local_target  = Aᵀ X
        G = (1−R)·aw/(c+ε);    G /= (Σ_i G + ε);  global_target = Gᵀ X
        som_targets   = (cw·local + aw·global)/(cw+aw+ε)
    """
    R, v, w = won.rank_score, won.feature_novelty, won.win_rate
    e = w * v
    cw, aw = (1 - e) * w, (1 - e) * (1 - w)
    A = R * won.local_novelty * won.in_neighborhood * ((1 - v) * cw)
    local = _weighted_mean(A, X)
    G = (1 - R) * aw / (won.image_coverage + EPSILON)[:, None]
    everywhere = _weighted_mean(G, X)
    total = cw + aw + EPSILON
    targets = (cw / total)[:, None] * local + (aw / total)[:, None] * everywhere
    return ForceTrace(
        **vars(won),
        grad_mask=R * (v * e),
        som_targets=targets,
        som_delta=som_delta(targets, W, v, config),
        gradient_weight=e,
        contender_weight=cw,
        attraction_weight=aw,
        local_target=local,
        global_target=everywhere,
    )


def _rescue(W: Tensor, X: Tensor, won: Competition, config: BCLConfig) -> ForceTrace:
    """Algorithm `bcl_rescue`: winners learn, the others are sent to the few images that need them most.

    grad_mask = R;  A = R·ln·in;  winner_target = (A/(Σ_i A + ε))ᵀ X
    affinity[:,d] = rank of cos(X_i, W_d) over i, scaled to [0, 1];  image_need = 1/(c+1)
    rescue_pull = 1/m on the m largest affinity·need of each column, else 0;  rescue_target = rescue_pullᵀ X
    som_targets = w·winner_target + (1−w)·rescue_target
    """
    R, w = won.rank_score, won.win_rate[:, None]
    winner = _weighted_mean(R * won.local_novelty * won.in_neighborhood, X)
    affinity = _ranks(_normalised(X) @ _normalised(W).t())
    need = 1 / (won.image_coverage + 1)
    weighted = affinity * need[:, None]
    chosen = weighted.topk(config.rescue_k, dim=0).indices
    pull = torch.zeros_like(weighted).scatter_(0, chosen, 1 / config.rescue_k)
    rescue = pull.t() @ X
    targets = w * winner + (1 - w) * rescue
    return ForceTrace(
        **vars(won),
        grad_mask=R,
        som_targets=targets,
        som_delta=som_delta(targets, W, won.feature_novelty, config),
        winner_target=winner,
        affinity=affinity,
        image_need=need,
        weighted_affinity=weighted,
        rescue_pull=pull,
        rescue_target=rescue,
    )


def _weighted_mean(A: Tensor, X: Tensor) -> Tensor:
    """The mean image of each feature `(D, F)` under weights A `(B, D)`."""
    return (A / (A.sum(0) + EPSILON)).t() @ X


def _normalised(rows: Tensor) -> Tensor:
    return torch.nn.functional.normalize(rows, dim=1)


def _ranks(values: Tensor) -> Tensor:
    """The rank of each entry within its column, scaled to [0, 1]."""
    order = values.t().contiguous().argsort(dim=1)
    places = torch.linspace(0, 1, len(values), dtype=values.dtype, device=values.device)
    ranks = torch.empty_like(order, dtype=values.dtype).scatter_(1, order, places.expand_as(order))
    return ranks.t().contiguous()
