"""Weights are read from the files that are there, as models on the hub have them: halves, shards, both."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from ipo.jobs import SILENT
from tests.support.noise import Images, distances, draw
from tests.unit.decoders.diffusion.conftest import Open, Saved

SIZE = 32


def image(opened: Open, model: str | Path, **settings: str) -> Images:
    decoder = opened(model, **settings)
    return decoder.decode(draw(decoder, 1, SIZE), "a red fox", {"size": SIZE}, context=SILENT)


def halve(folder: Path, part: str) -> None:
    """Have a part in the variant fp16 alone."""
    import torch
    from safetensors.torch import load_file, save_file

    plain = folder / part / "diffusion_pytorch_model.safetensors"
    halves = {name: tensor.to(torch.float16) for name, tensor in load_file(plain).items()}
    save_file(halves, plain.with_name("diffusion_pytorch_model.fp16.safetensors"), {"format": "pt"})
    plain.unlink()


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_parts_in_the_variant_fp16_stand_beside_parts_that_have_none(
    opened: Open, saved: Saved, tmp_path: Path, precision: str
) -> None:
    folder = Path(shutil.copytree(saved("sd-turbo"), tmp_path / "halves"))
    for part in ("unet", "vae"):
        halve(folder, part)
    apart = distances(image(opened, folder, precision=precision), image(opened, "sd-turbo"))
    assert 0 < apart[0] < 8


def test_weights_in_shards_are_the_same_weights(opened: Open, saved: Saved, tmp_path: Path) -> None:
    from diffusers import StableDiffusionPipeline

    folder = tmp_path / "shards"
    pipe = StableDiffusionPipeline.from_pretrained(saved("sd-turbo"))
    pipe.save_pretrained(folder, max_shard_size="50KB")
    assert len(list(folder.glob("unet/*.safetensors"))) > 1
    assert len(list(folder.glob("text_encoder/*.safetensors"))) > 1
    assert np.array_equal(image(opened, folder), image(opened, "sd-turbo"))
