"""Features of EfficientNet-lite0: 1,280 numbers that say what an image shows, quick without a GPU."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torch.nn.utils.memory_format import convert_conv2d_weight_memory_format

from ipo.embedding import efficientnet_weights
from ipo.embedding.batches import in_batches, unit_rows
from ipo.embedding.efficientnet_network import SIDE, EfficientNetLite0, fold_norms
from ipo.embedding.protocol import Features, Images
from ipo.embedding.torch_threads import sharing_cores
from ipo.jobs import SILENT, Progress

BATCH = 8  # images at a time: 80 MB of activations
# As its authors evaluate it: the middle 7/8 of the shorter side; pixels to about −1…1.
_MIDDLE = SIDE / (SIDE + 32)
_MEAN, _SCALE = 127.0, 128.0


class EfficientNetEmbedder:
    """Features before the last layer, pooled over the image; `classify` goes on to classes of ImageNet."""

    name = efficientnet_weights.NAME
    dim = efficientnet_weights.FEATURES

    def __init__(self, weights: efficientnet_weights.Weights, device: str = "cpu") -> None:
        """Raises `RuntimeError` where names or shapes of weights are not those of the network."""
        self.weights_hash = efficientnet_weights.weights_hash(weights)
        self._device = torch.device(device)
        network = EfficientNetLite0()
        counters = {name: value for name, value in network.state_dict().items() if value.ndim == 0}
        tensors = {name: torch.from_numpy(np.array(values)) for name, values in weights.items()}
        network.load_state_dict(tensors | counters, strict=True)
        fold_norms(network.eval().requires_grad_(False))
        # Channels last, as the pixels come: half the time on a CPU, together with the folding.
        convert_conv2d_weight_memory_format(network, torch.channels_last)
        self._network = network.to(self._device)

    def embed(self, images: Images, progress: Progress = SILENT) -> Features:
        """`(B, 1280)`, rows of length 1. Raises `ValueError` for what are no images, and `Cancelled`."""
        return unit_rows(in_batches(self._run(self._network), images, BATCH, progress))

    def classify(self, images: Images, progress: Progress = SILENT) -> NDArray[np.float32]:
        """Logits `(B, 1000)` of the classes of ImageNet, in their usual order. Raises as `embed` does."""
        return in_batches(
            self._run(nn.Sequential(self._network, self._network.head)), images, BATCH, progress
        )

    def _run(self, network: nn.Module) -> Callable[[Images], NDArray[np.float32]]:
        def run(images: Images) -> NDArray[np.float32]:
            with torch.inference_mode(), sharing_cores():
                pixels = torch.from_numpy(preprocessed(images)).to(self._device)
                values: NDArray[np.float32] = network(pixels.permute(0, 3, 1, 2)).cpu().numpy()
            return values

        return run


def open_efficientnet(home: Path, device: str = "cpu") -> EfficientNetEmbedder:
    """With the weights of a project folder. Raises `DatasetMissing` or `DatasetDamaged`."""
    return EfficientNetEmbedder(efficientnet_weights.load(home), device)


def preprocessed(images: Images) -> NDArray[np.float32]:
    """The square in the middle of each image, `(B, 224, 224, 3)`, bicubic and with the range of the weights.

    Smaller images are enlarged. Unlike TensorFlow's, the filter grows with what it shrinks: no aliasing.
    """
    height, width = images.shape[1:3]
    side = max(1, int(_MIDDLE * min(height, width)))
    top, left = (height - side + 1) // 2, (width - side + 1) // 2
    box = (left, top, left + side, top + side)
    pixels = np.empty((len(images), SIDE, SIDE, 3), np.float32)
    for row, image in enumerate(images):
        picture = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box)
        pixels[row] = np.asarray(picture)
    pixels -= _MEAN
    pixels /= _SCALE
    return pixels
