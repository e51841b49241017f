"""What every pipeline promises: an image is a function of latent, prompt and settings."""

import numpy as np
import pytest

from ipo.decoders.diffusion import options
from ipo.decoders.diffusion.pipelines import unload_pipelines
from ipo.jobs import SILENT
from tests.support.noise import at_angle, distances, draw
from tests.support.tiny_pipelines import PIPELINES
from tests.unit.decoders.diffusion.conftest import Open

SIZE = 32
every_pipeline = pytest.mark.parametrize("name", PIPELINES)


@pytest.fixture
def together(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decode so many together, as on a GPU."""
    for device in ("auto", "cpu"):
        monkeypatch.setitem(options.BATCH, device, request.param)


@every_pipeline
def test_another_latent_is_another_image_and_the_same_one_the_same_bytes_after_reopening(
    opened: Open, name: str
) -> None:
    decoder = opened(name, steps=2)
    latents = draw(decoder, 2, SIZE)
    first = decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
    assert first.shape == (2, SIZE, SIZE, 3)
    assert first.dtype == np.uint8
    assert distances(first[:1], first[1:])[0] > 1
    unload_pipelines()
    again = opened(name, steps=2)
    assert np.array_equal(again.decode(latents, "a red fox", {"size": SIZE}, context=SILENT), first)
    assert again.info.weights_hash == decoder.info.weights_hash
    assert not np.array_equal(again.decode(latents, "an owl", {"size": SIZE}, context=SILENT), first)


@every_pipeline
@pytest.mark.parametrize("together", [4], indirect=True)
def test_a_batch_of_four_equals_four_singles(opened: Open, name: str, together: None) -> None:
    decoder = opened(name, steps=2)
    assert decoder.info.batch == 4
    latents = draw(decoder, 4, SIZE)
    batch = decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT)
    for i, image in enumerate(batch):
        alone = decoder.decode(latents[i : i + 1], "a red fox", {"size": SIZE}, context=SILENT)
        assert np.abs(alone[0].astype(int) - image).max() <= 1


@every_pipeline
@pytest.mark.parametrize("together", [20], indirect=True)
def test_images_are_farther_apart_the_larger_the_angle_between_their_latents(
    opened: Open, name: str, together: None
) -> None:
    decoder, size = opened(name), 16
    start, towards = draw(decoder, 20, size), draw(decoder, 20, size, seed=1)
    begun = decoder.decode(start, "a red fox", {"size": size}, context=SILENT)
    medians = []
    for angle in (0.0, 0.1, 0.4, 0.8, 1.5):
        turned = at_angle(start, towards, angle)
        images = decoder.decode(turned, "a red fox", {"size": size}, context=SILENT)
        medians.append(np.median(distances(begun, images)))
    assert medians[0] == 0
    assert (np.diff(medians) > 0).all()


def test_the_threads_that_torch_happens_to_have_change_nothing(opened: Open) -> None:
    """The inspector takes one for a while; torch rounds otherwise on another number of them."""
    import torch

    decoder = opened("flux", steps=2)
    latents = draw(decoder, 1, 128)
    before, images = torch.get_num_threads(), []
    for threads in (1, 2, 4):
        torch.set_num_threads(threads)
        images.append(decoder.decode(latents, "a red fox", {"size": 128}, context=SILENT))
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    assert np.array_equal(images[0], images[1])
    assert np.array_equal(images[0], images[2])


@pytest.mark.parametrize("scheduler", [*options.SCHEDULERS, options.AS_THE_MODEL])
def test_every_scheduler_repeats_itself(opened: Open, scheduler: str) -> None:
    decoder = opened("sd", steps=3, scheduler=scheduler)
    latents = draw(decoder, 1, SIZE)
    images = [decoder.decode(latents, "a red fox", {"size": SIZE}, context=SILENT) for _ in range(2)]
    assert np.array_equal(*images)


def test_every_scheduler_goes_its_own_way(opened: Open) -> None:
    decoder = opened("sd")
    latents = draw(decoder, 1, SIZE)
    images = {
        decoder.decode(
            latents, "a red fox", {"size": SIZE, "steps": 4, "scheduler": scheduler}, context=SILENT
        ).tobytes()
        for scheduler in options.SCHEDULERS
    }
    assert len(images) == len(options.SCHEDULERS)


@pytest.mark.parametrize("name", ["sd", "sdxl-turbo", "sd3"])
def test_guidance_and_the_negative_prompt_change_the_image(opened: Open, name: str) -> None:
    decoder = opened(name, steps=2)
    latents = draw(decoder, 1, SIZE)
    images = {
        decoder.decode(latents, "a red fox", {"size": SIZE, **settings}, context=SILENT).tobytes()
        for settings in (
            {},
            {"guidance": 5.0},
            {"guidance": 9.0},
            {"guidance": 5.0, "negative_prompt": "snow"},
        )
    }
    assert len(images) == 4


def test_what_saves_memory_is_declared_as_it_is(opened: Open) -> None:
    """Tiles make other pixels. Slices of attention round otherwise, which may show in a pixel or two."""
    decoder = opened("sd", steps=2)
    latents = draw(decoder, 1, 96)

    def decode(**settings: bool) -> np.ndarray:
        return decoder.decode(latents, "a red fox", {"size": 96, **settings}, context=SILENT)

    plain = decode()
    assert np.abs(decode(attention_slicing=True).astype(int) - plain).max() <= 1
    assert not np.array_equal(decode(vae_tiling=True), plain)
    assert np.array_equal(decode(), plain)
    changing = {one.name for one in options.SETTINGS if one.changes_pixels}
    assert {"attention_slicing", "vae_tiling", "precision"} <= changing
    assert not changing & {"device", "cpu_offload"}


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_half_precision_makes_about_the_same_image(opened: Open, precision: str) -> None:
    full, half = opened("sd-turbo"), opened("sd-turbo", precision=precision)
    latents = draw(full, 1, SIZE)
    images = [one.decode(latents, "a red fox", {"size": SIZE}, context=SILENT) for one in (full, half)]
    assert 0 < distances(*images)[0] < 8
    assert half.info.memory is not None and full.info.memory is not None
    assert half.info.memory < 0.6 * full.info.memory
