"""SSVAE: an encoder whose features a classifier, a latent and a map read, and a decoder.

    features h = f(x),   q(z|x) = N(μ(h), σ²(h)),   p(y|x) = softmax(W h),   x̂ = g(z, p(y|x))

The decoder is told the class, so that z is left with the style (M2 of Kingma et al., "Semi-supervised
learning with deep generative models", 2014).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ipo.digits.config import SSVAEConfig
from ipo.digits.data import Images

_EMBEDDING = 64  # dimensions in which views are compared
_AT_ONCE = 1000  # images of a batch of predictions
_KIND: Mapping[str, Any] = {"dtype": torch.float32, "device": "cpu"}  # whatever the process has as defaults


class Encoded(NamedTuple):
    """What the encoder says of images."""

    features: Tensor  # (B, F)
    mean: Tensor  # (B, d), of the latent
    log_variance: Tensor  # (B, d)
    logits: Tensor  # (B, classes)


class Prediction(NamedTuple):
    """What a model says of n images, in one order."""

    latent: NDArray[np.float32]  # (n, d)
    reconstruction: Images  # (n, h, w)
    label: NDArray[np.int8]  # (n,)
    certainty: NDArray[np.float32]  # (n,), probability of the label


@dataclass(frozen=True, eq=False)
class Outputs:
    """Everything that a model says of n images, in one order."""

    latent: NDArray[np.float32]  # (n, d)
    places: NDArray[np.float32]  # (n, 2), on the map as it is learnt, not aligned
    probabilities: NDArray[np.float32]  # (n, classes)
    features: NDArray[np.float32]  # (n, F)
    reconstruction: Images | None  # (n, h, w), where it was asked for


class SSVAE(nn.Module):
    """The model of one config; its first weights follow from the config's seed."""

    temperature: Tensor
    shares: Tensor
    certainty: Tensor

    def __init__(self, config: SSVAEConfig) -> None:
        super().__init__()
        self.config = config
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self._build(config)
        self.register_buffer("temperature", torch.ones((), **_KIND))
        # (classes,), how much of each the model has seen lately in unlabelled images, by its own account
        self.register_buffer("shares", torch.full((config.classes,), 1 / config.classes, **_KIND))
        # (), how certain the model's guesses were lately
        self.register_buffer("certainty", torch.full((), 1 / config.classes, **_KIND))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _build(self, config: SSVAEConfig) -> None:
        height, width = (-(-side // 8) for side in config.image_shape)  # halved three times, rounded up
        channels = config.width
        self.encoder = nn.Sequential(
            nn.Conv2d(1, channels, 5, stride=2, padding=2, bias=False, **_KIND),
            nn.BatchNorm2d(channels, **_KIND),
            nn.ReLU(),
            # a maximum loses less than a stride where the strokes of a digit shift by a pixel
            nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False, **_KIND),
            nn.BatchNorm2d(2 * channels, **_KIND),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(2 * channels, 4 * channels, 3, padding=1, bias=False, **_KIND),
            nn.BatchNorm2d(4 * channels, **_KIND),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Flatten(),
            nn.Linear(4 * channels * height * width, config.features, bias=False, **_KIND),
            nn.BatchNorm1d(config.features, **_KIND),
            nn.ReLU(),
        )
        self.to_latent = nn.Linear(config.features, 2 * config.latent_dim, **_KIND)
        self.classifier = nn.Linear(config.features, config.classes, **_KIND)
        self.decoder = nn.Sequential(
            nn.Linear(config.latent_dim + config.classes, config.hidden, **_KIND),
            nn.ReLU(),
            nn.Linear(config.hidden, 2 * config.hidden, **_KIND),
            nn.ReLU(),
            nn.Linear(2 * config.hidden, config.image_shape[0] * config.image_shape[1], **_KIND),
            nn.Sigmoid(),
        )
        self.to_place = nn.Sequential(
            nn.Linear(config.features, 64, **_KIND), nn.ReLU(), nn.Linear(64, 2, **_KIND)
        )
        # the last one, so that the first weights of all others are those that they were without it
        self.to_embedding = nn.Sequential(
            nn.Linear(config.features, config.features, **_KIND),
            nn.ReLU(),
            nn.Linear(config.features, _EMBEDDING, **_KIND),
        )

    def encode(self, images: Tensor) -> Encoded:
        """Images `(B, 1, h, w)` in [0, 1]."""
        features = self.encoder(images.contiguous(memory_format=torch.channels_last))
        mean, log_variance = self.to_latent(features).chunk(2, dim=1)
        return Encoded(features, mean, log_variance.clamp(-10, 10), self.classifier(features))

    def decode(self, latents: Tensor, classes: Tensor) -> Tensor:
        """Images `(B, 1, h, w)` in [0, 1] from latents `(B, d)` and class probabilities `(B, classes)`."""
        pixels: Tensor = self.decoder(torch.cat((latents, classes), dim=1))
        return pixels.view(len(latents), 1, *self.config.image_shape)

    def places(self, encoded: Encoded) -> Tensor:
        """Where images lie on the map `(B, 2)`. No gradient reaches the encoder."""
        if self.config.latent_dim == 2:
            return encoded.mean.detach()
        places: Tensor = self.to_place(encoded.features.detach())
        return places

    def probabilities(self, logits: Tensor) -> Tensor:
        """Calibrated class probabilities."""
        return functional.softmax(logits / self.temperature, dim=1)

    def predict(self, images: Images) -> Prediction:
        """What the model says of images `(n, h, w)` uint8; the same every time."""
        outputs = self.outputs(images, reconstruct=True)
        assert outputs.reconstruction is not None
        label, certainty = outputs.probabilities.argmax(1).astype(np.int8), outputs.probabilities.max(1)
        return Prediction(outputs.latent, outputs.reconstruction, label, certainty)

    @torch.inference_mode()
    def outputs(
        self,
        images: Images,
        *,
        reconstruct: bool = False,
        on_batch: Callable[[float], None] | None = None,
    ) -> Outputs:
        """Latents, places, probabilities and features of images `(n, h, w)` uint8.

        `on_batch` is told the done fraction. Raises `ValueError` for images of another shape.
        """
        config, count = self.config, len(images)
        if images.shape[1:] != config.image_shape:
            raise ValueError(f"Images are {images.shape[1:]}; this model reads {config.image_shape}.")
        latent = np.empty((count, config.latent_dim), np.float32)
        places = np.empty((count, 2), np.float32)
        probabilities = np.empty((count, config.classes), np.float32)
        features = np.empty((count, config.features), np.float32)
        drawn = np.empty((count, *config.image_shape), np.uint8) if reconstruct else None
        training = self.training
        self.eval()
        try:
            for start in range(0, count, _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                encoded = self.encode(as_input(images[part]))
                certain = self.probabilities(encoded.logits)
                latent[part], features[part] = encoded.mean.numpy(), encoded.features.numpy()
                places[part], probabilities[part] = self.places(encoded).numpy(), certain.numpy()
                if drawn is not None:
                    grey = self.decode(encoded.mean, functional.softmax(encoded.logits, dim=1))[:, 0]
                    drawn[part] = (255 * grey).round().byte().numpy()
                if on_batch is not None:
                    on_batch(min(1.0, (start + _AT_ONCE) / count))
        finally:
            self.train(training)
        return Outputs(latent, places, probabilities, features, drawn)


def as_input(images: Images) -> Tensor:
    """Images `(n, h, w)` uint8 as `(n, 1, h, w)` in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(images))[:, None].float() / 255
