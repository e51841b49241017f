"""Proposers: which latent to show next. Every move stays on the shell."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.preference.latents import Latent, features, prior, rotate
from ipo.value.status import ValueModel

RANDOM, EXPLOIT = "random", "exploit"
PROPOSERS = (EXPLOIT, RANDOM)


@dataclass(frozen=True)
class Guide:
    """What proposers may know: the model that scores and the direction of rising value, if there are any."""

    model: ValueModel | None = None
    direction: NDArray[np.float32] | None = None  # (d,)


@dataclass(frozen=True)
class Proposed:
    """A latent and the parameters that led to it."""

    z: Latent
    proposer: str
    parameters: dict[str, Any]


def propose(
    proposer: str,
    shape: tuple[int, ...],
    guide: Guide,
    rng: np.random.Generator,
    *,
    theta: float = 0.6,
    draws: int = 16,
) -> Proposed:
    """The next latent. Without a fitted model every proposer is `random`, and says so."""
    if proposer not in PROPOSERS:
        raise ValueError(f"There is no proposer {proposer!r}; {', '.join(PROPOSERS)} are there.")
    if proposer == RANDOM or guide.model is None:
        return Proposed(prior(shape, rng), RANDOM, {})
    return _exploit(shape, guide.model, guide.direction, rng, theta, draws)


def _exploit(
    shape: tuple[int, ...],
    model: ValueModel,
    direction: NDArray[np.float32] | None,
    rng: np.random.Generator,
    theta: float,
    draws: int,
) -> Proposed:
    """Rotate the best of `draws` prior draws towards ŵ by θ; without ŵ the best draw itself."""
    starts = np.stack([prior(shape, rng) for _ in range(draws)])  # (draws, *shape)
    best = starts[int(np.argmax(model.predict(features(starts))))]
    if direction is None or not direction.any():
        return Proposed(best, EXPLOIT, {"theta": 0.0, "draws": draws})
    return Proposed(rotate(best, direction, theta), EXPLOIT, {"theta": theta, "draws": draws})


def strip(anchor: Latent, direction: NDArray[np.float32], angles: NDArray[np.float64]) -> NDArray[np.float32]:
    """Latents along ŵ from the anchor, one per angle: `(len(angles), *shape)`."""
    return np.stack([rotate(anchor, direction, float(angle)) for angle in angles])
