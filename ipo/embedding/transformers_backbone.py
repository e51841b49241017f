"""Features of SigLIP, DINOv2 and their kin, by transformers: a folder with config, processor and safetensors.

Needs the extra `embedding`. Nothing is downloaded. A model that has features of images by name
(`get_image_features`: SigLIP, CLIP) gives those; another one (DINOv2) its pooled output.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from transformers import AutoConfig, AutoImageProcessor, AutoModel
from transformers.utils import logging as transformers_logging

from ipo.embedding.batches import in_batches, unit_rows
from ipo.embedding.protocol import Features, Images
from ipo.embedding.torch_threads import sharing_cores
from ipo.jobs import SILENT, Progress

BATCH = 8  # images at a time
CONFIG = "config.json"
PROCESSOR = "preprocessor_config.json"
_WEIGHTS = "*.safetensors"
_RIGHT = "SigLIP, DINOv2 or another one with pooled features of images would be right."


class TransformersEmbedder:
    """A vision model of a folder. Images are resized and cropped as its processor says."""

    def __init__(self, folder: Path, name: str, device: str = "cpu") -> None:
        """Raises `ValueError` that says what is missing, damaged or of another kind."""
        self.name = name
        self.weights_hash = _hash_of(folder)
        self._device = torch.device(device)
        self._processor, self._network = _load(folder)
        self._network.eval().requires_grad_(False).to(self._device)
        self.dim = int(self._run(np.zeros((1, 32, 32, 3), np.uint8)).shape[1])

    def embed(self, images: Images, progress: Progress = SILENT) -> Features:
        """`(B, dim)`, rows of length 1. Raises `ValueError` for what are no images, and `Cancelled`."""
        return unit_rows(in_batches(self._run, images, BATCH, progress))

    def _run(self, images: Images) -> NDArray[np.float32]:
        # Said, not guessed from the shape, where three pixels of height would mislead.
        inputs = self._processor(images=list(images), return_tensors="pt", input_data_format="channels_last")
        pixels = inputs["pixel_values"].to(self._device)
        with torch.inference_mode(), sharing_cores():
            features = getattr(self._network, "get_image_features", self._network)
            pooled = getattr(features(pixel_values=pixels), "pooler_output", None)
        if pooled is None:
            raise ValueError(f"The model {self.name} gives no vector for a whole image. {_RIGHT}")
        vectors: NDArray[np.float32] = pooled.cpu().numpy()
        return vectors


def vector_length_of(folder: Path) -> int:
    """How many numbers the model of a folder gives for an image, as its config says. Raises `ValueError`."""
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder} holds no model that can be read: {error}") from error
    if hasattr(config, "projection_dim"):  # CLIP
        return int(config.projection_dim)
    return int(getattr(config, "vision_config", config).hidden_size)


def _load(folder: Path) -> tuple[Any, Any]:
    """Processor and model of a folder, in float32. Raises `ValueError`."""
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        # Always by Pillow: torchvision, where it is installed, gives other pixels.
        processor = AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, backend="pil"
        )
        network, report = AutoModel.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,  # said, or a folder with code of its own would ask at the terminal
            use_safetensors=True,  # tensors and nothing else: a pickle could run anything
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, ImportError, SafetensorError) as error:
        raise ValueError(f"{folder} holds no model that can be read: {error}") from error
    finally:
        if bars:
            transformers_logging.enable_progress_bar()
    if not hasattr(network, "get_image_features") and network.main_input_name != "pixel_values":
        raise ValueError(f"The model in {folder} ({network.config.model_type}) reads no images. {_RIGHT}")
    missing = sorted(report["missing_keys"])
    if missing:  # transformers would go on with random numbers
        raise ValueError(
            f"The weights in {folder} are not all there: {len(missing)} are missing, such as "
            f"{missing[0]}. Bring the model again."
        )
    if hasattr(network, "text_model"):
        network.text_model = None  # half of SigLIP, which reads no image
    return processor, network


def _hash_of(folder: Path) -> str:
    """sha256 of all that decides about a vector: config, processor, weights. Raises `ValueError`."""
    files = [folder / CONFIG, folder / PROCESSOR, *sorted(folder.glob(_WEIGHTS))]
    hashed = hashlib.sha256()
    for path in files:
        try:
            with open(path, "rb") as file:
                hashed.update(f"{path.name}\0".encode())
                hashed.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise ValueError(
                f"{folder} holds no model that can be read: {path.name} cannot be opened "
                f"({error.strerror}). A folder with {CONFIG}, {PROCESSOR} and {_WEIGHTS} would be right."
            ) from error
    if len(files) == 2:
        raise ValueError(f"{folder} holds no weights; {_WEIGHTS} beside {CONFIG} would be right.")
    return hashed.hexdigest()
