"""EfficientNet-lite0, for inference.

EfficientNet-B0 (Tan and Le, 2019, table 1) as its authors changed it for small devices in their TensorFlow
code: no squeeze-and-excitation, ReLU6 instead of swish, stem and head of fixed width. Convolutions pad as
TensorFlow's `SAME` does, which the weights were trained with: where the stride is 2 and the side even, there
is one row or column more at the far side than at the near one.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 – the name that PyTorch's own documentation uses
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ipo.embedding.efficientnet_weights import FEATURES

SIDE = 224  # pixels a side of what the weights were trained on
STEM = 32
CLASSES = 1000
_EPS = 1e-3  # of batch normalisation, as in TensorFlow


class Stage(NamedTuple):
    """Blocks of one width, one after the other; the first has the stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int  # hidden channels for each channel that comes in
    channels: int  # that go out


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class SameConv(nn.Conv2d):
    """A square convolution without bias that gives `ceil(side / stride)` and pads as TensorFlow does."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:  # (B, inputs, H, W)
        down, right = (self._missing(x.shape[axis], axis - 2) for axis in (2, 3))
        if down or right:
            x = F.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
        return super().forward(x)

    def _missing(self, side: int, axis: int) -> int:
        """Rows or columns of zeros that are needed on both sides together."""
        kernel, stride = self.kernel_size[axis], self.stride[axis]
        return max(0, (-(-side // stride) - 1) * stride + kernel - side)


class MBConv(nn.Module):
    """Mobile inverted bottleneck: widen, filter each channel, narrow; where shapes agree, add the input."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        if expansion > 1:
            self.expand = SameConv(inputs, hidden, 1)
            self.expand_norm = nn.BatchNorm2d(hidden, _EPS)
        self.widens = expansion > 1
        self.depthwise = SameConv(hidden, hidden, kernel, stride, groups=hidden)
        self.depthwise_norm = nn.BatchNorm2d(hidden, _EPS)
        self.project = SameConv(hidden, outputs, 1)
        self.project_norm = nn.BatchNorm2d(outputs, _EPS)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:  # (B, inputs, H, W)
        y = F.relu6(self.expand_norm(self.expand(x))) if self.widens else x
        y = F.relu6(self.depthwise_norm(self.depthwise(y)))
        narrow: Tensor = self.project_norm(self.project(y))
        return x + narrow if self.residual else narrow


class EfficientNetLite0(nn.Module):
    """Images `(B, 3, H, W)` float32, normalised, to features `(B, 1280)`; `head` makes logits of them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM, 3, stride=2)
        self.stem_norm = nn.BatchNorm2d(STEM, _EPS)
        blocks, inputs = [], STEM
        for stage in STAGES:
            for repeat in range(stage.repeats):
                stride = stage.stride if repeat == 0 else 1
                blocks.append(MBConv(inputs, stage.channels, stage.kernel, stride, stage.expansion))
                inputs = stage.channels
        self.blocks = nn.Sequential(*blocks)
        self.top = SameConv(inputs, FEATURES, 1)
        self.top_norm = nn.BatchNorm2d(FEATURES, _EPS)
        self.head = nn.Linear(FEATURES, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu6(self.stem_norm(self.stem(x)))
        x = F.relu6(self.top_norm(self.top(self.blocks(x))))
        return torch.mean(x, dim=(2, 3))


def fold_norms(network: nn.Module) -> nn.Module:
    """Put every batch normalisation into the convolution before it, in place: the same numbers, sooner."""
    for module in list(network.modules()):
        for name, norm in list(module.named_children()):
            if isinstance(norm, nn.BatchNorm2d):
                convolution = name.removesuffix("_norm")
                setattr(module, convolution, fuse_conv_bn_eval(getattr(module, convolution), norm))
                setattr(module, name, nn.Identity())
    return network
