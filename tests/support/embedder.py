"""EfficientNet-lite0 for tests, with its weights, fetched once into the checkout by `make data`."""

from pathlib import Path

import pytest

from ipo.datasets.errors import DatasetError
from ipo.embedding import efficientnet_weights
from ipo.embedding.efficientnet import EfficientNetEmbedder
from ipo.embedding.efficientnet_weights import Weights

CHECKOUT = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="session")
def efficientnet_values() -> Weights:
    """The real weights. Tests only read them."""
    try:
        return efficientnet_weights.load(CHECKOUT)
    except DatasetError as error:
        problem = str(error)
    pytest.fail(f"{problem}\nRun make data once: tests never download.", pytrace=False)


@pytest.fixture(scope="session")
def efficientnet(efficientnet_values: Weights) -> EfficientNetEmbedder:
    return EfficientNetEmbedder(efficientnet_values)
