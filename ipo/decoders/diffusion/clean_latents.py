"""What a scheduler takes for the image without noise, at a step: what a preview is decoded from."""

import functools
from collections.abc import Callable
from typing import Any

import torch

# What schedulers of `diffusers` call it in the output of a step.
_NAMES = ("pred_original_sample", "denoised")


class CleanLatents:
    """Hears every step of a scheduler, which does what it did before."""

    def __init__(self, scheduler: Any) -> None:
        self._read: Callable[[], torch.Tensor] | None = None
        step = scheduler.step

        @functools.wraps(step)  # pipelines look at what a step takes
        def heard(
            model_output: torch.Tensor,
            timestep: Any,
            sample: torch.Tensor,
            *args: Any,
            return_dict: bool = True,
            **more: Any,
        ) -> Any:
            output = step(model_output, timestep, sample, *args, return_dict=True, **more)
            self._read = functools.partial(_clean, scheduler, output, model_output, timestep, sample)
            return output if return_dict else (output.prev_sample,)

        scheduler.step = heard

    def latest(self) -> torch.Tensor | None:
        """After a step, and before the next one: latents of the shape that the model works on."""
        return None if self._read is None else self._read()


def _clean(
    scheduler: Any, output: Any, model_output: torch.Tensor, timestep: Any, sample: torch.Tensor
) -> torch.Tensor:
    """What the scheduler says itself, or else what follows from what the model said of the noise.

    The noisy latents after the step, where neither is known.
    """
    for name in _NAMES:
        clean = getattr(output, name, None)
        if isinstance(clean, torch.Tensor):
            return clean
    config, kind = scheduler.config, type(scheduler).__name__
    clean = output.prev_sample
    if kind == "FlowMatchEulerDiscreteScheduler":  # the velocity from clean to noise, at level σ
        clean = sample - scheduler.sigmas[scheduler.step_index - 1] * model_output
    elif kind == "PNDMScheduler":
        kept = scheduler.alphas_cumprod[int(timestep)]
        if config.prediction_type == "v_prediction":
            clean = kept.sqrt() * sample - (1 - kept).sqrt() * model_output
        else:
            clean = (sample - (1 - kept).sqrt() * model_output) / kept.sqrt()
    elif getattr(config, "predict_x0", False) or "++" in str(getattr(config, "algorithm_type", "")):
        clean = scheduler.model_outputs[-1]  # which UniPC and DPM-Solver++ remember
    assert isinstance(clean, torch.Tensor)
    return clean
