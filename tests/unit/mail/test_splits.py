"""Promises of the splits: every labelled mail once, groups whole, both classes everywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.mail.mails import NONE, SAFE, SPAM, UNSURE
from ipo.mail.splits import Split, split_by_date, three_way_split


def parts(split: Split) -> list[np.ndarray]:
    return [split.train, split.tune, split.test]


@given(
    st.lists(st.tuples(st.sampled_from([SAFE, SPAM, NONE, UNSURE]), st.integers(0, 9)), max_size=60),
    st.floats(0.1, 0.5),
    st.integers(0, 3),
)
def test_every_labelled_mail_is_in_one_part_with_its_group(
    mails: list[tuple[int, int]], hold_out: float, seed: int
) -> None:
    labels = np.array([label for label, _ in mails], np.int8)
    groups = np.array([group for _, group in mails], np.int32)
    dates = np.arange(len(mails), dtype=np.int64)
    for split in (
        three_way_split(labels, groups, hold_out, seed),
        split_by_date(labels, groups, dates, hold_out),
    ):
        rows = np.concatenate(parts(split))
        assert sorted(rows.tolist()) == np.flatnonzero(labels >= 0).tolist()
        groups_of_parts = [set(groups[part].tolist()) for part in parts(split)]
        assert sum(map(len, groups_of_parts)) == len(set.union(*groups_of_parts))


def test_classes_have_their_share_in_every_part() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(3000) < 0.3).astype(np.int8)
    groups = rng.integers(0, 2000, 3000).astype(np.int32)
    split = three_way_split(labels, groups, 0.3, 42)
    assert [len(part) / 3000 for part in parts(split)] == pytest.approx([0.7, 0.15, 0.15], abs=0.005)
    assert [labels[part].mean() for part in parts(split)] == pytest.approx([labels.mean()] * 3, abs=0.01)
    assert np.array_equal(split.test, three_way_split(labels, groups, 0.3, 42).test)
    assert not np.array_equal(split.test, three_way_split(labels, groups, 0.3, 43).test)


def test_the_fewest_mails_that_may_be_trained_leave_both_classes_in_every_part() -> None:
    labels = np.array([SAFE] * 6 + [SPAM] * 6, np.int8)
    for hold_out in (0.3, 0.4, 0.5):
        for seed in range(5):
            split = three_way_split(labels, np.arange(12, dtype=np.int32), hold_out, seed)
            assert [set(labels[part].tolist()) for part in parts(split)] == [{SAFE, SPAM}] * 3


def test_a_group_too_large_to_hold_out_is_learnt_from() -> None:
    labels = np.zeros(100, np.int8)
    labels[::2] = SPAM
    groups = np.where(np.arange(100) < 60, 0, np.arange(100)).astype(np.int32)
    assert set(range(60)) <= set(three_way_split(labels, groups, 0.3, 0).train.tolist())


def test_by_date_the_older_mails_of_each_class_train_and_the_newest_test() -> None:
    rng = np.random.default_rng(0)
    dates = rng.permutation(200).astype(np.int64)
    labels = (dates < 150).astype(np.int8)  # spam is older
    split = split_by_date(labels, np.arange(200, dtype=np.int32), dates, 0.5)
    assert [len(part) for part in parts(split)] == pytest.approx([100, 50, 50], abs=1)
    for label in (SAFE, SPAM):
        train, tune, test = (dates[part[labels[part] == label]] for part in parts(split))
        assert train.max() < tune.min() and tune.max() < test.min()


def test_a_share_that_leaves_nothing_is_refused() -> None:
    for hold_out in (0.0, 1.0):
        with pytest.raises(ValueError, match="more than 0 and less than 1"):
            three_way_split(np.zeros(3, np.int8), np.zeros(3, np.int32), hold_out, 0)
