"""Hidden tastes: what a scripted judge likes about an image, as one number: higher is better."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ipo.datasets.errors import DatasetError
from ipo.embedding import efficientnet_weights
from ipo.embedding.efficientnet import EfficientNetEmbedder, open_efficientnet

HOME = Path(__file__).resolve().parents[1] / "data"  # where the weights of EfficientNet-lite0 are

Pixels = NDArray[np.float32]  # (H, W, 3) in 0…1
Taste = Callable[[Pixels], float]


def warmth(image: Pixels) -> float:
    return float((image[..., 0] - image[..., 2]).mean())


def brightness(image: Pixels) -> float:
    return float(_luma(image).mean())


def centre_brightness(image: Pixels) -> float:
    light = _luma(image)
    quarter = len(light) // 4
    return float(light[quarter:-quarter, quarter:-quarter].mean() - light.mean())


def symmetry(image: Pixels) -> float:
    light = _luma(image)
    return float(-np.abs(light - light[:, ::-1]).mean() / (light.std() + 1e-3))


def contrast(image: Pixels) -> float:
    return float(_luma(image).std())


def edge_density(image: Pixels) -> float:
    light = _luma(image)
    return float(np.abs(np.diff(light, axis=0)).mean() + np.abs(np.diff(light, axis=1)).mean())


def deep_feature(image: Pixels) -> float:
    """One unit of a random three-layer convolutional network, averaged over the image."""
    step = len(image) // 32
    x = image[: 32 * step, : 32 * step].reshape(32, step, 32, step, 3).mean((1, 3)).transpose(2, 0, 1)
    for layer, kernel in enumerate(_kernels()):
        x = np.einsum("chwij,ocij->ohw", sliding_window_view(x, (3, 3), axis=(1, 2)), kernel)
        if layer < 2:
            x = np.maximum(x, 0)[:, ::2, ::2]
    return float(x.mean())


TASTES: Mapping[str, Taste] = {
    "warmth": warmth,
    "centre brightness": centre_brightness,
    "symmetry": symmetry,
    "contrast": contrast,
    "edge density": edge_density,
    "deep feature": deep_feature,
}


@dataclass(frozen=True)
class Bent:
    """A taste that is no straight line of an image's feature t, in standard deviations under the prior."""

    feature: Taste
    of: Callable[[float], float]


def _not_too_much(t: float) -> float:
    """Best at t = 2, which is 2.5 of the taste's own standard deviations above its mean; there is no more."""
    return float(np.exp(-((t - 2) ** 2) / 2))


CURVED_TASTES: Mapping[str, Bent] = {
    "warm not too warm": Bent(warmth, _not_too_much),
    "bright not too bright": Bent(brightness, _not_too_much),
    "warm or cold": Bent(warmth, abs),
}


def imagenet_logit(number: int) -> Taste:
    """How much an image shows of a class of ImageNet, by EfficientNet-lite0's own classifier."""

    def logit(image: Pixels) -> float:
        pixels = np.rint(image * 255).astype(np.uint8)
        return float(efficientnet().classify(pixels[None])[0, number])

    return logit


# What an image shows. Linear in latents, these logits are explained to a fifth and to nothing.
CONTENT_TASTES: Mapping[str, Taste] = {
    "coral reef": imagenet_logit(973),
    "hen of the woods": imagenet_logit(996),
}


@cache
def efficientnet() -> EfficientNetEmbedder:
    """Raises `SystemExit` that says what to type where the weights are not there."""
    try:
        return open_efficientnet(HOME)
    except DatasetError as error:
        raise SystemExit(f"{error} Here: ipo fetch embedder --home {HOME}") from error


def content_can_be_judged() -> bool:
    """Whether the weights are there that content tastes need."""
    return efficientnet_weights.available(HOME)


@cache
def _kernels() -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(7)
    sizes = [(8, 3), (16, 8), (1, 16)]
    return [(rng.standard_normal((o, i, 3, 3)) / np.sqrt(9 * i)).astype(np.float32) for o, i in sizes]


def _luma(image: Pixels) -> Pixels:
    return np.asarray(image @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)
