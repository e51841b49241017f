"""What a preview is decoded from: the image that a scheduler expects, noise taken away."""

from typing import Any

import diffusers
import pytest
import torch

from ipo.decoders.diffusion.clean_latents import CleanLatents
from ipo.decoders.diffusion.latents import pack, unpack
from ipo.decoders.diffusion.options import SCHEDULERS

STABLE_DIFFUSION = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False,
    "steps_offset": 1,
}  # fmt: skip
OWN = {
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "pndm v": ("PNDMScheduler", {"skip_prk_steps": True, "prediction_type": "v_prediction"}),
}
KNOWN = {name: one for name, one in SCHEDULERS.items() if name != "lcm"} | OWN


def scheduler_of(name: str) -> Any:
    class_name, told = (KNOWN | SCHEDULERS)[name]
    return getattr(diffusers, class_name).from_config({**STABLE_DIFFUSION, **told})


def perfect_output(scheduler: Any, timestep: Any, sample: torch.Tensor, clean: torch.Tensor) -> torch.Tensor:
    """What a model would say that knows the clean latents."""
    if hasattr(scheduler, "sigmas"):
        level = float(scheduler.sigmas[scheduler.step_index or 0])
    else:
        kept = float(scheduler.alphas_cumprod[int(timestep)])
        level = ((1 - kept) / kept) ** 0.5
    if hasattr(scheduler, "sigmas") and not hasattr(
        scheduler, "model_outputs"
    ):  # noise added, nothing shrunk
        return (sample - clean) / level
    shrink = (1 + level**2) ** -0.5
    noise = (sample - shrink * clean) / (shrink * level)
    if scheduler.config.prediction_type == "v_prediction":
        return shrink * noise - shrink * level * clean
    return noise


@pytest.mark.parametrize("name", KNOWN)
def test_where_the_model_knows_the_image_every_step_expects_just_that(name: str) -> None:
    torch.manual_seed(0)
    scheduler = scheduler_of(name)
    scheduler.set_timesteps(6)
    clean = torch.randn(1, 4, 8, 8)
    heard = CleanLatents(scheduler)
    assert heard.latest() is None
    sample = torch.randn(1, 4, 8, 8) * scheduler.init_noise_sigma
    for number, timestep in enumerate(scheduler.timesteps):
        output = perfect_output(scheduler, timestep, sample, clean)
        sample = scheduler.step(output, timestep, sample, return_dict=False)[0]
        latest = heard.latest()
        assert latest is not None
        if name.startswith("pndm") and number:
            continue  # it mixes the outputs of several steps
        assert torch.allclose(latest, clean, atol=2e-2), number


def test_flow_matching_follows_the_velocity_to_its_end() -> None:
    torch.manual_seed(0)
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(4)
    clean, noise = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 8, 8)
    heard, sample = CleanLatents(scheduler), noise
    for timestep in scheduler.timesteps:
        sample = scheduler.step(noise - clean, timestep, sample, return_dict=False)[0]
        latest = heard.latest()
        assert latest is not None and torch.allclose(latest, clean, atol=1e-5)


@pytest.mark.parametrize("name", [*KNOWN, "lcm"])
def test_a_scheduler_that_is_listened_to_does_what_it_did(name: str) -> None:
    samples = []
    for listen in (False, True):
        scheduler = scheduler_of(name)
        scheduler.set_timesteps(4)
        if listen:
            CleanLatents(scheduler)
        torch.manual_seed(1)
        sample = torch.randn(1, 4, 8, 8)
        for timestep in scheduler.timesteps:
            output = torch.sin(sample)
            sample = scheduler.step(output, timestep, sample, return_dict=False)[0]
        samples.append(sample)
    assert torch.equal(*samples)


def test_unpacking_takes_packing_back() -> None:
    latents = torch.arange(2 * 4 * 6 * 8, dtype=torch.float32).reshape(2, 4, 6, 8)
    packed = torch.tensor(pack(latents.numpy()))
    assert packed.shape == (2, 12, 16)
    assert torch.equal(unpack(packed, 6, 8), latents)
