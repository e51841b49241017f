"""A tiny autoencoder (TAESD and its kin) that decodes latents while an image is made.

It is a model of its own, which is on this machine or is not; images are the same without it.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.diffusion.model_folder import ModelFolder, hub_file, in_hub, read_config
from ipo.error_text import error_text

if TYPE_CHECKING:
    import torch

OFF = "off"
WEIGHTS = "diffusion_pytorch_model.safetensors"

_CONFIG = "config.json"
_CLASS = "AutoencoderTiny"
# What was taught to decode the latents of which pipeline: https://github.com/madebyollin/taesd
_NAMES = {
    "StableDiffusionPipeline": "madebyollin/taesd",
    "StableDiffusionXLPipeline": "madebyollin/taesdxl",
    "StableDiffusion3Pipeline": "madebyollin/taesd3",
    "FluxPipeline": "madebyollin/taef1",
}
_KEPT = 2  # in memory, a few megabytes each


@dataclass(frozen=True)
class TinyAutoencoder:
    """One that is on this machine, for latents of so many channels."""

    name: str
    path: Path

    def decode(self, latents: "torch.Tensor") -> NDArray[np.uint8]:
        """`(B, C, h, w)`, clean, as the model works on them → `(B, H, W, 3)`; read by the first call.

        Raises `ValueError` for NaN or files that cannot be read, and `RuntimeError` where memory is short.
        """
        import torch

        model = _read(self.path, (self.path / WEIGHTS).stat().st_mtime_ns, latents.device, latents.dtype)
        with torch.no_grad():
            values = model.decode(latents / model.config.scaling_factor + model.config.shift_factor).sample
            values = (values.float() / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
        if not np.isfinite(values).all():
            raise ValueError(f"{self.name} decodes to NaN")
        rounded: NDArray[np.uint8] = np.rint(values * 255).astype(np.uint8)
        return rounded


class Previewer:
    """Decodes what latents look like on the way, until it fails once."""

    def __init__(self, model: ModelFolder, named: str) -> None:
        """`named`: a folder, a name on the hub, `off`, or empty for the one that fits the model."""
        self._model, self._named = model, named
        self._found: TinyAutoencoder | None = None
        self._failed = False
        self._problem = ""
        self.look()

    @property
    def works(self) -> bool:
        return self._found is not None and not self._failed

    @property
    def says(self) -> str:
        """Who makes previews, or why nobody does; empty where nobody shall."""
        if self._problem:
            return f"No previews while an image is made: {self._problem}"
        return "" if self._found is None else f"While an image is made, {self._found.name} shows it."

    def look(self) -> None:
        """Look for an autoencoder, which somebody may have downloaded meanwhile, unless one was found."""
        if self._found is not None or self._named == OFF:
            return
        try:
            self._found, self._problem = find_tiny_autoencoder(self._model, self._named), ""
        except ValueError as error:
            self._problem = str(error)

    def decode(self, latents: "torch.Tensor") -> NDArray[np.uint8]:
        """As `TinyAutoencoder.decode`. What it raises is said from then on, and nothing works here."""
        assert self._found is not None
        try:
            return self._found.decode(latents)
        except (OSError, ValueError, RuntimeError, MemoryError) as error:
            self._failed, self._problem = True, f"{self._found.name}: {error_text(error)}."
            raise


def find_tiny_autoencoder(model: ModelFolder, named: str) -> TinyAutoencoder:
    """The one that was chosen; else one beside the model's folder, or in the cache of the hub.

    Raises `ValueError` that says what is missing, and what to type to get it.
    """
    name = named.strip() or _NAMES[model.family.pipeline]
    beside = model.path.parent / name.rpartition("/")[2]
    folder = beside if not named.strip() and beside.is_dir() else Path(name).expanduser()
    if not folder.is_dir():
        if not in_hub(name):
            raise ValueError(f"there is no folder {folder}; that of an {_CLASS} would be right.")
        config = hub_file(name, _CONFIG)
        if config is None or not (config.parent / WEIGHTS).is_file():
            raise ValueError(f"{name} is not on this machine. Type: hf download {name} {_CONFIG} {WEIGHTS}")
        folder = config.parent
    config_found = read_config(folder / _CONFIG, f"The folder of an {_CLASS} would be right.")
    if config_found.get("_class_name") != _CLASS:
        raise ValueError(f"{folder} is a {config_found.get('_class_name')}; an {_CLASS} would be right.")
    has, needs = config_found.get("latent_channels", 4), model.vae.get("latent_channels")
    if has != needs:
        raise ValueError(
            f"{name} decodes latents of {has} channels, and {model.name} has {needs}; "
            f"{_NAMES[model.family.pipeline]} would be right."
        )
    if not (folder / WEIGHTS).is_file():
        raise ValueError(f"{folder} is incomplete: it has no {WEIGHTS}. Copy it there.")
    return TinyAutoencoder(name if folder != beside else beside.name, folder)


@functools.lru_cache(_KEPT)
def _read(path: Path, stamp: int, device: "torch.device", dtype: "torch.dtype") -> Any:
    """The model in memory. Raises `OSError` and `ValueError`."""
    import diffusers
    from safetensors import SafetensorError

    try:
        model = diffusers.AutoencoderTiny.from_pretrained(
            path, torch_dtype=dtype, use_safetensors=True, local_files_only=True
        )
    except (SafetensorError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} cannot be read by diffusers {diffusers.__version__}: {error}") from error
    return model.to(device).eval().requires_grad_(False)
