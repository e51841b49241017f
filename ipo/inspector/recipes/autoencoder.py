"""Recipe `autoencoder_bcl`: a linear autoencoder of MNIST whose encoder features compete by BCL.

`Linear(784, 64) → ReLU → Linear(64, 784) → Sigmoid`, default init; L1 mean or MSE; Adam. The first 85 % of
the images train (51,000 of MNIST), the rest evaluate. Conditions name the strength of the pull, or which of
the two forces acts.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ipo.datasets import mnist
from ipo.inspector.determinism import keeping_modes
from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.recipes import bcl_hooks
from ipo.inspector.recipes.bcl import Algorithm, BCLConfig
from ipo.inspector.recipes.options import option, options_of, parse_options
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.training.loader import Batch, ImageLoader
from ipo.inspector.training.setup import Setup

NAME = "autoencoder_bcl"
LOSSES = {"l1": functional.l1_loss, "mse": functional.mse_loss}

_TRAIN = 0.85  # of the images


@dataclass(frozen=True)
class Condition:
    """Which forces act, and how strong the pull is."""

    som_lr: float = 0.0
    mask: bool = True
    pull: bool = True


SLOW = 1e-3
CONDITIONS: Mapping[str, Condition] = {
    "micro": Condition(1e-4),
    "tiny": Condition(3e-4),
    "slow": Condition(SLOW),
    "med": Condition(5e-3),
    "fast": Condition(1e-2),
    "control": Condition(mask=False, pull=False),
    "mask_only": Condition(0.0),
    "som_only": Condition(SLOW, mask=False),
}


@dataclass(frozen=True)
class Options:
    """What can be overridden. A step keeps what grows with the squares of features and batch."""

    algorithm: str = option(Algorithm.BCL, "Algorithm", choices=map(str, Algorithm))
    loss: str = option("l1", "Loss", choices=LOSSES)
    lr: float = option(1e-3, "Learning rate of Adam")
    som_lr: float | None = option(None, "Strength of the pull (that of the condition)")
    k: int = option(8, "Neighbours of a feature")
    temperature: float = option(5.0, "Sharpness T of the competition")
    rescue_k: int = option(5, "Images that pull a feature (bcl rescue)")
    recompute_every: int = option(50, "Steps between neighbourhoods")
    features: int = option(64, "Features D", most=4096)
    batch_size: int = option(128, "Images of a batch", most=4096)


class Autoencoder(nn.Module):
    def __init__(self, inputs: int, features: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(inputs, features)
        self.decoder = nn.Linear(features, inputs)

    def forward(self, X: Tensor) -> Tensor:
        """Reconstructions of X `(B, F)` in [0, 1]."""
        return torch.sigmoid(self.decoder(torch.relu(self.encoder(X))))


def build(
    condition: str,
    seed: int,
    data: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None,
    **overrides: Any,
) -> Setup:
    """One training. `data`: images `(n, h, w)` and labels `(n,)` to take instead of MNIST.

    Raises `ValueError` for an unknown or impossible condition or override, `DatasetMissing` without MNIST.
    """
    validate(condition, overrides)
    chosen, options = CONDITIONS[condition], Options(**overrides)
    images, labels = digits() if data is None else data
    image_shape = (int(images.shape[1]), int(images.shape[2]))
    pixels = torch.from_numpy(np.ascontiguousarray(images)).flatten(1)
    kinds = torch.from_numpy(np.ascontiguousarray(labels))
    parts = round(_TRAIN * len(pixels))
    model = _seeded(seed, pixels.shape[1], options.features)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)
    loss = LOSSES[options.loss]
    config = BCLConfig(
        Algorithm(options.algorithm),
        options.k,
        options.temperature,
        chosen.som_lr if options.som_lr is None else options.som_lr,
        options.rescue_k,
        options.recompute_every,
    )
    acting = bcl_hooks.BCL(model.encoder, optimizer, config, mask=chosen.mask, pull=chosen.pull)
    return Setup(
        model=model,
        loader=ImageLoader(pixels[:parts], kinds[:parts], options.batch_size, seed),
        loss=partial(_loss, loss),
        optimizer=optimizer,
        hooks=acting.handles,
        stateful={"bcl": acting},
        observe=partial(bcl_hooks.watch, optimizer, acting),
        specs=bcl_hooks.specs(config, mask=chosen.mask, pull=chosen.pull),
        derivations=bcl_hooks.derivations(config),
        sizes={"D": options.features, "F": pixels.shape[1], "K": options.k},
        image_shape=image_shape,
        class_names=tuple(map(str, range(int(labels.max()) + 1))),
        evaluate=partial(_held_out, model, pixels[parts:], loss),
        resource=f"model:{NAME}",
        check=partial(bcl_hooks.check, mask=chosen.mask),
    )


def validate(condition: str, overrides: Mapping[str, Any]) -> None:
    """Raises `ValueError` that says what would be right."""
    given = {name: value for name, value in overrides.items() if name != "data"}
    options = parse_options(Options, given, NAME)
    if condition not in CONDITIONS:
        raise UnknownName(unknown("condition", condition, CONDITIONS, owner=NAME))
    for name in ("batch_size", "features", "k", "rescue_k", "recompute_every"):
        value = getattr(options, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} is {value!r}; a whole number from 1 on would be right.")
    for name in ("lr", "temperature"):
        _check_number(name, getattr(options, name), above=0)
    if options.k >= options.features:
        raise ValueError(
            f"k is {options.k}; {options.features} features have at most {options.features - 1} neighbours."
        )
    if options.rescue_k > options.batch_size:
        raise ValueError(f"rescue_k is {options.rescue_k}; a batch has {options.batch_size} images.")
    if options.som_lr is not None:
        if condition in ("control", "mask_only"):
            raise ValueError(
                f"{condition} has no pull, so som_lr cannot be set; the conditions with one are "
                f"{', '.join(name for name, one in CONDITIONS.items() if one.som_lr)}."
            )
        _check_number("som_lr", options.som_lr, above=0)


@lru_cache(maxsize=1)
def digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The train file of MNIST, read once: sessions beside each other share it."""
    return mnist.load("train")


def _check_number(name: str, value: Any, *, above: float) -> None:
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or not above < value <= sys.float_info.max
    ):
        raise ValueError(f"{name} is {value!r}; a number greater than {above:g} would be right.")


def _seeded(seed: int, inputs: int, features: int) -> Autoencoder:
    """The weights that `torch.manual_seed(seed)` gives, without touching anybody's random numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Autoencoder(inputs, features)


def _loss(function: Any, output: Tensor, batch: Batch) -> Tensor:
    loss: Tensor = function(output, batch.inputs)
    return loss


def _held_out(model: nn.Module, pixels: Tensor, loss: Any) -> float:
    with torch.no_grad(), keeping_modes(model):
        model.eval()
        X = pixels.float() / 255
        return float(loss(model(X), X))


RECIPE = Recipe(
    name=NAME,
    build=build,
    conditions=tuple(CONDITIONS),
    default="slow",
    label="Autoencoder with batch competitive learning",
    options=options_of(Options),
    validate=validate,
    needs_mnist=True,
)
