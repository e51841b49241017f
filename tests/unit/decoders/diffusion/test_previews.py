"""Images on their way, by a tiny autoencoder that is here or is not: the images are the same."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.decoders.diffusion.decoder import DiffusionDecoder
from ipo.decoders.previews import PreviewPace
from ipo.jobs import SILENT, Cancelled
from tests.support.noise import draw
from tests.support.tiny_pipelines import PIPELINES, save_tiny_autoencoder
from tests.unit.decoders.diffusion.conftest import Open, Saved

SIZE = 32
CHANNELS = {"sd3": 8}  # of latents; the others have 4
STEPS = 3


class Watcher:
    """A context that looks at every preview, and cancels after so many."""

    def __init__(self, last: int = 1000) -> None:
        self.seen: list[tuple[str, int, NDArray[np.uint8]]] = []  # how far, of which latent on, images
        self.message = ""
        self._last = last

    def report(self, fraction: float, message: str = "") -> None:
        self.message = message

    def check(self) -> None:
        if len(self.seen) >= self._last:
            raise Cancelled

    def preview(self, render: Callable[[], NDArray[np.uint8]], first: int = 0) -> None:
        self.seen.append((self.message, first, render()))


class Waiting(Watcher):
    """A context for which every preview is due."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._pace = PreviewPace(lambda: self._now)

    def preview(self, render: Callable[[], NDArray[np.uint8]], first: int = 0) -> None:
        self._now += 100
        images = self._pace.render(render)
        if images is not None:
            self.seen.append((self.message, first, images))


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[[str], Path]:
    """The folder of a tiny autoencoder for a pipeline."""

    def save(name: str) -> Path:
        folder = tmp_path / "tiny" / name
        save_tiny_autoencoder(folder, CHANNELS.get(name, 4))
        return folder

    return save


def decode(decoder: DiffusionDecoder, context: Any = SILENT, count: int = 1) -> NDArray[np.uint8]:
    latents = draw(decoder, count, SIZE)
    return decoder.decode(latents, "a red fox", {"size": SIZE}, context=context)


@pytest.mark.parametrize("name", PIPELINES)
def test_an_image_is_seen_on_its_way_and_is_the_same_as_without(
    opened: Open, tiny: Callable[[str], Path], name: str
) -> None:
    plain = decode(opened(name, steps=STEPS, previews="off"), count=2)
    decoder, watcher = opened(name, steps=STEPS, previews=str(tiny(name))), Watcher()
    assert np.array_equal(decode(decoder, watcher, count=2), plain)
    assert [first for _, first, _ in watcher.seen] == sorted(first for _, first, _ in watcher.seen)
    assert {first for _, first, _ in watcher.seen} == {0, 1}  # one after the other on a processor
    for said, _, images in watcher.seen:
        assert (images.shape, images.dtype) == ((1, SIZE, SIZE, 3), np.uint8)
        assert images.std() > 1
        step, _, of = said.split(",")[0].removeprefix("Step ").partition(" of ")
        assert int(step) < int(of)  # after the last one comes the image
    assert decoder.info.says == f"While an image is made, {tiny(name)} shows it."


def test_an_image_is_cancelled_after_a_preview_and_the_next_is_whole(
    opened: Open, tiny: Callable[[str], Path]
) -> None:
    decoder = opened("sd-turbo", steps=4, previews=str(tiny("sd-turbo")))
    with pytest.raises(Cancelled):
        decode(decoder, Watcher(2))
    assert np.array_equal(decode(decoder), decode(opened("sd-turbo", steps=4, previews="off")))


def test_a_preview_that_fails_costs_only_previews(
    opened: Open, tiny: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    folder = tiny("sd-turbo")
    (folder / "diffusion_pytorch_model.safetensors").write_bytes(b"\x08" + bytes(99))
    decoder, watcher = opened("sd-turbo", steps=4, previews=str(folder)), Waiting()
    plain = decode(opened("sd-turbo", steps=4, previews="off"))
    for _ in range(2):
        assert np.array_equal(decode(decoder, watcher), plain)
    assert not watcher.seen
    assert f"No previews while an image is made: {folder}: " in decoder.info.says
    assert sum("No previews" in record.getMessage() for record in caplog.records) == 1


def test_one_that_decodes_to_nan_is_said(opened: Open, tiny: Callable[[str], Path]) -> None:
    from safetensors.torch import load_file, save_file

    folder = tiny("sd-turbo")
    file = folder / "diffusion_pytorch_model.safetensors"
    save_file({name: tensor * np.nan for name, tensor in load_file(file).items()}, file, {"format": "pt"})
    decoder = opened("sd-turbo", steps=4, previews=str(folder))
    decode(decoder, Waiting())
    assert decoder.info.says.endswith("decodes to NaN.")


def test_where_none_is_here_that_is_said_with_what_to_type_until_one_is(
    opened: Open, saved: Saved, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(saved("sd-turbo"), tmp_path / "models" / "sd-turbo"))
    decoder = opened(model, steps=4)
    assert decoder.info.says == (
        "No previews while an image is made: madebyollin/taesd is not on this machine. "
        "Type: hf download madebyollin/taesd config.json diffusion_pytorch_model.safetensors"
    )
    save_tiny_autoencoder(model.parent / "taesd", 4)
    watcher = Watcher()
    decode(decoder, watcher)
    assert decoder.info.says == "While an image is made, taesd shows it."
    assert len(watcher.seen) == 3


def test_one_in_the_cache_of_the_hub_is_found(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / "models--madebyollin--taesdxl"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    save_tiny_autoencoder(repository / "snapshots" / ("0" * 40), 4)
    assert opened("sdxl-turbo").info.says == "While an image is made, madebyollin/taesdxl shows it."


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("folder", "decodes latents of 8 channels, and .* has 4; madebyollin/taesd would be right"),
        ("other", "is a AutoencoderKL; an AutoencoderTiny would be right"),
        ("/nowhere/at/all", "there is no folder /nowhere/at/all; that of an AutoencoderTiny would be right"),
        ("nobody/tiny", "nobody/tiny is not on this machine. Type: hf download nobody/tiny "),
    ],
)
def test_one_that_does_not_fit_is_said(opened: Open, tmp_path: Path, named: str, said: str) -> None:
    import re

    save_tiny_autoencoder(tmp_path / "folder", 8)
    shutil.copytree(tmp_path / "folder", tmp_path / "other")
    config = json.loads((tmp_path / "other" / "config.json").read_text())
    (tmp_path / "other" / "config.json").write_text(json.dumps({**config, "_class_name": "AutoencoderKL"}))
    place = str(tmp_path / named) if named in ("folder", "other") else named
    says = opened("sd", previews=place).info.says
    assert re.search(said, says), says
