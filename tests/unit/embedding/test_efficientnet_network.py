"""The network is EfficientNet-lite0, by the figures that are published of it."""

import numpy as np
import pytest
import torch
from torch import nn

from ipo.embedding.efficientnet_network import EfficientNetLite0, SameConv, fold_norms


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    torch.manual_seed(0)
    return EfficientNetLite0().eval().requires_grad_(False)


def test_it_has_the_parameters_and_multiply_adds_of_the_published_one(network: EfficientNetLite0) -> None:
    """4.652 million and 0.385 billion, as other implementations count them."""
    multiply_adds = 0

    def count(layer: nn.Module, inputs: object, output: torch.Tensor) -> None:
        nonlocal multiply_adds
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        multiply_adds += output.numel() * layer.weight[0].numel()

    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    network.head(network(torch.zeros(1, 3, 224, 224)))
    for hook in hooks:
        hook.remove()
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_652_008
    assert multiply_adds == 385_187_552


@pytest.mark.parametrize(("side", "last"), [(224, 7), (97, 4), (32, 1)])
def test_shapes_follow_the_table_of_the_paper(network: EfficientNetLite0, side: int, last: int) -> None:
    images = torch.zeros(2, 3, side, side)
    stem = network.stem(images)
    assert stem.shape == (2, 32, -(-side // 2), -(-side // 2))
    assert network.blocks(stem).shape == (2, 320, last, last)
    assert network(images).shape == (2, 1280) and network.head(network(images)).shape == (2, 1000)


@pytest.mark.parametrize(
    ("side", "kernel", "stride"), [(8, 3, 2), (8, 5, 2), (9, 5, 2), (7, 3, 1), (1, 5, 2)]
)
def test_padding_is_that_of_tensorflow(side: int, kernel: int, stride: int) -> None:
    """Against its definition, pixel by pixel: output `i` begins at `i · stride − total // 2`."""
    torch.manual_seed(1)
    convolution = SameConv(1, 1, kernel, stride)
    image = torch.randn(1, 1, side, side)
    outputs = -(-side // stride)
    before = max(0, (outputs - 1) * stride + kernel - side) // 2
    padded = np.zeros((side + 2 * kernel, side + 2 * kernel))
    padded[kernel : kernel + side, kernel : kernel + side] = image[0, 0].numpy()
    weight = convolution.weight[0, 0].detach().numpy()
    expected = np.zeros((outputs, outputs))
    for y in range(outputs):
        for x in range(outputs):
            top, left = (place * stride - before + kernel for place in (y, x))
            expected[y, x] = (padded[top : top + kernel, left : left + kernel] * weight).sum()
    assert np.allclose(convolution(image)[0, 0].detach().numpy(), expected, atol=1e-5)


def test_folding_the_norms_changes_no_output(network: EfficientNetLite0) -> None:
    torch.manual_seed(2)
    plain, folded = (EfficientNetLite0().eval().requires_grad_(False) for _ in range(2))
    for name, values in plain.state_dict().items():
        if name.endswith(("running_mean", "running_var", "_norm.weight", "_norm.bias")):
            values.copy_(torch.rand_like(values) + 0.5)
    folded.load_state_dict(plain.state_dict())
    images = torch.randn(2, 3, 64, 64)
    expected = plain(images)
    fold_norms(folded)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in folded.modules())
    assert expected.std() > 0.01 and torch.allclose(folded(images), expected, rtol=1e-3, atol=1e-4)
