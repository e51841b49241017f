"""The text head: logistic regression on the vector of a text joined with its tf-idf.

A mail is `x = [α·e, β·t]`: its vector e (length 1), which knows what words mean, and its tf-idf row t over
tokens and words (sublinear counts, length 1), which knows which ones they are. Its logit is a sum over its
own entries alone, so that a mail has the same score, bit for bit, alone or among thousands.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ipo.mail.embedding.protocol import Encoded

Floats = NDArray[np.float64]

VECTOR_SCALE, TERM_SCALE = 4.5, 9.0  # α, β: with C = 1 the best of seven by log loss on the public corpus
_LEAST_MAILS = 2  # of the training part that a term has to occur in


@dataclass(frozen=True, eq=False)
class JointSpace:
    """The terms that count, and how rare each is. Without terms, vectors are the whole space."""

    columns: NDArray[np.int32]  # (t,) their numbers, rising
    idf: Floats  # (t,)

    def terms(self, encoded: Encoded) -> sp.csr_array:
        """`(n, t)` float64 rows β·t."""
        counts = encoded.terms[:, self.columns].astype(np.float64)
        counts.sort_indices()
        counts.data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(1)).ravel())
        lengths[lengths == 0] = 1.0
        return sp.csr_array(sp.diags_array(TERM_SCALE / lengths) @ counts)

    def vectors(self, encoded: Encoded) -> Floats:
        """`(n, dimension)` rows α·e."""
        return VECTOR_SCALE * encoded.vectors.astype(np.float64)

    def positions(self, encoded: Encoded) -> sp.csr_array:
        """`(n, dimension + t)`."""
        return sp.csr_array(
            sp.hstack([sp.csr_array(self.vectors(encoded)), self.terms(encoded)], format="csr")
        )


@dataclass(frozen=True, eq=False)
class TextHead:
    """Logit of spam from text alone."""

    space: JointSpace
    vector_weights: Floats  # (dimension,)
    term_weights: Floats  # (t,)
    intercept: float

    @property
    def weights(self) -> Floats:
        """Of the joint space, `(dimension + t,)`."""
        return np.concatenate([self.vector_weights, self.term_weights])

    def logit(self, encoded: Encoded) -> Floats:
        """`(n,)`, each row for itself: no sum runs over several mails."""
        by_vector = (self.space.vectors(encoded) * self.vector_weights).sum(1)
        return np.asarray(self.space.terms(encoded) @ self.term_weights + by_vector + self.intercept)


def fit_joint_space(encoded: Encoded, use_terms: bool) -> JointSpace:
    """Learn from the training part which terms count and how rare they are."""
    mails = np.asarray((encoded.terms > 0).sum(0)).ravel()
    columns = np.flatnonzero(mails >= _LEAST_MAILS).astype(np.int32) if use_terms else np.zeros(0, np.int32)
    idf = np.log((1 + len(encoded)) / (1 + mails[columns])) + 1
    return JointSpace(columns, idf)


def fit_text_head(
    space: JointSpace, positions: sp.csr_array, spam: NDArray[np.bool_], C: float, max_iter: int
) -> TextHead:
    """The head for positions of known class."""
    model = LogisticRegression(C=C, max_iter=max_iter).fit(positions, spam)
    weights = model.coef_[0].astype(np.float64)
    split = len(weights) - len(space.columns)
    return TextHead(space, weights[:split], weights[split:], float(model.intercept_[0]))
