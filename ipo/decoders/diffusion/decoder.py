"""The `diffusion` decoder: a model of `diffusers` makes an image of a prompt and of the noise it begins with.

The noise is the latent, and nothing else: nothing is added to it or blended in, and where a scheduler adds
noise later, its seed follows from the latent. So an image is a function of latent, prompt and settings.
"""

import importlib.util
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.diffusion.families import check_repeats, check_settings, latent_grid
from ipo.decoders.diffusion.fingerprint import fingerprint, is_quick
from ipo.decoders.diffusion.latents import Latents, check_latents
from ipo.decoders.diffusion.model_folder import find_model
from ipo.decoders.diffusion.options import AUTO, BATCH, SETTINGS
from ipo.decoders.diffusion.tiny_autoencoder import Previewer
from ipo.decoders.previews import Render
from ipo.decoders.protocol import DecodeContext, DecoderInfo
from ipo.decoders.settings import Setting, Settings, Value, complete
from ipo.jobs import SILENT, Progress

if TYPE_CHECKING:
    from ipo.decoders.diffusion.pipelines import Pipeline

NAME = "diffusion"
VERSION = "1"  # raise it whenever the same latent gives other pixels
EXTRA = ("diffusers", "transformers", "accelerate")


class DiffusionKind:
    """Models of `diffusers` that are on this machine."""

    settings: tuple[Setting, ...] = SETTINGS

    def open(self, home: Path, settings: Settings) -> "DiffusionDecoder":
        """The decoder of a model; its weights are read by the first image.

        Raises `ValueError` for a model that is not here, or settings that do not suit it.
        """
        absent = [package for package in EXTRA if importlib.util.find_spec(package) is None]
        if absent:
            raise ValueError(
                f"The decoder {NAME} needs {', '.join(absent)}, which is not installed. "
                "Type: pip install 'ipo[diffusion]', and start again."
            )
        return DiffusionDecoder(settings)


class DiffusionDecoder:
    """One model with its settings (complete ones). Raises `ValueError` for a model that is not here."""

    def __init__(self, settings: Settings) -> None:
        self._settings = dict(settings)
        self._model = find_model(
            str(settings["model"]), str(settings["revision"]), str(settings["precision"])
        )
        self._grid = latent_grid(self._model.family, self._model.denoiser, self._model.vae)
        check_repeats(self._model.family, self._model.scheduler)
        check_settings(self._model.family, self._model.denoiser, settings)
        device = str(settings["device"])
        self._previewer = Previewer(self._model, str(settings["previews"]))
        self._info = DecoderInfo(
            NAME,
            ", ".join([VERSION, *(f"{package} {version(package)}" for package in ("diffusers", "torch"))]),
            fingerprint(self._model, SILENT) if is_quick(self._model) else "",
            True,
            self._grid.shape,
            BATCH[device],
            "" if device == AUTO else device,
        )

    @property
    def info(self) -> DecoderInfo:
        """What is known by now: the first image completes it."""
        return replace(self._info, says=self._previewer.says)

    def decode(
        self, latents: Latents, prompt: str, settings: Settings, *, context: DecodeContext
    ) -> NDArray[np.uint8]:
        """Decode `(B, C, H, W)` to `(B, size, size, 3)`, as many at once as `info.batch` says.

        The first image reads the weights, and completes `info`: hash, device, memory. Raises `ValueError`
        for latents of a wrong shape or with NaN or Inf, settings that do not suit the model, weights that
        cannot be read, an image with NaN; `MemoryError` with the option that helps; `OSError` for weights
        that went; `Cancelled` after any step.
        """
        from ipo.decoders.diffusion.sampling import sample

        size = int(settings["size"])
        check_latents(latents, self._grid.shape(size), size)
        chosen = self._chosen(settings)
        pipeline = self._pipeline(context)
        self._previewer.look()
        images = np.empty((len(latents), size, size, 3), np.uint8)
        with pipeline.lock:
            for start in range(0, len(latents), self.info.batch):
                context.check()
                part = slice(start, start + self.info.batch)
                progress = _Part(context, start, len(latents[part]), len(latents))
                images[part] = sample(
                    pipeline, latents[part], prompt, chosen, size, progress, self._previewer
                )
        return images

    def _chosen(self, settings: Settings) -> dict[str, Value]:
        """The settings of an image: its own, or the decoder's. Raises `ValueError` for other weights."""
        chosen = complete(SETTINGS, {**self._settings, **settings})
        for name in ("model", "revision", "precision"):
            if chosen[name] != self._settings[name]:
                raise ValueError(
                    f"The {name} of this image is {chosen[name]!r}, and {self._settings[name]!r} is open; "
                    "a decoder that was opened with the settings of the image would be right."
                )
        check_settings(self._model.family, self._model.denoiser, chosen)
        return chosen

    def _pipeline(self, progress: Progress) -> "Pipeline":
        """The pipeline in memory; the first time, hash, device and memory of it are kept in `info`."""
        from ipo.decoders.diffusion.devices import describe
        from ipo.decoders.diffusion.pipelines import shared_pipeline

        if not self.info.weights_hash:
            self._info = replace(self._info, weights_hash=fingerprint(self._model, progress))
        pipeline = shared_pipeline(
            self._model,
            self.info.weights_hash,
            str(self._settings["precision"]),
            str(self._settings["device"]),
            bool(self._settings["cpu_offload"]),
            progress,
        )
        self._info = replace(
            self._info,
            batch=BATCH[pipeline.device.type],
            device=describe(pipeline.device),
            memory=pipeline.memory,
        )
        return pipeline


class _Part:
    """The context of some of the images that were asked for."""

    def __init__(self, context: DecodeContext, start: int, count: int, of: int) -> None:
        self._context = context
        self._start, self._count, self._of = start, count, of

    def report(self, fraction: float, message: str = "") -> None:
        if self._count < self._of:
            first, last = self._start + 1, self._start + self._count
            images = f"image {first}" if first == last else f"images {first} to {last}"
            message = f"{message}, {images} of {self._of}"
        self._context.report((self._start + fraction * self._count) / self._of, message)

    def check(self) -> None:
        self._context.check()

    def preview(self, render: Render, first: int = 0) -> None:
        self._context.preview(render, self._start + first)
