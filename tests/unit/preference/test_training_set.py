"""Promises of the label pool: snapshots never change, and hold exactly what is labelled."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ipo.preference.training_set import TrainingSet

D = 3


def features_of(id_: str) -> np.ndarray:
    return np.full(D, int(id_[1:]), np.float32)


acts = st.lists(st.tuples(st.sampled_from("arr-"), st.integers(0, 7), st.sampled_from([1, -1])), max_size=40)


@given(acts=acts, opened=st.integers(0, 4))
def test_a_snapshot_holds_exactly_the_labelled_rows(acts: list[tuple[str, int, int]], opened: int) -> None:
    pool = TrainingSet(D)
    expected = {f"c{n}": 1 for n in range(opened)}
    pool.fill(list(expected), np.array([features_of(id_) for id_ in expected]).reshape(-1, D), [1] * opened)
    snapshots = []
    for act, n, label in acts:
        id_, before = f"c{n}", pool.generation
        if act == "-" and id_ in expected:
            pool.remove(id_)
            del expected[id_]
        elif act == "r" and id_ in expected:
            pool.relabel(id_, label)
            expected[id_] = label
        elif act == "a" and id_ not in expected:
            pool.add(id_, features_of(id_), label)
            expected[id_] = label
        else:
            continue
        assert pool.generation == before + 1
        snapshots.append((pool.snapshot(), dict(expected)))
    for snapshot, wanted in snapshots:  # as they were taken, whatever came after
        assert dict(zip(snapshot.ids, snapshot.y, strict=True)) == wanted
        assert len(snapshot) == len(wanted)
        for id_, row in zip(snapshot.ids, snapshot.X, strict=True):
            assert np.array_equal(row, features_of(id_))
    assert len(pool) == len(expected)
    assert pool.count(1) == sum(label == 1 for label in expected.values())


def test_a_pool_grows_past_its_first_capacity() -> None:
    pool = TrainingSet(D)
    for n in range(200):
        pool.add(f"c{n}", features_of(f"c{n}"), 1)
    snapshot = pool.snapshot()
    assert snapshot.ids == tuple(f"c{n}" for n in range(200))
    assert np.array_equal(snapshot.X[:, 0], np.arange(200))


def test_a_snapshot_of_rows_none_of_which_was_undone_copies_nothing() -> None:
    pool = TrainingSet(D)
    for n in range(10):
        pool.add(f"c{n}", features_of(f"c{n}"), 1)
    assert np.shares_memory(pool.snapshot().X, pool.snapshot().features)


def test_a_snapshot_cannot_be_written_to() -> None:
    pool = TrainingSet(D)
    pool.add("c1", features_of("c1"), 1)
    assert not pool.snapshot().X.flags.writeable


def test_coordinates_of_rows_and_of_both_sides_of_a_pair_stay_while_the_pool_grows() -> None:
    rng = np.random.default_rng(0)
    projection = rng.standard_normal((D, 2)).astype(np.float32)
    pool = TrainingSet(D, projection)
    opened = rng.standard_normal((5, D)).astype(np.float32)
    pool.fill([f"c{n}" for n in range(5)], opened, [1] * 5)
    both = rng.standard_normal((100, 2, D)).astype(np.float32)
    for n, sides in enumerate(both):
        pool.add_pair(f"p{n}", sides)
    pool.add("c5", opened[0], -1)
    pool.remove("c0")
    snapshot = pool.snapshot()
    assert snapshot.points is not None and snapshot.row_points is not None
    assert np.allclose(snapshot.points[snapshot.pairs], both @ projection, atol=1e-5)
    assert np.allclose(snapshot.features[snapshot.pairs], both[:, 0] - both[:, 1])
    assert np.allclose(snapshot.row_points[:, 0], snapshot.X @ projection, atol=1e-5)
    assert np.isnan(snapshot.row_points[:, 1]).all()
