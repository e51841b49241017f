"""Pipelines of `diffusers` with random weights, small enough to be built, saved and run in a test."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOKENS = 77  # CLIP's longest prompt


def save_stable_diffusion(folder: Path) -> None:
    """Stable Diffusion 1.5 in small: with its scheduler, without its safety checker."""
    import torch
    from diffusers import PNDMScheduler, StableDiffusionPipeline

    torch.manual_seed(1)
    StableDiffusionPipeline(
        vae=_vae(4),
        text_encoder=_clip(),
        tokenizer=_clip_tokenizer(),
        unet=_unet(),
        scheduler=PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True,
            set_alpha_to_one=False, steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)  # fmt: skip


def save_sd_turbo(folder: Path) -> None:
    """SD-Turbo in small: the same pipeline, with Euler's scheduler at trailing steps."""
    save_stable_diffusion(folder)
    from diffusers import EulerDiscreteScheduler

    _euler(EulerDiscreteScheduler).save_pretrained(folder / "scheduler")
    index = json.loads((folder / "model_index.json").read_text())
    index["scheduler"] = ["diffusers", "EulerDiscreteScheduler"]
    (folder / "model_index.json").write_text(json.dumps(index))


def save_sdxl_turbo(folder: Path) -> None:
    """SDXL-Turbo in small: two text encoders, and a scheduler that adds noise."""
    import torch
    from diffusers import EulerAncestralDiscreteScheduler, StableDiffusionXLPipeline

    torch.manual_seed(2)
    StableDiffusionXLPipeline(
        vae=_vae(4),
        text_encoder=_clip(),
        text_encoder_2=_clip(projected=True),
        tokenizer=_clip_tokenizer(),
        tokenizer_2=_clip_tokenizer(),
        unet=_unet(
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=32 + 6 * 8,
            cross_attention_dim=64,
        ),
        scheduler=_euler(EulerAncestralDiscreteScheduler),
    ).save_pretrained(folder)


def save_stable_diffusion_3(folder: Path) -> None:
    """Stable Diffusion 3 in small: a transformer with flow matching, two CLIPs and T5."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline

    torch.manual_seed(3)
    StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=16, patch_size=1, in_channels=8, out_channels=8, num_layers=1, attention_head_dim=8,
            num_attention_heads=4, joint_attention_dim=64,
            caption_projection_dim=32, pooled_projection_dim=64,
            pos_embed_max_size=48,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_vae(8, shift_factor=0.06, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=_clip(projected=True),
        tokenizer=_clip_tokenizer(),
        text_encoder_2=_clip(projected=True),
        tokenizer_2=_clip_tokenizer(),
        text_encoder_3=_t5(),
        tokenizer_3=_t5_tokenizer(),
    ).save_pretrained(folder)  # fmt: skip


def save_flux(folder: Path) -> None:
    """FLUX.1-schnell in small: a transformer over packed latents, CLIP and T5."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    torch.manual_seed(4)
    FluxPipeline(
        transformer=FluxTransformer2DModel(
            patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
            num_attention_heads=2, joint_attention_dim=64, pooled_projection_dim=32, axes_dims_rope=(4, 4, 8),
            guidance_embeds=False,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
        vae=_vae(4, shift_factor=0.1, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=_clip(),
        tokenizer=_clip_tokenizer(),
        text_encoder_2=_t5(),
        tokenizer_2=_t5_tokenizer(),
    ).save_pretrained(folder)  # fmt: skip


def add_safety_checker(folder: Path, refuses: bool) -> None:
    """Give a saved Stable Diffusion what looks at its images; this one refuses all of them, or none."""
    import torch
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor

    small = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = CLIPConfig(
        text_config=small, vision_config={**small, "image_size": 32, "patch_size": 8}, projection_dim=32
    )
    checker = StableDiffusionSafetyChecker(config)
    torch.nn.init.constant_(checker.concept_embeds_weights, -2.0 if refuses else 2.0)  # of cosines
    checker.save_pretrained(folder / "safety_checker")
    size = {"height": 32, "width": 32}
    CLIPImageProcessor(size=size, crop_size=size).save_pretrained(folder / "feature_extractor")
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    index["requires_safety_checker"] = True
    (folder / "model_index.json").write_text(json.dumps(index))


def save_tiny_autoencoder(folder: Path, channels: int) -> None:
    """TAESD in small, for latents of so many channels."""
    import torch
    from diffusers import AutoencoderTiny

    torch.manual_seed(5)
    AutoencoderTiny(
        encoder_block_out_channels=(4, 4),
        decoder_block_out_channels=(4, 4),
        latent_channels=channels,
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
    ).save_pretrained(folder)


PIPELINES: dict[str, Callable[[Path], None]] = {
    "sd": save_stable_diffusion,
    "sd-turbo": save_sd_turbo,
    "sdxl-turbo": save_sdxl_turbo,
    "sd3": save_stable_diffusion_3,
    "flux": save_flux,
}

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _unet(**more: Any) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        **{
            "block_out_channels": (8, 16),
            "layers_per_block": 1,
            "sample_size": 32,
            "norm_num_groups": 4,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": 32,
            "attention_head_dim": 4,
        }
        | more
    )


def _vae(channels: int, **more: Any) -> Any:
    """An autoencoder of cells of 2 × 2 pixels."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=32,
        scaling_factor=0.5,
        **more,
    ).eval()


def _euler(kind: Callable[..., Any]) -> Any:
    return kind(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        timestep_spacing="trailing",
        steps_offset=1,
    )


def _clip(projected: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    vocabulary = len(_clip_tokenizer())
    config = CLIPTextConfig(
        bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1, pad_token_id=vocabulary - 1,
        vocab_size=vocabulary, hidden_size=32, intermediate_size=37, num_attention_heads=4,
        num_hidden_layers=2, projection_dim=32, max_position_embeddings=TOKENS,
    )  # fmt: skip
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config).eval()


def _clip_tokenizer() -> Any:
    """A vocabulary of letters, alone and at the end of a word."""
    from transformers import CLIPTokenizer

    words = [*_LETTERS, *(f"{letter}</w>" for letter in _LETTERS), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={word: number for number, word in enumerate(words)}, merges=[], model_max_length=TOKENS
    )


def _t5() -> Any:
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(
        T5Config(vocab_size=len(_t5_tokenizer()), d_model=64, d_kv=16, d_ff=37, num_layers=1, num_heads=4)
    ).eval()


def _t5_tokenizer() -> Any:
    from transformers import T5Tokenizer

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    return T5Tokenizer(vocab=[*pieces, *((letter, -3.0) for letter in _LETTERS)], extra_ids=0)
