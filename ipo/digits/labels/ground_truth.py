"""Labels from what a data set says of its images, to try a training without labelling first."""

import heapq

import numpy as np
from numpy.typing import NDArray

from ipo.digits.data import Data
from ipo.digits.labels.store import NONE, Labels, LabelStore

WHO = "the data set"

_SEED = 0


def balanced_sample(
    truth: NDArray[np.integer],
    count: int,
    seed: int,
    among: NDArray[np.int64],
    have: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """`count` rows out of `among`, drawn so that the classes in `truth` `(n,)` come out as even as can be.

    `have` `(classes,)` counts what each class has already: the one with least is served first, the lower
    one of equals. Raises `ValueError` for 0 rows, or more than there are.
    """
    if not 1 <= count <= len(among):
        raise ValueError(f"{count:,} images; 1 to {len(among):,} can be labelled from the data set.")
    classes = np.unique(truth[among])
    left = [int(np.count_nonzero(truth[among] == one)) for one in classes]
    shares = [0] * len(classes)
    waiting = [(0 if have is None else int(have[one]), at) for at, one in enumerate(classes)]
    heapq.heapify(waiting)
    for _ in range(count):
        has, at = waiting[0]
        shares[at] += 1
        if shares[at] < left[at]:
            heapq.heapreplace(waiting, (has + 1, at))
        else:
            heapq.heappop(waiting)
    rng = np.random.default_rng(seed)
    drawn = [
        rng.permutation(among[truth[among] == one])[:share]
        for one, share in zip(classes, shares, strict=True)
    ]
    return np.concatenate(drawn)


def label_from_ground_truth(store: LabelStore, data: Data, count: int) -> Labels:
    """Label `count` images that have no label with what they show; one undo takes all back.

    Raises `ValueError` where the data set does not say what its images show, or has fewer without a label.
    """
    if data.truth is None:
        raise ValueError("The data set does not say what its images show: label them yourself.")
    labels = store.refresh()
    free = np.flatnonzero(labels.codes == NONE)
    if not len(free):
        raise ValueError("Every image has a label already, or is unsure.")
    rows = balanced_sample(data.truth, count, _SEED, free, labels.per_class(store.classes))
    values = np.full(store.count, NONE, np.int8)
    values[rows] = data.truth[rows]
    return store.fill(values, who=WHO)
