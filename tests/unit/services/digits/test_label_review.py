"""The review of labels follows the labels and the answers, and says what could not be saved."""

from pathlib import Path

import numpy as np
import pytest

from ipo.digits.folder import folder_in
from ipo.digits.labels.csv_file import UNSURE
from ipo.digits.service import Digits
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.services.digits.label_review import LabelReview
from tests.support.training_thread import TrainingThread
from tests.unit.digits.small import CONFIG, COUNT, digits, images


@pytest.fixture
def opened(tmp_path: Path) -> Digits:
    """Small digits with a wrong label on image 0."""
    path = tmp_path / "small.npz"
    np.savez(path, images=images(), labels=digits()[1][:COUNT].astype(np.uint8))
    checkpoint.save(folder_in(tmp_path, str(path)).checkpoint, InteractiveTrainer(CONFIG))
    space = Digits(tmp_path, str(path), start=TrainingThread)
    space.open()
    space.predict()
    space.borrow(COUNT)
    space.labels.label(0, 7)
    return space


def at_once(work, *, on_done, on_error, label):  # type: ignore[no-untyped-def]
    """A lane that is done before it is asked."""
    try:
        result = work()
    except (OSError, ValueError) as error:
        on_error(error)
    else:
        on_done(result)


def test_a_doubt_is_answered_once(opened: Digits) -> None:
    review = LabelReview(opened, at_once)
    assert review.review() is not None
    doubt = next(one for one in review.doubts() if one.row == 0)
    assert doubt.label == 7
    review.keep(doubt)
    assert doubt.row not in [one.row for one in review.doubts()]
    found = review.review()
    assert found is not None and found.confirmed == 1
    review.ask_again()
    review.review()
    assert doubt.row in [one.row for one in review.doubts()]
    review.change(doubt, 0)
    assert opened.labels.snapshot().values[0] == 0
    assert doubt.row not in [one.row for one in review.doubts()]
    another = review.doubts()[0]
    review.mark_unsure(another)
    assert opened.labels.snapshot().codes[another.row] == UNSURE
    assert another not in review.doubts()


def test_an_answer_that_cannot_be_saved_is_asked_again(opened: Digits, tmp_path: Path) -> None:
    review = LabelReview(opened, at_once)
    review.review()
    doubt = review.doubts()[0]
    confirmed = opened.labels.path.with_name("confirmed.csv")
    confirmed.write_text("Serial,label\n1,many\n")
    review.keep(doubt)
    assert "confirmed.csv, line 2" in review.problem
    assert doubt in review.doubts()
    review.review()
    assert "confirmed.csv, line 2" in review.error
    confirmed.unlink()
    review.retry()
    review.keep(doubt)
    assert not review.problem and not review.error and doubt not in review.doubts()
