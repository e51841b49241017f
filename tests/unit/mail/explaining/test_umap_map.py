"""UMAP of mails: the same for the same seed, groups stay apart, and what is missing is said."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from ipo.jobs import Cancelled, Silent
from ipo.mail.explaining import umap_map
from ipo.mail.explaining.meaning_map import CurvedProjection
from ipo.mail.explaining.umap_map import umap_installed, umap_positions

with_umap = pytest.mark.skipif(not umap_installed(), reason="UMAP is not installed (the extra umap)")


@pytest.fixture(scope="module")
def two_groups() -> Any:
    rng = np.random.default_rng(0)
    return sp.csr_array(rng.normal(size=(80, 12)) + np.repeat([[0.0], [6.0]], 40, 0))


@with_umap
def test_the_same_seed_gives_the_same_plane_and_groups_stay_apart(two_groups: Any) -> None:
    found = umap_positions(two_groups, 3)
    assert found.shape == (80, 2) and np.isfinite(found).all()
    assert found.tobytes() == umap_positions(two_groups, 3).tobytes()
    first, second = found[:40], found[40:]
    apart = np.linalg.norm(first.mean(0) - second.mean(0))
    assert apart > max(np.linalg.norm(group - group.mean(0), axis=1).max() for group in (first, second))


@with_umap
def test_it_can_be_cancelled(two_groups: Any) -> None:
    class Stopped(Silent):
        def check(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        umap_positions(two_groups, 3, Stopped())


def test_where_it_is_missing_the_command_is_named(two_groups: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(umap_map, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'ipo\[umap\]'"):
        umap_positions(two_groups, 0)


def test_a_probability_stands_where_mails_are_and_none_elsewhere() -> None:
    rng = np.random.default_rng(1)
    positions = rng.normal(size=(200, 2)) * 0.2 + np.repeat([[-2.0, 0], [2.0, 0]], 100, 0)
    probability = np.repeat([0.1, 0.9], 100)
    places = np.array([[-2.0, 0], [2.0, 0], [0.0, 9.0]])
    left, right, nowhere = CurvedProjection(positions).probability(places, probability)
    assert left == pytest.approx(0.1) and right == pytest.approx(0.9) and np.isnan(nowhere)
