"""What to label next: typical first, then near the threshold, never the same mail twice."""

import numpy as np
import pytest

from ipo.mail.acquisition.pool import MailPool
from ipo.mail.acquisition.strategies import Strategy, default_strategy, suggest
from ipo.mail.mails import NONE, SAFE, SPAM, UNSURE

BLOBS, EACH = 6, 40
COUNT = BLOBS * EACH


def pool(labels: np.ndarray | None = None, margins: np.ndarray | None = None) -> MailPool:
    """Mails in `BLOBS` clusters, one after the other."""
    rng = np.random.default_rng(5)
    centers = rng.normal(size=(BLOBS, 16))
    vectors = np.repeat(centers, EACH, axis=0) + 0.15 * rng.normal(size=(COUNT, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nothing = np.full(COUNT, NONE, np.int8)
    return MailPool(
        vectors.astype(np.float32),
        np.arange(COUNT, dtype=np.int32),
        nothing if labels is None else labels,
        margins,
    )


def rows(strategy: Strategy, found: MailPool, count: int = BLOBS) -> list[int]:
    return [one.row for one in suggest(strategy, found, count, np.random.default_rng(1))]


def test_the_first_suggestions_are_typical_of_a_cluster_each() -> None:
    assert {row // EACH for row in rows(Strategy.TYPICAL, pool())} == set(range(BLOBS))


def test_clusters_that_are_labelled_wait() -> None:
    labels = np.full(COUNT, NONE, np.int8)
    labels[: 2 * EACH : 4] = SPAM
    assert {row // EACH for row in rows(Strategy.TYPICAL, pool(labels), 4)} <= set(range(2, BLOBS))


def test_uncertain_mails_are_near_the_threshold_and_differ() -> None:
    margins = np.linspace(-8, 8, COUNT)[np.random.default_rng(2).permutation(COUNT)]
    found = rows(Strategy.UNCERTAIN, pool(margins=margins), 5)
    near = set(np.argsort(np.abs(margins))[: 8 * 5].tolist())
    assert len(found) == 5 and set(found) <= near
    assert len({row // EACH for row in found}) >= 4


@pytest.mark.parametrize("strategy", Strategy)
def test_what_is_labelled_unsure_or_nearly_the_same_is_not_suggested(strategy: Strategy) -> None:
    labels = np.full(COUNT, NONE, np.int8)
    labels[0], labels[1] = UNSURE, SAFE
    groups = np.arange(COUNT, dtype=np.int32)
    groups[2:6] = groups[1]  # of a mail with a label
    groups[6:EACH] = 6
    found = MailPool(pool().vectors, groups, labels, np.zeros(COUNT))
    suggested = rows(strategy, found, COUNT)
    assert sorted(suggested) == [6, *range(EACH, COUNT)]


def test_nothing_left_is_no_suggestion_and_the_same_seed_the_same_mails() -> None:
    assert rows(Strategy.TYPICAL, pool(np.full(COUNT, SPAM, np.int8))) == []
    assert rows(Strategy.TYPICAL, pool()) == rows(Strategy.TYPICAL, pool())


def test_typical_mails_are_the_default_until_both_classes_are_known() -> None:
    labels, margins = np.full(COUNT, NONE, np.int8), np.zeros(COUNT)
    assert default_strategy(pool(labels, margins))[0] == Strategy.TYPICAL
    labels[:60] = SAFE
    assert default_strategy(pool(labels, margins))[0] == Strategy.TYPICAL
    labels[60:80] = SPAM
    assert default_strategy(pool(labels, margins))[0] == Strategy.UNCERTAIN
    assert default_strategy(pool(labels, None))[0] == Strategy.TYPICAL
