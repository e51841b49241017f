"""The noise that a denoiser sees first is the latent, scaled once as its scheduler demands."""

from typing import Any

import numpy as np
import pytest

from ipo.decoders.diffusion.latents import noise_seed, pack
from ipo.decoders.diffusion.pipelines import Pipeline, shared_pipeline
from ipo.jobs import SILENT
from tests.support.noise import draw
from tests.support.tiny_pipelines import PIPELINES
from tests.unit.decoders.diffusion.conftest import Open

SIZE = 32


def pipeline_of(decoder: Any) -> Pipeline:
    """The pipeline that a decoder has in memory."""
    return shared_pipeline(decoder._model, decoder.info.weights_hash, "float32", "auto", False, SILENT)


@pytest.mark.parametrize("name", PIPELINES)
def test_the_latent_reaches_the_denoiser_scaled_once(opened: Open, name: str) -> None:
    import torch

    decoder = opened(name, steps=3)
    latents = draw(decoder, 1, SIZE)
    decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
    pipeline = pipeline_of(decoder)
    seen: list[torch.Tensor] = []

    def keep(module: object, positional: tuple[torch.Tensor, ...], named: dict[str, torch.Tensor]) -> None:
        seen.append(named["hidden_states"] if "hidden_states" in named else positional[0])

    denoiser = getattr(pipeline.pipe, pipeline.family.denoiser)
    hook = denoiser.register_forward_pre_hook(keep, with_kwargs=True)
    decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
    hook.remove()

    scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config)
    expected = torch.tensor(pack(latents) if name == "flux" else latents)
    if name not in ("sd3", "flux"):  # which begin at deviation 1, as PNDM does
        scheduler.set_timesteps(3)
        expected = scheduler.scale_model_input(expected * scheduler.init_noise_sigma, scheduler.timesteps[0])
    assert len(seen) == (4 if name == "sd" else 3)  # PNDM takes one more
    torch.testing.assert_close(seen[0], expected, rtol=1e-6, atol=1e-6)
    assert seen[0].std() == pytest.approx(1, abs=0.1)  # all of these demand that


def test_patches_are_packed_as_flux_packs_them() -> None:
    import torch
    from diffusers import FluxPipeline

    latents = np.random.default_rng(0).standard_normal((2, 4, 6, 6), dtype=np.float32)
    expected = FluxPipeline._pack_latents(torch.tensor(latents), 2, 4, 6, 6)
    assert np.array_equal(pack(latents), expected.numpy())


def test_the_seed_of_later_noise_follows_from_the_latent_alone() -> None:
    latents = np.random.default_rng(0).standard_normal((2, 4, 4, 4), dtype=np.float32)
    seeds = [noise_seed(latent) for latent in latents]
    assert seeds == [noise_seed(latent.copy()) for latent in np.asfortranarray(latents)]
    assert seeds[0] != seeds[1]
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_decoding_leaves_torchs_own_random_numbers_alone(opened: Open) -> None:
    import torch

    decoder = opened("sdxl-turbo", steps=3)
    latents = draw(decoder, 1, SIZE)
    torch.manual_seed(5)
    first = decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
    drawn = torch.rand(1)
    assert np.array_equal(decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT), first)
    torch.manual_seed(5)
    assert torch.rand(1) == drawn
