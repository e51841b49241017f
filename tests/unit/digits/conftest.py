"""Torch on one thread, two would wait long for each other while other tests run beside these; a workspace."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ipo.digits.folder import folder_in
from ipo.digits.service import Digits
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from tests.support.training_thread import TrainingThread
from tests.unit.digits.small import CONFIG, COUNT, digits, images


@pytest.fixture(autouse=True)
def one_torch_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project folder with an npz of small digits and a model of a small config for them."""
    np.savez(tmp_path / "small.npz", images=images(), labels=digits()[1][:COUNT].astype(np.uint8))
    checkpoint.save(folder_in(tmp_path, str(tmp_path / "small.npz")).checkpoint, InteractiveTrainer(CONFIG))
    return tmp_path


@pytest.fixture
def space(home: Path) -> Digits:
    made = Digits(home, str(home / "small.npz"), start=TrainingThread)
    made.open()
    made.predict()
    made.labels.label(list(range(0, COUNT, 3)), 1)
    return made
