"""A project folder with the weights of EfficientNet-lite0, which the checkout has."""

from pathlib import Path

from ipo.embedding import efficientnet_weights
from tests.support.embedder import CHECKOUT


def bring_embedder(home: Path) -> None:
    """As `ipo fetch embedder` leaves a project folder, without another copy of the weights."""
    there = efficientnet_weights.path_in(home)
    there.parent.mkdir(parents=True, exist_ok=True)
    there.symlink_to(efficientnet_weights.path_in(CHECKOUT))
