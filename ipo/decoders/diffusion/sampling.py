"""From latents to pixels by a pipeline of `diffusers`: one batch, step by step."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ipo.cores import numeric_threads
from ipo.decoders.diffusion.clean_latents import CleanLatents
from ipo.decoders.diffusion.devices import free_memory, is_out_of_memory
from ipo.decoders.diffusion.latents import Latents, noise_seed, pack, unpack
from ipo.decoders.diffusion.options import AS_THE_MODEL, SCHEDULERS
from ipo.decoders.diffusion.pipelines import Pipeline
from ipo.decoders.diffusion.tiny_autoencoder import Previewer
from ipo.decoders.protocol import DecodeContext
from ipo.decoders.settings import Settings


def sample(
    pipeline: Pipeline,
    latents: Latents,  # (B, C, H, W), N(0, 1)
    prompt: str,
    settings: Settings,  # complete
    size: int,
    context: DecodeContext,
    previewer: Previewer,
) -> NDArray[np.uint8]:
    """A batch of images `(B, size, size, 3)`. The caller holds the pipeline's lock.

    Raises `ValueError` for an image with NaN, `MemoryError` with the option that helps, and `Cancelled`
    between two steps.
    """
    pipe = pipeline.pipe
    guidance = float(settings["guidance"])
    message = ""
    try:
        with _repeatable(pipeline.device), _recovered(pipeline):
            _set_up(pipeline, settings)
            steps = _Steps(context, _Preview(pipeline, previewer, latents) if previewer.works else None)
            text = pipeline.embeddings(prompt, str(settings["negative_prompt"]), _is_guided(pipe, guidance))
            noise = torch.tensor(pack(latents) if pipeline.family.packed else latents)
            images = pipe(
                height=size,
                width=size,
                num_inference_steps=int(settings["steps"]),
                guidance_scale=guidance,
                latents=noise.to(pipeline.device, pipeline.dtype),
                # On the CPU, where the same seed gives the same noise whatever the device.
                generator=[torch.Generator().manual_seed(noise_seed(latent)) for latent in latents],
                output_type="pt",
                callback_on_step_end=steps,
                **{name: _repeated(tensor, len(latents)) for name, tensor in text.items()},
            ).images
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        message = _what_takes_less(pipeline, settings, size)
    if message:  # said out here, where no frame of the error holds tensors any more
        free_memory()
        raise MemoryError(message)
    return _pixels(images, str(settings["precision"]))


class _Steps:
    """Called by a pipeline after each step."""

    def __init__(self, context: DecodeContext, preview: "_Preview | None") -> None:
        self._context, self._preview = context, preview

    def __call__(self, pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        steps = pipe.num_timesteps
        self._context.report((step + 1) / steps, f"Step {step + 1} of {steps}")
        if self._preview is not None and step + 1 < steps:
            self._context.preview(self._preview.render)
        self._context.check()
        return {}


class _Preview:
    """Images as a tiny autoencoder sees them after a step."""

    def __init__(self, pipeline: Pipeline, previewer: Previewer, latents: Latents) -> None:
        self._packed, self._grid = pipeline.family.packed, latents.shape[2:]
        self._previewer = previewer
        self._clean = CleanLatents(pipeline.pipe.scheduler)

    def render(self) -> NDArray[np.uint8]:
        """`(B, H, W, 3)`. Raises `LookupError` before the first step, and as `Previewer.decode`."""
        latents = self._clean.latest()
        if latents is None:
            raise LookupError("no step was taken")
        return self._previewer.decode(unpack(latents, *self._grid) if self._packed else latents)


def _is_guided(pipe: Any, guidance: float) -> bool:
    """Whether the pipeline will need embeddings to steer away from."""
    unet = getattr(pipe, "unet", None)
    return guidance > 1 and (unet is None or unet.config.time_cond_proj_dim is None)


def _set_up(pipeline: Pipeline, settings: Settings) -> None:
    """A fresh scheduler, for it keeps what it did, and the ways to need less memory."""
    import diffusers

    pipe, choice, own = pipeline.pipe, str(settings["scheduler"]), pipeline.scheduler
    if choice == AS_THE_MODEL:
        pipe.scheduler = type(own).from_config(own.config)
    else:
        class_name, told = SCHEDULERS[choice]
        pipe.scheduler = getattr(diffusers, class_name).from_config(own.config, **told)
    if settings["attention_slicing"]:
        pipe.enable_attention_slicing()
    else:
        pipe.disable_attention_slicing()
    if settings["vae_tiling"]:
        pipe.vae.enable_tiling()
    else:
        pipe.vae.disable_tiling()


@contextmanager
def _recovered(pipeline: Pipeline) -> Iterator[None]:
    """Make a pipeline usable again after an image that was left half done."""
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            pipeline.recover()


@contextmanager
def _repeatable(device: torch.device) -> Iterator[None]:
    """The same kernels every time: torch rounds otherwise on another number of threads, or as cuDNN likes."""
    threads, deterministic = torch.get_num_threads(), torch.backends.cudnn.deterministic
    torch.set_num_threads(numeric_threads())
    if device.type == "cuda":
        torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.backends.cudnn.deterministic = deterministic


def _repeated(tensor: torch.Tensor, count: int) -> torch.Tensor:
    """`(1, …)` → `(count, …)`."""
    return tensor.repeat(count, *[1] * (tensor.ndim - 1))


def _pixels(images: torch.Tensor, precision: str) -> NDArray[np.uint8]:
    """`(B, 3, H, W)` in 0…1 → `(B, H, W, 3)`. Raises `ValueError` for NaN."""
    values = images.float().permute(0, 2, 3, 1).cpu().numpy()
    if not np.isfinite(values).all():
        helps = (
            "Its weights may be damaged: copy or download them again."
            if precision == "float32"
            else f"This model's numbers are too large for {precision}. Precision float32 would be right, "
            "or bfloat16 on a GPU."
            if precision == "float16"
            else "Precision float32 would be right."
        )
        raise ValueError(f"The image came out as NaN. {helps}")
    rounded: NDArray[np.uint8] = np.rint(values * 255).astype(np.uint8)
    return rounded


def _what_takes_less(pipeline: Pipeline, settings: Settings, size: int) -> str:
    """What to say when memory ran out: the options that help and are not chosen yet."""
    offers = {
        "a smaller size": True,
        "VAE tiling": not settings["vae_tiling"],
        "CPU offload": pipeline.device.type != "cpu" and not settings["cpu_offload"],
        "precision float16 or bfloat16": settings["precision"] == "float32" and pipeline.device.type != "cpu",
        "attention slicing": not settings["attention_slicing"] and hasattr(pipeline.pipe, "unet"),
    }
    helps = ", ".join(name for name, offered in offers.items() if offered)
    return f"an image of {size} pixels does not fit; these take less: {helps}"
