"""Ridge on latents and embeddings of the same rows, with one kernel each.

κ = (1 − s)·κ_z/τ_z + s·κ_e/τ_e: κ_z is the kernel of the latents, straight or curved, κ_e = e·e′, and τ the
mean diagonal of each centred Gram matrix, so that s is the share of the embeddings whatever their scale.
Both s and λ follow from exact leave-one-out, with one eigendecomposition for each of a few s, between which
their likelihoods weigh; all else is as in `ipo.value.ridge`. Rows whose embedding is not there yet are left
out, and counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.value import ridge
from ipo.value.gram import Gram, Vector, centred, cross_gram, gram
from ipo.value.lambda_path import lambda_path
from ipo.value.ridge import Dual, RidgeFit

LATENT, EMBEDDING, BOTH = "latent", "embedding", "both"
FEATURES = (LATENT, EMBEDDING, BOTH)

SHARES: Mapping[str, tuple[float, ...]] = {EMBEDDING: (1.0,), BOTH: (0.0, 0.25, 0.5, 0.75, 1.0)}
MOST = 400  # rows, the newest, that s and λ are chosen by

Embeddings = NDArray[np.float32]  # (n, e); NaN where a row has none yet


@dataclass(frozen=True)
class Mixture:
    """How much each kernel counts."""

    share: float  # s
    errors: Mapping[float, float]  # s → mean squared leave-one-out residual at its best λ
    factors: tuple[float, float]  # (1 − s)/τ_z and s/τ_e

    def of(self, of_latents: Vector, of_embeddings: Vector) -> Vector:
        """The Gram matrix of both kernels."""
        return self.factors[0] * of_latents + self.factors[1] * of_embeddings


@dataclass(frozen=True, eq=False)
class TwoKernelFit:
    """A fitted value that reads latents and embeddings, with its uncertainty."""

    latent: RidgeFit  # the fit to latents alone, to whose rows this one was made
    rows: NDArray[np.intp]  # (k,) of the fit to latents: those that have an embedding
    embeddings: Embeddings  # (k, e)
    y: NDArray[np.float32]  # (k,)
    dual: Dual
    mixture: Mixture
    relative_lambda: float
    w: NDArray[np.float32]  # (d,) of the straight part of latents
    w_embedding: NDArray[np.float32]  # (e,)

    @property
    def share(self) -> float:
        return self.mixture.share

    @property
    def factors(self) -> tuple[float, float]:
        return self.mixture.factors

    @property
    def missing(self) -> int:
        """How many rows, and differences of two, were left out."""
        return len(self.latent.y) - len(self.rows)

    @property
    def scale(self) -> float:
        """τ², the variance of the prior that makes the labels most likely."""
        return max(float((self.y - self.dual.b * self.dual.constant) @ self.dual.a) / len(self.y), 1e-12)

    @property
    def held_out(self) -> Vector:
        """The value of each row `(k,)` by a fit on all the others; NaN for one that cannot be held out."""
        return np.asarray(self.y - self.dual.left_out, np.float64)

    def predict(self, X: NDArray[np.float32], E: Embeddings) -> NDArray[np.float32]:
        """Values `(m,)` of rows with features `(m, d)` of latents and embeddings `(m, e)`."""
        straight = X @ self.w + E @ self.w_embedding + np.float32(self.dual.b)
        curved = self.latent.curved_across(X)
        if curved is None:
            return np.asarray(straight, np.float32)
        return np.asarray(straight + self.factors[0] * (curved[:, self.rows] @ self.dual.a), np.float32)

    def deviation(self, X: NDArray[np.float32], E: Embeddings) -> NDArray[np.float32]:
        """Standard deviations of these values `(m,)`."""
        z, e = self.factors
        K = z * self.latent.across(X)[:, self.rows] + e * cross_gram(E, self.embeddings)
        own = z * self.latent.own(X) + e * np.einsum("ij,ij->i", E, E, dtype=np.float64)
        rest = (1 - K @ self.dual.g) ** 2 / self.dual.total
        variance = own - np.einsum("ij,ij->i", K @ self.dual.G, K) + rest
        return np.asarray(np.sqrt(np.maximum(self.scale * variance, 0)), np.float32)


def fit_two_kernels(
    latent: RidgeFit, products: Gram, E: Embeddings, features: str, relative: float | None = None
) -> TwoKernelFit | None:
    """Fit to the rows of a fit to latents, whose Gram matrix is `products`, with embeddings E `(n, e)`.

    `features` is EMBEDDING or BOTH; `relative` is λ where it is not to be chosen. `None` where what has an
    embedding says nothing: rows of one label alone, and no difference.
    """
    rows = np.flatnonzero(np.isfinite(E).all(1))
    y, constant, places = latent.y[rows], latent.constant[rows], latent.places[rows]
    if constant.all() and len(np.unique(y)) < 2:
        return None
    known = E[rows]
    of_latents, of_embeddings = products.between(places, places), gram(known)
    if latent.points is not None and latent.kernel.curved:
        of_latents += latent.kernel.between(latent.points[rows], latent.points[rows])
    newest = np.argsort(places, kind="stable")[-MOST:]
    mixture = mix(of_latents, of_embeddings, y, constant, features, newest)
    K = mixture.of(of_latents, of_embeddings)
    if relative is None:
        relative = lambda_path(K[np.ix_(newest, newest)], y[newest], constant=constant[newest]).best
    lam = ridge.absolute_lambda(K, relative, constant)
    dual = ridge.solve(ridge.inverse(K, lam), y, lam, constant)
    z, e = mixture.factors
    w = np.asarray(z * ridge.weights(latent.features, places, dual.a), np.float32)
    w_embedding = np.asarray(e * (known.T.astype(np.float64) @ dual.a), np.float32)
    return TwoKernelFit(latent, rows, known, y, dual, mixture, relative, w, w_embedding)


def mix(
    of_latents: Vector,
    of_embeddings: Vector,
    y: NDArray[np.float32],
    constant: Vector,
    features: str,
    asked: NDArray[np.intp],
) -> Mixture:
    """How to mix the Gram matrices `(n, n)` of rows with labels y `(n,)`, by those rows that are `asked`.

    `constant` `(n,)` is 1 for a row and 0 for a difference of two.
    """
    units = [_mean_diagonal(K, constant) for K in (of_latents, of_embeddings)]
    some = np.ix_(asked, asked)
    errors = {}
    for share in SHARES[features]:
        K = (1 - share) / units[0] * of_latents[some] + share / units[1] * of_embeddings[some]
        errors[share] = float(lambda_path(K, y[asked], constant=constant[asked]).errors.min())
    share = _weighed(errors, len(asked))
    return Mixture(share, errors, ((1 - share) / units[0], share / units[1]))


def _weighed(errors: Mapping[float, float], rows: int) -> float:
    """The mean share, each with its likelihood as weight: residuals are taken for independent and normal.

    Few rows tell little between shares, and the lowest of five errors is the lowest by chance.
    """
    shares, found = np.array(list(errors)), np.array(list(errors.values()))
    if not (np.isfinite(found).all() and found.min() > 0):
        return float(shares.mean())
    likelihood = (found.min() / found) ** (rows / 2)
    return float(likelihood @ shares / likelihood.sum())


def _mean_diagonal(K: Vector, constant: Vector) -> float:
    """Of the centred Gram matrix; 1 where all rows are alike."""
    mean = float(np.trace(centred(K, constant))) / len(K)
    return mean if mean > 0 else 1.0
