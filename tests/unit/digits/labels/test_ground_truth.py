"""Labels from the truth: even, only where there is none, and taken back by one undo."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.digits.data import Data
from ipo.digits.labels.ground_truth import balanced_sample, label_from_ground_truth
from ipo.digits.labels.store import NONE, LabelStore
from ipo.digits.service import Digits
from tests.unit.digits.small import COUNT, digits, images

TRUTH = digits()[1][:COUNT].astype(np.uint8)
DATA = Data(images(), TRUTH, tuple(map(str, range(10))))


@given(st.integers(1, 60), st.lists(st.integers(0, 20), min_size=4, max_size=4))
def test_no_class_gets_one_while_another_has_less(count: int, have: list[int]) -> None:
    truth = np.repeat(np.arange(4), [3, 40, 20, 30])
    among = np.arange(0, len(truth), 1)[2:]  # one of class 0
    rows = balanced_sample(truth, count, 0, among, np.array(have))
    assert len(np.unique(rows)) == count and set(rows) <= set(among)
    got, left = (np.bincount(truth[one], minlength=4) for one in (rows, among))
    total = np.array(have) + got
    for one in np.flatnonzero(got < left):
        assert all(total[got > 0] <= total[one] + 1)


def test_borrowed_labels_are_true_and_even_and_the_same_each_time(tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "other"):
        labels = label_from_ground_truth(LabelStore(tmp_path / name, COUNT), DATA, 40)
        known = labels.values != NONE
        assert np.array_equal(labels.values[known], TRUTH[known])
        assert labels.per_class().tolist() == [4] * 10
        drawn.append(labels.values)
    assert np.array_equal(*drawn)


def test_labels_of_the_user_stay_and_one_undo_takes_the_borrowed_ones_back(space: Digits) -> None:
    mine = space.labels.snapshot().values  # 40 images, all labelled 1
    labels = space.borrow(50)
    assert labels.count == 90 and np.array_equal(labels.values[mine != NONE], mine[mine != NONE])
    assert labels.per_class()[1] == 40 and labels.per_class()[[0, 2, 9]].min() >= 5
    act = space.labels.history()[-1]
    assert (act["who"], len(act["serials"])) == ("the data set", 50)
    given = LabelStore(space.folder.path, COUNT).label(
        labels.values.tolist().index(7), 3
    )  # the user corrects
    again = LabelStore(space.folder.path, COUNT)
    assert again.undo() is not None
    back = again.undo()
    assert given.count == 90 and back is not None and np.array_equal(back.values, mine)


def test_what_cannot_be_borrowed_is_refused(tmp_path: Path) -> None:
    store = LabelStore(tmp_path, COUNT)
    for count in (0, -3, COUNT + 1):
        with pytest.raises(ValueError, match=f"{count} images; 1 to {COUNT} can be labelled"):
            label_from_ground_truth(store, DATA, count)
    with pytest.raises(ValueError, match="does not say what its images show"):
        label_from_ground_truth(store, Data(images(), None, DATA.class_names), 5)
    assert not store.path.exists()
    assert label_from_ground_truth(store, DATA, COUNT).count == COUNT
    with pytest.raises(ValueError, match="Every image has a label already"):
        label_from_ground_truth(store, DATA, 1)
