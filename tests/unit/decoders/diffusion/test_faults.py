"""What is said when an image cannot be made, and that the next one can."""

import shutil
import socket
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from ipo.decoders.diffusion import pipelines
from ipo.decoders.diffusion.decoder import DiffusionKind
from ipo.decoders.diffusion.pipelines import unload_pipelines
from ipo.error_text import error_text
from ipo.jobs import SILENT, Cancelled
from tests.support.noise import draw
from tests.support.tiny_pipelines import add_safety_checker
from tests.unit.decoders.diffusion.conftest import Open, Saved

SIZE = 32


class Listener:
    """A progress that hears everything, and cancels at a step."""

    def __init__(self, last_step: str = "never") -> None:
        self.heard: list[tuple[float, str]] = []
        self._last_step = last_step

    def report(self, fraction: float, message: str = "") -> None:
        self.heard.append((fraction, message))

    def check(self) -> None:
        if self.heard and self.heard[-1][1].startswith(self._last_step):
            raise Cancelled


def copied(saved: Saved, name: str, to: Path) -> Path:
    return Path(shutil.copytree(saved(name), to / name))


def change_weights(folder: Path, part: str, change: Callable[[Any], Any]) -> None:
    from safetensors.torch import load_file, save_file

    file = folder / part / "diffusion_pytorch_model.safetensors"
    save_file({name: change(tensor) for name, tensor in load_file(file).items()}, file, {"format": "pt"})


def test_every_step_is_heard_and_an_image_is_cancelled_between_two(opened: Open) -> None:
    decoder = opened("sd-turbo", steps=4)
    latents = draw(decoder, 1, SIZE)
    listener = Listener()
    whole = decoder.decode(latents, "a red fox", {"size": SIZE}, context=listener)
    steps = [(fraction, said) for fraction, said in listener.heard if said.startswith("Step")]
    assert steps == [(i / 4, f"Step {i} of 4") for i in (1, 2, 3, 4)]
    stopped = Listener("Step 2")
    with pytest.raises(Cancelled):
        decoder.decode(latents, "a red fox", {"size": SIZE}, context=stopped)
    assert stopped.heard[-1] == (0.5, "Step 2 of 4")
    assert np.array_equal(decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT), whole)


def test_reading_is_heard_and_is_not_lost_when_the_image_is_cancelled(opened: Open) -> None:
    unload_pipelines()
    decoder = opened("sd-turbo")
    latents = draw(decoder, 1, SIZE)
    with pytest.raises(Cancelled):
        decoder.decode(latents, "a red fox", {"size": SIZE}, context=Listener("Reading"))
    listener = Listener()
    decoder.decode(latents, "a red fox", {"size": SIZE}, context=listener)
    assert not any(said.startswith("Reading") for _, said in listener.heard)


def test_decoders_of_one_model_share_its_weights_in_memory(opened: Open) -> None:
    quick, slow, other = opened("sd-turbo", steps=1), opened("sd-turbo", steps=3), opened("sd")
    latents = draw(quick, 1, SIZE)
    held = []
    for decoder in (quick, slow, other):
        decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
        assert len(pipelines._loaded) == pipelines.RESIDENT
        held.append(next(iter(pipelines._loaded.values())))
    assert held[0] is held[1]
    assert held[1] is not held[2]


def test_a_prompt_is_encoded_once(opened: Open) -> None:
    decoder = opened("sdxl-turbo")
    latents = draw(decoder, 1, SIZE)
    settings = {"size": SIZE, "guidance": 4.0, "negative_prompt": "snow"}
    decoder.decode(latents, "a red fox", settings, context=SILENT)
    encoder = next(iter(pipelines._loaded.values())).pipe.text_encoder
    calls: list[object] = []
    hook = encoder.register_forward_hook(lambda *told: calls.append(told))
    decoder.decode(latents, "a red fox", settings, context=SILENT)
    assert not calls
    decoder.decode(latents, "a grey owl", settings, context=SILENT)
    hook.remove()
    assert calls


@pytest.mark.parametrize("part", ["unet", "vae"])
def test_an_image_with_nan_is_said_with_what_may_help(
    opened: Open, saved: Saved, tmp_path: Path, part: str
) -> None:
    folder = copied(saved, "sd-turbo", tmp_path)
    change_weights(folder, part, lambda tensor: tensor * np.nan)
    decoder = opened(folder)
    latents = draw(decoder, 1, SIZE)
    with pytest.raises(ValueError, match=r"came out as NaN\. Its weights may be damaged: copy or download"):
        decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
    half = opened(folder, precision="float16")
    with pytest.raises(ValueError, match=r"too large for float16\. Precision float32 would be right"):
        half.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)


def test_numbers_too_large_for_float16_are_said_so(opened: Open, saved: Saved, tmp_path: Path) -> None:
    folder = copied(saved, "sd-turbo", tmp_path)
    change_weights(folder, "vae", lambda tensor: tensor * 300)
    latents = draw(opened(folder), 1, SIZE)
    with pytest.raises(ValueError, match="numbers are too large for float16"):
        opened(folder, precision="float16").decode(latents, "a fox", {"size": SIZE}, context=SILENT)
    opened(folder).decode(latents, "a fox", {"size": SIZE}, context=SILENT)


@pytest.mark.parametrize(
    ("name", "part", "precision"),
    [
        ("sd-turbo", "unet", "float32"),
        ("sdxl-turbo", "unet", "float16"),
        ("sdxl-turbo", "vae.decoder", "float16"),  # which is in float32 then, and has to come back
        ("flux", "transformer", "bfloat16"),
    ],
)
def test_out_of_memory_is_said_with_the_options_that_help_and_the_next_image_is_made(
    opened: Open, name: str, part: str, precision: str
) -> None:
    import torch

    decoder = opened(name, precision=precision)
    latents = draw(decoder, 1, SIZE)
    first = decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
    module = attrgetter(part)(next(iter(pipelines._loaded.values())).pipe)
    hook = module.register_forward_hook(lambda *told: torch.empty(1 << 60))  # more than any machine has
    with pytest.raises(MemoryError) as raised:
        decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
    hook.remove()
    assert error_text(raised.value).startswith("Memory ran out.")
    assert "an image of 32 pixels does not fit; these take less: a smaller size, VAE tiling" in str(
        raised.value
    )
    again = decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
    assert np.array_equal(again, first)


@pytest.mark.parametrize("refuses", [True, False])
def test_what_a_models_safety_checker_refuses_is_black(
    opened: Open, saved: Saved, tmp_path: Path, refuses: bool
) -> None:
    folder = copied(saved, "sd", tmp_path)
    add_safety_checker(folder, refuses)
    decoder = opened(folder, steps=2)
    image = decoder.decode(draw(decoder, 1, SIZE), "a red fox", {"size": SIZE}, context=SILENT)
    assert (image.max() == 0) == refuses


def test_damaged_weights_are_said(opened: Open, saved: Saved, tmp_path: Path) -> None:
    folder = copied(saved, "sd-turbo", tmp_path)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"\x08" + bytes(99))
    decoder = opened(folder)
    with pytest.raises(ValueError, match=r"sd-turbo cannot be read from .* by diffusers "):
        decoder.decode(draw(decoder, 1, SIZE), "a red fox", {"size": SIZE}, context=SILENT)


def test_latents_that_do_not_fit_are_said(opened: Open) -> None:
    decoder = opened("flux")
    with pytest.raises(
        ValueError, match=r"shape \(1, 4, 8, 8\); images of 32 pixels need .*\(B, 4, 16, 16\)"
    ):
        decoder.decode(np.zeros((1, 4, 8, 8), np.float32), "a fox", {"size": SIZE}, context=SILENT)
    latents = draw(decoder, 2, SIZE)
    latents[1, 0, 0, 0] = np.inf
    with pytest.raises(ValueError, match="Latent 1 of the batch"):
        decoder.decode(latents, "a fox", {"size": SIZE}, context=SILENT)
    with pytest.raises(ValueError, match="multiple of 4, as this model needs; 28 or 32 would be"):
        decoder.decode(latents, "a fox", {"size": 30}, context=SILENT)


def test_an_image_of_other_weights_is_refused(opened: Open) -> None:
    decoder = opened("sd-turbo")
    settings = {"size": SIZE, "precision": "float16"}
    with pytest.raises(ValueError, match="The precision of this image is 'float16', and 'float32' is open"):
        decoder.decode(draw(decoder, 1, SIZE), "a fox", settings, context=SILENT)


def test_a_device_that_is_not_here_is_said(opened: Open) -> None:
    import torch

    absent = next(name for name in ("mps", "cuda") if not getattr(torch, name).is_available())
    decoder = opened("sd-turbo", device=absent)
    with pytest.raises(ValueError, match=rf"Device {absent} is not usable .* auto or .*cpu would be right"):
        decoder.decode(draw(decoder, 1, SIZE), "a fox", {"size": SIZE}, context=SILENT)


def test_nothing_is_asked_of_the_network(
    opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    unload_pipelines()
    decoder = opened("flux")
    decoder.decode(draw(decoder, 1, SIZE), "a red fox", {"size": SIZE}, context=SILENT)
    kind = DiffusionKind()
    absent = {one.name: one.default for one in kind.settings} | {"model": "nobody/has-this"}
    with pytest.raises(ValueError, match="The model nobody/has-this is not on this machine"):
        kind.open(tmp_path, absent)
