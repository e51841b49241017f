"""A project folder in which every page has something to show."""

from pathlib import Path

from ipo.digits.folder import folder_in
from ipo.digits.service import Digits
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from tests.support.mails import with_small_filter
from tests.support.rows import SIZE, fill_session
from tests.support.small_images import NAME, with_small_images
from tests.support.training_thread import TrainingThread
from tests.unit.digits.small import CONFIG

ROWS = 60
LEAN = 0.5  # radians; see `fill_session`
LABELS = 60
EPOCHS = (6, 4)  # of two trainings


def fill_project(home: Path, mnist: Path) -> None:
    """Judged images, a digits model of two trainings, mails with a filter; `mnist` is for the inspector."""
    fill_session(home, ROWS, SIZE, lean=LEAN, decoded=True)
    with_small_images(home)
    (home / "datasets" / "mnist").symlink_to(mnist.resolve(), target_is_directory=True)
    checkpoint.save(folder_in(home, NAME).checkpoint, InteractiveTrainer(CONFIG))
    digits = Digits(home, NAME, start=TrainingThread)
    digits.open()
    digits.borrow(LABELS)
    for epochs in EPOCHS:
        digits.train(epochs)
    with_small_filter(home)
