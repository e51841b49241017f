"""A set of small digits in a project folder, on which an epoch takes a moment; a small model of MNIST."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from ipo.digits.config import SSVAEConfig
from ipo.digits.folder import folder_in
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer

NAME = "small"
COUNT = 400


def with_small_images(home: Path, count: int = COUNT) -> Path:
    """A project folder with `count` digits of 8 × 8 pixels, and what they show; they repeat after 1,797."""
    bundle = load_digits()
    folder = home / "datasets" / "images"
    folder.mkdir(parents=True)
    images = (np.resize(bundle.images, (count, 8, 8)) * (255 / 16)).astype(np.uint8)
    np.savez(folder / f"{NAME}.npz", images=images, labels=np.resize(bundle.target, count).astype(np.uint8))
    return home


def with_small_model(home: Path) -> Path:
    """A project folder with a model of MNIST that has learnt nothing and predicts in a moment."""
    config = SSVAEConfig(latent_dim=4, width=4, features=16, hidden=16)
    checkpoint.save(folder_in(home).checkpoint, InteractiveTrainer(config))
    return home
