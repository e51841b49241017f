"""Proposers: which latent to show next. Every move stays on the shell.

`ucb` and `thompson` score 256 proposals: prior draws, each rotated by several angles in the direction that
its value rises in. A rotation is linear in its start and its tangent, so that 32 products with the rows give
the means and covariances of all 256. What waits to be judged counts as seen: whatever resembles it promises
less news, so that a batch is diverse (Desautels et al., JMLR 2014). And nothing is proposed that
lies too near to what was shown last or waits: a model that is sure would else narrow to copies of one image.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.preference.latents import Latent, features, prior, rotate, tangent
from ipo.value.gram import cross_gram, gram
from ipo.value.ridge import Posterior, RidgeFit
from ipo.value.status import ValueModel

UCB, THOMPSON, EXPLOIT, LINE, RANDOM = "ucb", "thompson", "exploit", "line", "random"
PROPOSERS = (UCB, THOMPSON, EXPLOIT, LINE, RANDOM)

STARTS = 16  # prior draws that are rotated
THETAS = np.linspace(0, 1.5, 16)  # radians
FARTHEST = 1.2  # radians along the line
STEP_ANGLES = np.linspace(-FARTHEST, FARTHEST, 9)  # radians along ŵ, for the step scores
KAPPA = 2.0  # standard deviations that full exploration adds
LAST_SHOWN = 10  # images that a proposal keeps away from, besides those that wait
APART = (0.4, 0.8)  # by how much, without and with full exploration; two prior draws are 1 apart, on average


@dataclass(frozen=True)
class ProposalContext:
    """What proposers may know, if it is there."""

    model: ValueModel | None = None  # whose values are shown
    belief: RidgeFit | None = None  # which way values rise, and how sure that is
    anchor: Latent | None = None
    pending: NDArray[np.float32] | None = None  # (p, d) features of what waits to be judged
    shown: NDArray[np.float32] | None = None  # (s, d) features of what was shown last

    def with_pending(self, features: NDArray[np.float32]) -> "ProposalContext":
        """The same when more, `(n, d)`, waits to be judged."""
        pending = features if self.pending is None else np.concatenate([self.pending, features])
        return replace(self, pending=pending)


@dataclass(frozen=True)
class ProposerSettings:
    """What a user may set."""

    proposer: str = UCB
    explore: float = 0.25  # 0 exploits what is known, 1 explores
    theta: float = 0.6  # radians, of `exploit`


@dataclass(frozen=True)
class ProposedLatent:
    """A latent and the parameters that led to it."""

    z: Latent
    proposer: str
    parameters: dict[str, Any] = field(default_factory=dict)


def propose(
    how: ProposerSettings, shape: tuple[int, ...], context: ProposalContext, rng: np.random.Generator
) -> ProposedLatent:
    """The next latent. Without a fitted model every proposer is `random`, and says so.

    Raises `ValueError` for an unknown proposer.
    """
    return propose_several(how, shape, context, rng, 1)[0]


def propose_several(
    how: ProposerSettings,
    shape: tuple[int, ...],
    context: ProposalContext,
    rng: np.random.Generator,
    count: int,
) -> list[ProposedLatent]:
    """At most `count` latents of which one is to be shown, best first: from different prior draws each.

    `line` and `random` have one alone to offer. Raises as `propose` does.
    """
    if how.proposer not in PROPOSERS:
        raise ValueError(f"There is no proposer {how.proposer!r}; {', '.join(PROPOSERS)} are there.")
    model, belief = context.model or context.belief, context.belief
    if how.proposer == RANDOM or model is None:
        return [ProposedLatent(prior(shape, rng), RANDOM)]
    if belief is None or how.proposer == EXPLOIT:
        return _exploit(shape, model, belief, rng, how.theta, count)
    if how.proposer == LINE and context.anchor is not None:
        theta = float(rng.uniform(-FARTHEST, FARTHEST))
        return [
            ProposedLatent(
                rotate(context.anchor, uphill(belief, context.anchor), theta), LINE, {"theta": theta}
            )
        ]
    return _scored(how, shape, model, belief, context, rng, count)


def traverse(anchor: Latent, belief: RidgeFit, angles: NDArray[np.float64]) -> NDArray[np.float32]:
    """Latents from the anchor the way its value rises, ŵ, one per angle: `(len(angles), *shape)`."""
    direction = uphill(belief, anchor)
    return np.stack([rotate(anchor, direction, float(angle)) for angle in angles])


def uphill(belief: RidgeFit, z: Latent) -> NDArray[np.float32]:
    """The direction `(d,)` in which the value rises fastest at a latent: ŵ where it is straight."""
    return np.asarray(belief.slope(features(z[None]))[0], np.float32)


def _exploit(
    shape: tuple[int, ...],
    model: ValueModel,
    belief: RidgeFit | None,
    rng: np.random.Generator,
    theta: float,
    count: int,
    draws: int = 16,
) -> list[ProposedLatent]:
    """Rotate the best of `draws` prior draws towards ŵ by θ; without ŵ the best draws themselves."""
    starts = np.stack([prior(shape, rng) for _ in range(draws)])  # (draws, *shape)
    best = starts[np.argsort(-model.predict(features(starts)), kind="stable")[:count]]
    if belief is None:
        return [ProposedLatent(z, EXPLOIT, {"theta": 0.0, "draws": draws}) for z in best]
    return [
        ProposedLatent(rotate(z, uphill(belief, z), theta), EXPLOIT, {"theta": theta, "draws": draws})
        for z in best
    ]


def _scored(
    how: ProposerSettings,
    shape: tuple[int, ...],
    model: ValueModel,
    belief: RidgeFit,
    context: ProposalContext,
    rng: np.random.Generator,
    count: int,
) -> list[ProposedLatent]:
    """Of what is far enough from the last ones: the highest upper bounds, or values in one posterior draw."""
    pending = context.pending
    starts = np.stack([prior(shape, rng) for _ in range(STARTS)])
    slopes = belief.slope(features(starts))
    tangents = np.stack([tangent(start, slope) for start, slope in zip(starts, slopes, strict=True)])
    turned = np.concatenate([np.kron(np.eye(STARTS), f(THETAS)[:, None]) for f in (np.cos, np.sin)], axis=1)
    basis = features(np.concatenate([starts, tangents]))  # (2 STARTS, d)
    believed = _believed(belief, basis, turned, pending)
    value = believed.mean
    if model is not belief:
        value = model.predict((turned @ basis).astype(np.float32)).astype(np.float64)
    spread = KAPPA * how.explore
    if how.proposer == THOMPSON:
        bonus = rng.multivariate_normal(
            np.zeros(len(value)), believed.covariance, method="eigh", check_valid="ignore"
        )
    else:
        bonus = np.sqrt(np.maximum(believed.covariance.diagonal(), 0))
    last = [some for some in (pending, context.shown) if some is not None]
    distance = _distance(turned, basis, np.concatenate(last)) if last else np.full(len(turned), np.inf)
    far = distance >= np.interp(how.explore, (0, 1), APART)
    score = np.where(far, value + spread * bonus, -np.inf) if far.any() else distance
    by_start = score.reshape(STARTS, len(THETAS))
    angles = by_start.argmax(1)
    best = np.argsort(-by_start[np.arange(STARTS), angles], kind="stable")[:count]
    return [
        _turned(how, starts[start], tangents[start], float(THETAS[angles[start]]), len(turned))
        for start in best
        if by_start[start, angles[start]] != -np.inf
    ]


def _turned(
    how: ProposerSettings, start: Latent, across: Latent, theta: float, proposals: int
) -> ProposedLatent:
    z = np.cos(theta) * start + np.sin(theta) * across
    parameters = {"theta": theta, "explore": how.explore, "proposals": proposals}
    return ProposedLatent(np.asarray(z, np.float32), how.proposer, parameters)


def _distance(
    turned: NDArray[np.float64], basis: NDArray[np.float32], others: NDArray[np.float32]
) -> NDArray[np.float64]:
    """From proposals `turned @ basis` `(m, d)` to the nearest of the others `(n, d)`: `(m,)`.

    In units of two prior draws: the features of each have a norm of about 1, so that they are √2 apart.
    """
    inner = turned @ cross_gram(basis, others)
    own = np.einsum("ij,jk,ik->i", turned, gram(basis), turned)
    square = own[:, None] + np.square(others).sum(1) - 2 * inner
    return np.asarray(np.sqrt(np.maximum(square.min(1), 0) / 2), np.float64)


def _believed(
    belief: RidgeFit,
    basis: NDArray[np.float32],
    turned: NDArray[np.float64],
    pending: NDArray[np.float32] | None,
) -> Posterior:
    """The belief about proposals `turned @ basis` once what waits, `(p, d)`, has labels."""
    if pending is None:
        return belief.posterior(basis, turned)
    count, waiting = len(turned), len(pending)
    mixed = np.zeros((count + waiting, len(basis) + waiting))
    mixed[:count, : len(basis)], mixed[count:, len(basis) :] = turned, np.eye(waiting)
    return belief.posterior(np.concatenate([basis, pending]), mixed).once_labelled(count)
