"""Label review: labels that all the other labels speak against.

What the others say of an image comes from a ridge regression of one-hot labels Y (m, K) on its features
X (m, F), which forgets the label of that very image (leave-one-out, in closed form):

    H = X (XᵀX + λI)⁻¹ Xᵀ,   Ŷ = H Y,   Ŷ₋ᵢ = (Ŷᵢ − Hᵢᵢ Yᵢ) / (1 − Hᵢᵢ),   p(j | i) = softmax(Ŷ₋ᵢ / T)ⱼ

λ has the least squared error of Ŷ₋, T the highest likelihood of the labels. Features of a trained model have
seen all labels; only the regression has not.

In doubt is every label that is not the likeliest class; the less likely it is, the earlier it comes. How many
are confidently another class is counted as confident learning does (Northcutt, Jiang, Chuang, "Confident
learning: estimating uncertainty in dataset labels", 2021, eq. 1; cleanlab's `compute_confident_joint`):

    tⱼ = mean of p(j | i) over images labelled j
    C  = how many images labelled i have j as the likeliest of the classes k with p(k) ≥ tₖ        (K, K)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels.csv_file import NONE, Values
from ipo.digits.spectral import unit_rows

Scores = NDArray[np.float64]
Rows = NDArray[np.int64]

FEWEST_OF_CLASS = 3  # labels: of a class with fewer, the others know too little

_LAMBDAS = np.geomspace(1e-3, 1e3, 13)
_TEMPERATURES = np.geomspace(0.02, 1, 18)
_TOLERANCE = 1e-6  # as cleanlab's, so that rounding does not decide


@dataclass(frozen=True)
class Doubt:
    """An image whose label the other labels speak against."""

    row: int
    label: int
    suggested: int  # what they say instead
    self_confidence: float  # p(label)
    confidence: float  # p(suggested)


@dataclass(frozen=True, eq=False)
class Review:
    """What came of looking at every label."""

    doubts: tuple[Doubt, ...]  # the least likely label first
    joint: NDArray[np.int64]  # (K, K): how many images with a label (row) are confidently of a class (column)
    reviewed: int  # labels that were looked at
    left_out: int  # of classes with too few labels, or without features
    confirmed: int  # that are not doubted, as somebody kept them


def review_labels(features: NDArray[np.floating], values: Values, keep: Values, classes: int) -> Review:
    """Review labels `values` `(n,)`, `NONE` where there is none, by `features` `(n, F)`.

    A label that equals that of `keep` `(n,)` is not doubted again.
    """
    enough = np.bincount(values[values != NONE], minlength=classes) >= FEWEST_OF_CLASS
    labelled = values != NONE
    reviewed = labelled & np.isfinite(features).all(1)
    reviewed[reviewed] = enough[values[reviewed]]
    rows = np.flatnonzero(reviewed)
    labels = values[rows]
    left_out = int(labelled.sum()) - len(rows)
    if len(np.unique(labels)) < 2:
        return Review((), np.zeros((classes, classes), np.int64), 0, left_out + len(rows), 0)
    p = leave_one_out(unit_rows(features[rows]), labels, classes)
    confirmed = keep[rows] == labels
    confident = np.where(confirmed, labels, confident_class(labels, p))
    joint = np.zeros((classes, classes), np.int64)
    sure = confident != NONE
    np.add.at(joint, (labels[sure], confident[sure]), 1)
    doubted = ~confirmed & (p.argmax(1) != labels)
    return Review(
        _doubts(rows[doubted], labels[doubted], p[doubted]), joint, len(rows), left_out, int(confirmed.sum())
    )


def leave_one_out(X: NDArray[np.floating], labels: Values, classes: int) -> Scores:
    """p(class | image) `(m, K)` by all labels but that of the image itself; of classes without one, 0."""
    present = np.unique(labels)
    inputs = np.column_stack([X, np.ones(len(X))]).astype(np.float64)
    one_hot = (labels[:, None] == present).astype(np.float64)
    scores = _best_ridge(inputs, one_hot)
    p = np.zeros((len(X), classes))
    p[:, present] = max((_softmax(scores / T) for T in _TEMPERATURES), key=lambda p: _likelihood(p, one_hot))
    return p


def confident_class(labels: Values, p: Scores) -> NDArray[np.int8]:
    """The class that each image confidently is of `(m,)`; `NONE` where no p(k) reaches tₖ."""
    thresholds = np.full(p.shape[1], np.inf)
    for label in np.unique(labels):
        thresholds[label] = p[labels == label, label].mean()
    confident = np.where(p >= thresholds - _TOLERANCE, p, -1.0)
    return np.where(confident.max(1) >= 0, confident.argmax(1), NONE).astype(np.int8)


def _best_ridge(X: Scores, Y: Scores) -> Scores:
    """Ŷ₋ `(m, K)` of the λ that predicts best what it did not see."""
    eigenvalues, V = np.linalg.eigh(X.T @ X)
    Z = X @ V
    candidates = []
    for penalty in _LAMBDAS:
        shrink = 1 / (np.maximum(eigenvalues, 0) + penalty)
        fitted, leverage = Z @ (shrink[:, None] * (Z.T @ Y)), np.square(Z) @ shrink
        candidates.append((fitted - leverage[:, None] * Y) / (1 - leverage)[:, None])
    return min(candidates, key=lambda scores: float(np.square(Y - scores).sum()))


def _softmax(scores: Scores) -> Scores:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    result: Scores = powers / powers.sum(1, keepdims=True)
    return result


def _likelihood(p: Scores, Y: Scores) -> float:
    return float(np.log(np.maximum((p * Y).sum(1), 1e-12)).mean())


def _doubts(rows: Rows, labels: Values, p: Scores) -> tuple[Doubt, ...]:
    own, likeliest = p[np.arange(len(rows)), labels], p.argmax(1)
    return tuple(
        Doubt(int(rows[at]), int(labels[at]), int(likeliest[at]), float(own[at]), float(p[at].max()))
        for at in np.argsort(own, kind="stable")
    )
