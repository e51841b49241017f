"""Which models are found, in a folder or in the hub's cache, and what is said of those that are not."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ipo.decoders.diffusion.decoder import DiffusionKind
from ipo.decoders.diffusion.fingerprint import fingerprint, is_quick
from ipo.decoders.diffusion.model_folder import find_model
from ipo.decoders.settings import Value, complete
from ipo.jobs import SILENT

COMMIT = "0123456789abcdef0123456789abcdef01234567"

SD = {
    "model_index.json": {
        "_class_name": "StableDiffusionPipeline",
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "safety_checker": [None, None],
    },
    "scheduler/scheduler_config.json": {},
    "text_encoder/config.json": {},
    "tokenizer/vocab.json": {},
    "unet/config.json": {"in_channels": 4},
    "vae/config.json": {"latent_channels": 4, "block_out_channels": [128, 256, 512, 512]},
}
SD_WEIGHTS = (
    "text_encoder/model{}.safetensors",
    "unet/diffusion_pytorch_model{}.safetensors",
    "vae/diffusion_pytorch_model{}.safetensors",
)
FLUX = {
    "model_index.json": {
        "_class_name": "FluxPipeline",
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
        "transformer": ["diffusers", "FluxTransformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    },
    "scheduler/scheduler_config.json": {},
    "transformer/config.json": {"in_channels": 64, "guidance_embeds": False},
    "vae/config.json": {"latent_channels": 16, "block_out_channels": [128, 256, 512, 512]},
}


def write(folder: Path, files: dict[str, dict[str, object]], *weights: str) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    for name in weights:
        (folder / name).write_bytes(name.encode())
    return folder


def sd(folder: Path, *variants: str) -> Path:
    return write(folder, SD, *(name.format(variant) for variant in variants for name in SD_WEIGHTS))


def problem(folder: Path, **settings: Value) -> str:
    kind = DiffusionKind()
    with pytest.raises(ValueError) as raised:
        kind.open(folder, complete(kind.settings, {"model": str(folder), **settings}))
    return str(raised.value)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def cached(hub: Path, name: str, source: Path) -> Path:
    """A folder as the hub's client keeps it: files under the names of their hashes, a snapshot of links."""
    repository = hub / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    for number, file in enumerate(sorted(path for path in source.rglob("*") if path.is_file())):
        blob = repository / "blobs" / f"{number:0{64 if file.suffix == '.safetensors' else 40}x}"
        link = snapshot / file.relative_to(source)
        for folder in (blob.parent, link.parent):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, blob)
        link.symlink_to(os.path.relpath(blob, link.parent))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return snapshot


@pytest.mark.parametrize(
    ("variants", "precision", "taken"),
    [
        (("",), "float32", ""),
        (("",), "float16", ""),
        (("", ".fp16"), "float32", ""),
        (("", ".fp16"), "float16", "fp16"),
        (("", ".fp16"), "bfloat16", ""),
        ((".fp16",), "float32", "fp16"),
        ((".fp16", ".bf16"), "bfloat16", "bf16"),
        (("", ".non_ema"), "float16", ""),
    ],
)
def test_the_weights_that_suit_the_precision_are_taken(
    tmp_path: Path, variants: tuple[str, ...], precision: str, taken: str
) -> None:
    model = find_model(str(sd(tmp_path, *variants)), "", precision)
    assert model.variant == taken
    suffix = f".{taken}" if taken else ""
    assert sorted(model.weights) == sorted(tmp_path / name.format(suffix) for name in SD_WEIGHTS)


def test_a_missing_shard_is_missing_weights(tmp_path: Path) -> None:
    shards = [f"transformer/diffusion_pytorch_model-{i:05}-of-00003.safetensors" for i in (1, 2, 3)]
    folder = write(tmp_path, FLUX, "vae/diffusion_pytorch_model.safetensors", *shards)
    assert len(find_model(str(folder), "", "float32").weights) == 4
    (folder / shards[1]).unlink()
    assert f"no weights (.safetensors) are in transformer. Copy all of the model into {folder}" in problem(
        folder
    )


def test_a_folder_that_is_no_pipeline_is_said(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"")
    assert f"{tmp_path} is no pipeline: it has no model_index.json. The folder of a pipeline" in problem(
        tmp_path
    )
    assert "weights.safetensors is a single file." in problem(tmp_path / "weights.safetensors")
    assert f"There is no folder {tmp_path / 'x'}." in problem(tmp_path / "x")
    assert "No model is named; a folder, or a name on the hub" in problem(tmp_path, model=" ")


@pytest.mark.parametrize("content", ["{", "[]", ""])
def test_a_model_index_that_is_none_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / "model_index.json").write_text(content)
    assert str(tmp_path / "model_index.json") in problem(tmp_path)


def test_a_pipeline_of_another_kind_is_said_with_those_that_can_be_used(tmp_path: Path) -> None:
    index = {"model_index.json": {"_class_name": "StableVideoDiffusionPipeline"}}
    said = problem(write(tmp_path, index))
    assert "is a StableVideoDiffusionPipeline, which cannot be used here" in said
    assert "FluxPipeline (FLUX.1)" in said


def test_parts_and_weights_that_are_missing_are_named(tmp_path: Path) -> None:
    folder = sd(tmp_path)
    assert "no weights (.safetensors) are in text_encoder, unet, vae." in problem(folder)
    sd(tmp_path, "")
    shutil.rmtree(folder / "tokenizer")
    assert "is incomplete: it has no folder tokenizer." in problem(folder)


def test_a_model_that_changes_images_is_refused(tmp_path: Path) -> None:
    folder = write(sd(tmp_path, ""), {"unet/config.json": {"in_channels": 9}})
    assert "takes 9 channels and its VAE has 4: it changes images that exist" in problem(folder)


def test_a_model_of_the_hub_is_found_in_its_cache_or_said_with_what_to_type(
    hub: Path, tmp_path: Path
) -> None:
    name = "stabilityai/sd-turbo"
    assert (
        f"The model {name} is not on this machine. Type: hf download {name} --include "
        '"*.json" --include "*.txt" --include "*.model" --include "*/*.safetensors"'
    ) in problem(hub, model=name)
    snapshot = cached(hub, name, sd(tmp_path / "source", ""))
    assert find_model(name, "", "float32").path == snapshot
    assert find_model(name, COMMIT, "float32").path == snapshot
    assert "of revision v2 is not on this machine. Type: hf download stabilityai/sd-turbo --revision v2" in (
        problem(hub, model=name, revision="v2")
    )
    (snapshot / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    said = problem(hub, model=name)
    assert re.search(r"no weights .* are in vae\. Type: hf download stabilityai/sd-turbo", said)


def test_the_hash_is_known_at_once_in_the_cache_and_is_the_contents_own_in_a_folder(
    hub: Path, tmp_path: Path
) -> None:
    first, second = sd(tmp_path / "a", ""), sd(tmp_path / "b", "")
    cached(hub, "somebody/model", first)
    assert is_quick(find_model("somebody/model", "", "float32"))
    models = [find_model(str(folder), "", "float32") for folder in (first, second)]
    assert not is_quick(models[0])
    sums = [fingerprint(model, SILENT) for model in models]
    assert sums[0] == sums[1]
    assert re.fullmatch("[0-9a-f]{64}", sums[0])
    assert is_quick(models[0])
    for changed in ("unet/diffusion_pytorch_model.safetensors", "scheduler/scheduler_config.json"):
        (second / changed).write_bytes(b'{"another": 1}')
        sums.append(fingerprint(find_model(str(second), "", "float32"), SILENT))
    assert len(set(sums)) == 3


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"scheduler": "ddim"},
            "Scheduler ddim is not for FLUX.1, which learnt by flow matching; model would be",
        ),
        ({"negative_prompt": "snow", "guidance": 4.0}, "FLUX.1 takes no negative prompt; an empty one"),
        ({"guidance": 3.5}, "Guidance is 3.5, but this model learnt to work without"),
    ],
)
def test_settings_that_flux_cannot_take_are_said(
    tmp_path: Path, settings: dict[str, Value], says: str
) -> None:
    weights = [f"{part}/diffusion_pytorch_model.safetensors" for part in ("transformer", "vae")]
    assert says in problem(write(tmp_path, FLUX, *weights), **settings)


def test_a_scheduler_that_cannot_repeat_itself_is_refused(tmp_path: Path) -> None:
    weights = [f"{part}/diffusion_pytorch_model.safetensors" for part in ("transformer", "vae")]
    stochastic: dict[str, dict[str, object]] = {
        "scheduler/scheduler_config.json": {"stochastic_sampling": True}
    }
    assert "stochastic_sampling is true" in problem(write(tmp_path, FLUX | stochastic, *weights))


def test_settings_that_stable_diffusion_cannot_take_are_said(tmp_path: Path) -> None:
    said = problem(sd(tmp_path, ""), negative_prompt="snow")
    assert "A negative prompt does nothing with a guidance of 0; above 1" in said
    assert "lcm takes up to 50 steps, not 60" in problem(tmp_path, scheduler="lcm", steps=60)


def test_sizes_follow_from_the_configurations(tmp_path: Path) -> None:
    kind = DiffusionKind()
    decoder = kind.open(tmp_path, complete(kind.settings, {"model": str(sd(tmp_path, ""))}))
    assert decoder.info.latent_shape(512) == (4, 64, 64)
    for size, right in ((500, "496 or 504"), (4, "8"), (0, "8"), (-8, "8")):
        with pytest.raises(ValueError, match=rf"{size} is not a positive multiple of 8.*; {right} would be"):
            decoder.info.latent_shape(size)
    weights = [f"{part}/diffusion_pytorch_model.safetensors" for part in ("transformer", "vae")]
    folder = write(tmp_path / "flux", FLUX, *weights)
    flux = kind.open(tmp_path, complete(kind.settings, {"model": str(folder)}))
    assert flux.info.latent_shape(1024) == (16, 128, 128)
    with pytest.raises(ValueError, match="multiple of 16, as this model needs; 496 or 512 would be"):
        flux.info.latent_shape(504)


def test_opening_reads_no_weights_and_imports_neither_torch_nor_diffusers(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ipo.registry import open_decoder;"
        f"decoder = open_decoder(Path(), 'diffusion', {{'model': {str(sd(tmp_path, ''))!r}}});"
        "print(decoder.info.latent_shape(64), *{'torch', 'diffusers', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(4, 8, 8)"


def test_packages_that_are_missing_are_said_with_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipo.decoders.diffusion.decoder.EXTRA", ("numpy", "no_such_package"))
    said = problem(sd(tmp_path, ""))
    assert said.startswith("The decoder diffusion needs no_such_package, which is not installed.")
    assert "pip install 'ipo[diffusion]'" in said
