"""Twelve trainings that are broken in known ways and six that are not, as recipes of the inspector.

All are of scikit-learn's digits: 1,797 images of 8 × 8. Seeds decide the split, the weights and the order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from ipo.inspector.recipes import autoencoder
from ipo.inspector.training.setup import Setup

BATCH, HELD_OUT, CLASSES, SIDE = 64, 360, 10, 8


@dataclass(frozen=True)
class Split:
    """Images `(n, 64)` in [0, 1] and classes `(n,)`, to train on and to evaluate."""

    images: Tensor
    labels: Tensor
    held_images: Tensor
    held_labels: Tensor


@lru_cache(maxsize=1)
def digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    images, labels = load_digits(return_X_y=True)
    return (images / 16).astype(np.float32), labels.astype(np.int64)


def split(seed: int) -> Split:
    images, labels = (torch.from_numpy(part) for part in digits())
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    held, train = order[:HELD_OUT], order[HELD_OUT:]
    return Split(images[train], labels[train], images[held], labels[held])


def classifier(
    model: nn.Module,
    data: Split,
    optimizer: torch.optim.Optimizer,
    seed: int,
    *,
    shuffle: bool = True,
    loss: Callable[[Tensor, Any], Tensor] | None = None,
    **more: Any,
) -> Setup:
    loader = DataLoader(
        TensorDataset(data.images, data.labels),
        BATCH,
        shuffle=shuffle,
        drop_last=True,
        generator=torch.Generator().manual_seed(seed),
    )
    return Setup(
        model,
        loader,
        loss or cross_entropy,
        optimizer,
        evaluate=partial(evaluate, model, data),
        **more,
    )


def cross_entropy(output: Tensor, batch: Any) -> Tensor:
    return functional.cross_entropy(output, batch[1])


def evaluate(model: nn.Module, data: Split) -> float:
    model.eval()
    return float(functional.cross_entropy(model(data.held_images), data.held_labels))


def perceptron(*widths: int, activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear layers of these widths with an activation between them."""
    parts: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        parts += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*parts[:-1])


def convolutions(momentum: float = 0.1) -> nn.Sequential:
    return nn.Sequential(
        nn.Unflatten(1, (1, SIDE, SIDE)),
        nn.Conv2d(1, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16, momentum=momentum),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False),
        nn.BatchNorm2d(32, momentum=momentum),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 16, CLASSES),
    )


def vanishing(seed: int) -> Setup:
    model = perceptron(64, *[64] * 8, CLASSES, activation=nn.Sigmoid)
    return classifier(model, split(seed), torch.optim.SGD(model.parameters(), lr=0.1), seed)


def exploding(seed: int) -> Setup:
    """Weights three times as large as they should be, in ten layers."""
    model = perceptron(64, *[64] * 10, CLASSES)
    for module in model:
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            module.weight.data *= 3
    return classifier(model, split(seed), torch.optim.SGD(model.parameters(), lr=1e-8), seed)


def dying_relu(seed: int) -> Setup:
    """Biases that begin far below zero."""
    model = perceptron(64, 128, 64, CLASSES)
    nn.init.normal_(model[0].bias, -2.0, 1.0)
    return classifier(model, split(seed), torch.optim.SGD(model.parameters(), lr=0.05), seed)


def oscillating(seed: int) -> Setup:
    """A learning rate at which steps overshoot."""
    model = perceptron(64, 64, CLASSES, activation=nn.Tanh)
    return classifier(model, split(seed), torch.optim.SGD(model.parameters(), lr=8.0), seed)


def slow(seed: int) -> Setup:
    model = perceptron(64, 64, CLASSES)
    return classifier(model, split(seed), torch.optim.SGD(model.parameters(), lr=1e-5), seed)


def wrong_labels(seed: int) -> Setup:
    """Of all labels, 15 % are another class."""
    data, model = split(seed), perceptron(64, 64, CLASSES)
    generator = torch.Generator().manual_seed(seed)
    wrong = torch.rand(len(data.labels), generator=generator) < 0.15
    others = (data.labels + torch.randint(1, CLASSES, data.labels.shape, generator=generator)) % CLASSES
    data = replace(data, labels=torch.where(wrong, others, data.labels))
    return classifier(model, data, torch.optim.Adam(model.parameters(), lr=3e-3), seed)


def unshuffled(seed: int) -> Setup:
    """Sorted by class, and not shuffled."""
    data, model = split(seed), perceptron(64, 64, CLASSES)
    order = data.labels.argsort(stable=True)
    data = replace(data, images=data.images[order], labels=data.labels[order])
    return classifier(model, data, torch.optim.Adam(model.parameters(), lr=1e-3), seed, shuffle=False)


def twins(seed: int) -> Setup:
    """All weights of the first layer begin at one number."""
    model = perceptron(64, 64, CLASSES)
    nn.init.constant_(model[0].weight, 0.05)
    nn.init.constant_(model[2].weight, 0.05)
    return classifier(model, split(seed), torch.optim.Adam(model.parameters(), lr=1e-3), seed)


class Detached(nn.Module):
    """Its first part is cut off from the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.head = perceptron(64, 64, 64), perceptron(64, 64, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.encoder(images).detach())
        return scores


def frozen(seed: int) -> Setup:
    model = Detached()
    return classifier(model, split(seed), torch.optim.Adam(model.parameters(), lr=1e-3), seed)


def wrong_sign(seed: int) -> Setup:
    model = perceptron(64, 64, CLASSES)

    def loss(output: Tensor, batch: Any) -> Tensor:
        return -cross_entropy(output, batch)

    return classifier(model, split(seed), torch.optim.Adam(model.parameters(), lr=1e-3), seed, loss=loss)


def batch_norm_momentum(seed: int) -> Setup:
    """The running statistics are those of the last batch."""
    model = convolutions(momentum=0.99)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return classifier(model, split(seed), optimizer, seed)


def leak(seed: int) -> Setup:
    """A third of the held-out images are among those that are trained on."""
    data, model = split(seed), perceptron(64, 64, CLASSES)
    third = HELD_OUT // 3
    data = replace(
        data,
        images=torch.cat([data.images, data.held_images[:third]]),
        labels=torch.cat([data.labels, data.held_labels[:third]]),
    )
    return classifier(model, data, torch.optim.Adam(model.parameters(), lr=1e-3), seed)


def healthy_perceptron(seed: int) -> Setup:
    model = perceptron(64, 64, 64, CLASSES)
    return classifier(model, split(seed), torch.optim.Adam(model.parameters(), lr=1e-3), seed)


def healthy_convolutions(seed: int) -> Setup:
    model = convolutions()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    return classifier(model, split(seed), optimizer, seed)


def healthy_autoencoder(seed: int) -> Setup:
    images, labels = digits()
    pixels = (255 * images.reshape(-1, SIDE, SIDE)).round().astype(np.uint8)
    small: dict[str, Any] = {"features": 32, "k": 4, "batch_size": BATCH, "loss": "mse"}
    return autoencoder.build("control", seed, data=(pixels, labels.astype(np.uint8)), **small)


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        change: Tensor = self.down(functional.gelu(self.up(self.norm(hidden))))
        return hidden + change


def healthy_residual(seed: int) -> Setup:
    """Twenty layers deep."""
    model = nn.Sequential(nn.Linear(64, 48), *(Residual(48) for _ in range(10)), nn.Linear(48, CLASSES))
    return classifier(model, split(seed), torch.optim.AdamW(model.parameters(), lr=1e-3), seed)


class Attention(nn.Module):
    """Rows of an image are its tokens."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.embed, self.head = nn.Linear(SIDE, width), nn.Linear(width, CLASSES)
        self.place = nn.Parameter(torch.randn(SIDE, width) / 10)
        layer = nn.TransformerEncoderLayer(width, 4, 64, 0.1, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, images: Tensor) -> Tensor:
        hidden = self.embed(images.unflatten(1, (SIDE, SIDE))) + self.place
        scores: Tensor = self.head(self.encoder(hidden).mean(1))
        return scores


def healthy_transformer(seed: int) -> Setup:
    model = Attention()
    return classifier(model, split(seed), torch.optim.AdamW(model.parameters(), lr=2e-3), seed)


def healthy_schedule(seed: int) -> Setup:
    """Logistic regression in a loop of its own, with a scheduler and clipped gradients."""
    data, model = split(seed), nn.Linear(64, CLASSES)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    setup = classifier(model, data, optimizer, seed)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 400)

    def step(batch: Any) -> Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(model(batch[0]), batch)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        return loss

    return replace(setup, loss=None, step=step, stateful={"schedule": schedule})


BROKEN: Mapping[str, tuple[Callable[[int], Setup], str]] = {
    "vanishing gradients": (vanishing, "vanishing_gradients"),
    "exploding gradients": (exploding, "exploding_gradients"),
    "dying ReLU": (dying_relu, "dead_units"),
    "oscillating": (oscillating, "oscillating_loss"),
    "slow": (slow, "slow_learning"),
    "wrong labels": (wrong_labels, "wrong_labels"),
    "unshuffled data": (unshuffled, "unshuffled_data"),
    "twin features": (twins, "twin_features"),
    "frozen part": (frozen, "unreached_parameters"),
    "wrong loss sign": (wrong_sign, "wrong_loss_sign"),
    "batch norm momentum": (batch_norm_momentum, "drifting_statistics"),
    "leak of held-out data": (leak, "leaked_rows"),
}
HEALTHY: Mapping[str, Callable[[int], Setup]] = {
    "perceptron, Adam": healthy_perceptron,
    "convolutions, batch norm": healthy_convolutions,
    "autoencoder": healthy_autoencoder,
    "20 layers, residual": healthy_residual,
    "transformer": healthy_transformer,
    "own loop, scheduler": healthy_schedule,
}
