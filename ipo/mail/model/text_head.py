"""The text head: logistic regression in the space of text vectors joined with latent semantic dimensions.

A mail is `x = [α·e, β·Vᵀt]`: its vector e (length 1), and its tf-idf row t (sublinear counts, length 1) in
the leading right singular vectors V of the training part (LSA, Deerwester et al. 1990). Weights w of x fold
into one weight a token, `β·V·w`, and one a number of the vector: that is what is kept and what scores,
always, so that a mail has the same score, bit for bit, alone or among thousands.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.utils.extmath import randomized_svd

from ipo.mail.embedding.protocol import Encoded

Floats = NDArray[np.float64]

LSA_DIMENSIONS = 256
VECTOR_SCALE, LSA_SCALE = 3.0, 6.0  # α, β; with them C = 1 regularises as bench.train_stage found best
_LEAST_MAILS = 2  # of the training part that a token has to occur in
_POWER_ITERATIONS = 2


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The tokens that count, and how rare each is."""

    columns: NDArray[np.int32]  # (v,) their numbers
    idf: Floats  # (v,)

    def tfidf(self, encoded: Encoded) -> sp.csr_array:
        """`(n, v)` float64 rows of length 1, or 0."""
        counts = encoded.tokens[:, self.columns].astype(np.float64)
        counts.sort_indices()
        counts.data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(1)).ravel())
        lengths[lengths == 0] = 1.0
        return sp.csr_array(sp.diags_array(1 / lengths) @ counts)


@dataclass(frozen=True, eq=False)
class Direction:
    """Linear functions of the joint space, folded: `k` columns of weights."""

    token_weights: Floats  # (v, k)
    vector_weights: Floats  # (dimension, k)

    def apply(self, tfidf: sp.csr_array, vectors: NDArray[np.float32]) -> Floats:
        """`(n, k)`, each row for itself: no sum runs over several mails."""
        dense = vectors.astype(np.float64)
        projected = [(dense * column).sum(1) for column in self.vector_weights.T]
        return np.asarray(tfidf @ self.token_weights + np.stack(projected, axis=1), np.float64)


@dataclass(frozen=True, eq=False)
class JointSpace:
    """How mails get their place in the joint space."""

    vocabulary: Vocabulary
    lsa: Floats | None  # (v, k) singular vectors; `None` without LSA

    def positions(self, encoded: Encoded) -> Floats:
        """`(n, dimension + k)`."""
        vectors = VECTOR_SCALE * encoded.vectors.astype(np.float64)
        if self.lsa is None:
            return vectors
        return np.hstack([vectors, LSA_SCALE * (self.vocabulary.tfidf(encoded) @ self.lsa)])

    def fold(self, weights: Floats) -> Direction:
        """Weights `(dimension + k, m)` of the joint space as weights of tokens and vectors."""
        tokens = np.zeros((len(self.vocabulary.columns), weights.shape[1]))
        if self.lsa is None:
            return Direction(tokens, VECTOR_SCALE * weights)
        split = len(weights) - self.lsa.shape[1]
        return Direction(LSA_SCALE * (self.lsa @ weights[split:]), VECTOR_SCALE * weights[:split])


@dataclass(frozen=True, eq=False)
class TextHead:
    """Logit of spam from text alone."""

    vocabulary: Vocabulary
    direction: Direction  # one column
    intercept: float

    def logit(self, encoded: Encoded) -> Floats:
        """`(n,)`."""
        scores = self.direction.apply(self.vocabulary.tfidf(encoded), encoded.vectors)
        return scores[:, 0] + self.intercept


def fit_joint_space(encoded: Encoded, lsa: bool, seed: int) -> JointSpace:
    """Learn tokens, their rarity and the latent semantic dimensions of the training part."""
    counts = encoded.tokens
    mails = np.asarray((counts > 0).sum(0)).ravel()
    columns = np.flatnonzero(mails >= _LEAST_MAILS).astype(np.int32)
    idf = np.log((1 + len(encoded)) / (1 + mails[columns])) + 1
    vocabulary = Vocabulary(columns, idf)
    dimensions = min(LSA_DIMENSIONS, len(encoded) - 1, len(columns) - 1)
    if not lsa or dimensions < 1:
        return JointSpace(vocabulary, None)
    tfidf = vocabulary.tfidf(encoded).astype(np.float32)
    _, _, rows = randomized_svd(tfidf, dimensions, n_iter=_POWER_ITERATIONS, random_state=seed)
    singular = rows.T.astype(np.float64)
    mean_length = np.linalg.norm(tfidf @ singular, axis=1).mean()
    return JointSpace(vocabulary, singular / max(mean_length, np.finfo(np.float32).tiny))


def fit_text_head(
    space: JointSpace, positions: Floats, spam: NDArray[np.bool_], C: float, max_iter: int
) -> tuple[TextHead, Floats]:
    """The head, and its weights in the joint space `(dimension + k,)`."""
    model = LogisticRegression(C=C, max_iter=max_iter).fit(positions, spam)
    weights = model.coef_[0].astype(np.float64)
    return TextHead(space.vocabulary, space.fold(weights[:, None]), float(model.intercept_[0])), weights
