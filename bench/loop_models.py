"""Trainings for `bench.inspector_loops`: a transformer of 10 million weights, and a ResNet-18."""

import time
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, LAYERS, HEADS, WORDS, LENGTH, BATCH = 320, 8, 8, 800, 64, 4
IMAGES, SIDE, CLASSES = 8, 32, 10  # of the ResNet


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention_norm, self.mlp_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        parts = self.qkv(self.attention_norm(x)).unflatten(-1, (3, HEADS, -1)).unbind(2)
        q, k, v = (part.transpose(1, 2) for part in parts)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.mlp(self.mlp_norm(x))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WORDS)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1]))
        return self.head(self.norm(self.blocks(x)))


class Residual(nn.Module):
    """He et al., Deep residual learning for image recognition, CVPR 2016, Figure 5 left."""

    def __init__(self, inside: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, width, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.shortcut = nn.Sequential()
        if stride > 1 or inside != width:
            conv = nn.Conv2d(inside, width, 1, stride, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        inner = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(inner + self.shortcut(x))


def resnet18() -> nn.Module:
    """With a first convolution for small images, and no pooling after it."""
    blocks, inside = [], 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [Residual(inside, width, stride), Residual(width, width, 1)]
        inside = width
    begin = (nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
    return nn.Sequential(*begin, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, CLASSES))


class Loop(ABC):
    """A model with its optimizer, and steps of it. Two of a kind take the same steps."""

    name: str

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model = self.build()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3)
        self.drawn = torch.Generator().manual_seed(1)

    @abstractmethod
    def build(self) -> nn.Module: ...

    @abstractmethod
    def batch(self) -> tuple[Tensor, Tensor]:
        """Inputs, and the class of each place of the output."""

    def steps(self, count: int) -> float:
        """Seconds a step."""
        began = time.perf_counter()
        for _ in range(count):
            inputs, classes = self.batch()
            self.optimizer.zero_grad()
            said = self.model(inputs)
            functional.cross_entropy(said.flatten(0, -2), classes.flatten()).backward()
            self.optimizer.step()
        return (time.perf_counter() - began) / count


class TransformerLoop(Loop):
    name = "transformer"

    def build(self) -> nn.Module:
        return Transformer()

    def batch(self) -> tuple[Tensor, Tensor]:
        tokens = torch.randint(WORDS, (BATCH, LENGTH + 1), generator=self.drawn)
        return tokens[:, :-1], tokens[:, 1:]


class ResNetLoop(Loop):
    name = "resnet"

    def build(self) -> nn.Module:
        return resnet18()

    def batch(self) -> tuple[Tensor, Tensor]:
        images = torch.randn(IMAGES, 3, SIDE, SIDE, generator=self.drawn)
        return images, torch.randint(CLASSES, (IMAGES,), generator=self.drawn)
