"""What a pipeline's text encoders make of a prompt: each class of `diffusers` is asked in its own way."""

from typing import Any

import torch

from ipo.decoders.diffusion.families import Family

Tensors = dict[str, torch.Tensor]

# Tokens that T5 was given when FLUX.1-dev and FLUX.1-schnell were trained.
_FLUX_TOKENS, _FLUX_TOKENS_SCHNELL = 512, 256


@torch.no_grad()
def encode_prompt(pipe: Any, family: Family, prompt: str, negative: str, guided: bool) -> Tensors:
    """Embeddings by the names of the pipeline's arguments, each `(1, …)`.

    `guided`: those of the negative prompt too, or of an empty one.
    """
    device = pipe._execution_device  # with CPU offload the weights are elsewhere
    if family.pipeline == "FluxPipeline":
        longest = _FLUX_TOKENS if pipe.transformer.config.guidance_embeds else _FLUX_TOKENS_SCHNELL
        found, pooled, _ = pipe.encode_prompt(prompt, None, device=device, max_sequence_length=longest)
        return {"prompt_embeds": found, "pooled_prompt_embeds": pooled}
    told: dict[str, Any] = {
        "device": device,
        "num_images_per_prompt": 1,
        "do_classifier_free_guidance": guided,
        "negative_prompt": negative or None,
    }
    if family.pipeline == "StableDiffusionPipeline":
        found, against = pipe.encode_prompt(prompt, **told)
        return {"prompt_embeds": found} | ({"negative_prompt_embeds": against} if guided else {})
    if family.pipeline == "StableDiffusion3Pipeline":
        told |= {"prompt_2": None, "prompt_3": None}
    found, against, pooled, pooled_against = pipe.encode_prompt(prompt, **told)
    positive = {"prompt_embeds": found, "pooled_prompt_embeds": pooled}
    if not guided:
        return positive
    return positive | {
        "negative_prompt_embeds": against,
        "negative_pooled_prompt_embeds": pooled_against,
    }
