"""The pipelines of `diffusers` that can be a decoder, and the latents that their models begin with.

All of it follows from the configurations that lie beside the weights; no weight is read for it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ipo.decoders.diffusion.options import AS_THE_MODEL
from ipo.decoders.settings import Settings

_MOST_LCM_STEPS = 50  # that a model was taught to leap over

Config = Mapping[str, object]  # of one part of a model, as `diffusers` wrote it


@dataclass(frozen=True)
class Family:
    """Models that one pipeline class of `diffusers` runs."""

    pipeline: str  # its name there, and in model_index.json
    denoiser: str  # part that takes the noise away: a folder beside model_index.json
    flow: bool = False  # trained by flow matching: the model's own scheduler alone fits
    packed: bool = False  # latents enter as a sequence of 2 × 2 patches

    @property
    def example(self) -> str:
        return _EXAMPLES[self.pipeline]


FAMILIES: dict[str, Family] = {
    one.pipeline: one
    for one in (
        Family("StableDiffusionPipeline", "unet"),
        Family("StableDiffusionXLPipeline", "unet"),
        Family("StableDiffusion3Pipeline", "transformer", flow=True),
        Family("FluxPipeline", "transformer", flow=True, packed=True),
    )
}
_EXAMPLES = {
    "StableDiffusionPipeline": "Stable Diffusion 1.5, 2.1, SD-Turbo",
    "StableDiffusionXLPipeline": "SDXL, SDXL-Turbo",
    "StableDiffusion3Pipeline": "Stable Diffusion 3",
    "FluxPipeline": "FLUX.1",
}


@dataclass(frozen=True)
class LatentGrid:
    """Shape of the noise that a model begins with."""

    channels: int
    cell: int  # pixels a side that share one latent entry
    multiple: int  # what the side of an image must be a multiple of
    largest: float = math.inf  # side in pixels

    def shape(self, size: int) -> tuple[int, ...]:
        """Shape (channels, size/cell, size/cell). Raises `ValueError` for a size that cannot be made."""
        if size <= 0 or size % self.multiple or size > self.largest:
            below = min(size, self.largest) // self.multiple * self.multiple
            sides = {max(below, self.multiple), max(below + self.multiple, self.multiple)}
            right = " or ".join(f"{side:.0f}" for side in sorted(sides) if side <= self.largest)
            most = f" up to {self.largest:.0f}" if math.isfinite(self.largest) else ""
            raise ValueError(
                f"Image size {size} is not a positive multiple of {self.multiple}{most}, as this model "
                f"needs; {right} would be."
            )
        return (self.channels, size // self.cell, size // self.cell)


def latent_grid(family: Family, denoiser: Config, vae: Config) -> LatentGrid:
    """The latents of a model with these configurations. Raises `ValueError` for impossible ones."""
    blocks = vae.get("block_out_channels")
    if not isinstance(blocks, list) or not blocks:
        raise ValueError("vae/config.json has no block_out_channels; those of an AutoencoderKL have.")
    cell = 2 ** (len(blocks) - 1)
    inputs = _whole(denoiser, "in_channels", family.denoiser)
    latent = _whole(vae, "latent_channels", "vae")
    channels = inputs // 4 if family.packed else inputs
    if channels != latent:
        raise ValueError(
            f"Its {family.denoiser} takes {channels} channels and its VAE has {latent}: it changes images "
            "that exist. A model that makes images from a prompt would be right."
        )
    if family.packed:
        return LatentGrid(channels, cell, 2 * cell)
    if family.flow:
        patch = _whole(denoiser, "patch_size", family.denoiser)
        places = _whole(denoiser, "pos_embed_max_size", family.denoiser)
        return LatentGrid(channels, cell, patch * cell, places * patch * cell)
    return LatentGrid(channels, cell, math.lcm(8, cell))  # 8: what these pipelines insist on


def check_repeats(family: Family, scheduler: Config) -> None:
    """Raises `ValueError` for a scheduler that would draw noise which no seed of ours reaches."""
    if family.flow and scheduler.get("stochastic_sampling"):
        raise ValueError(
            "Its scheduler draws noise that cannot be repeated: stochastic_sampling is true in "
            "scheduler/scheduler_config.json; false would be right."
        )


def check_settings(family: Family, denoiser: Config, settings: Settings) -> None:
    """Raises `ValueError` for settings that would do nothing with a model, or not work with it."""
    guidance, negative = float(settings["guidance"]), str(settings["negative_prompt"])
    if family.flow and settings["scheduler"] != AS_THE_MODEL:
        raise ValueError(
            f"Scheduler {settings['scheduler']} is not for {family.example}, which learnt by flow matching; "
            f"{AS_THE_MODEL} would be right."
        )
    if settings["scheduler"] == "lcm" and int(settings["steps"]) > _MOST_LCM_STEPS:
        raise ValueError(
            f"Scheduler lcm takes up to {_MOST_LCM_STEPS} steps, not {settings['steps']}; 4 to 8 would be "
            "right."
        )
    if family.packed and negative:
        raise ValueError(f"{family.example} takes no negative prompt; an empty one would be right.")
    if family.packed and guidance and not denoiser.get("guidance_embeds"):
        raise ValueError(
            f"Guidance is {guidance:g}, but this model learnt to work without, as FLUX.1-schnell did; "
            "0 would be right."
        )
    if negative and guidance <= 1:
        raise ValueError(
            f"A negative prompt does nothing with a guidance of {guidance:g}; above 1, or an empty negative "
            "prompt would be right."
        )


def _whole(config: Config, name: str, part: str) -> int:
    value = config.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{part}/config.json says {name} is {value!r}; a whole number would be right.")
    return value
