"""Promises of the procedural decoder: repeatable, smooth, varied, and clear about what it cannot take."""

import re

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.jobs import SILENT, Cancelled

PROMPTS = (
    "misty harbour at dawn",
    "a garden of glass",
    "old copper machines",
    "winter birch forest",
    "coral reef at noon",
    "letters from the desert",
    "the inside of a violin",
    "thunderstorm over wheat",
    "paper lanterns",
    "moss and rust",
)
SIZE = 128
Latents = NDArray[np.float32]
Images = NDArray[np.uint8]


def draw(count: int, size: int = SIZE, seed: int = 0) -> Latents:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, 4, size // 8, size // 8), dtype=np.float32)


def decode(latents: Latents, prompt: str = "moss and rust", size: int = SIZE) -> Images:
    return ProceduralDecoder().decode(latents, prompt, {"size": size}, context=SILENT)


def difference(a: Images, b: Images) -> float:
    """Mean absolute difference of two images, in levels of 0…255."""
    return float(np.abs(a.astype(np.float32) - b.astype(np.float32)).mean())


def thumbnail(image: Images, side: int = 4) -> NDArray[np.float32]:
    part = len(image) // side
    return image.reshape(side, part, side, part, 3).mean(axis=(1, 3)).astype(np.float32)


def detail(image: Images) -> NDArray[np.float32]:
    """What is left of an image without its 16 × 16 thumbnail."""
    coarse = thumbnail(image, 16).repeat(len(image) // 16, axis=0).repeat(len(image) // 16, axis=1)
    return image.astype(np.float32) - coarse


def coarse_part(latents: Latents, side: int) -> Latents:
    """The latents with every part of a side × side grid replaced by its mean."""
    n, c, h, w = latents.shape
    means = latents.reshape(n, c, side, h // side, side, w // side).mean(axis=(3, 5))
    return means.repeat(h // side, axis=2).repeat(w // side, axis=3)


def rotated(latents: Latents, angle: float, seed: int = 9) -> Latents:
    other = np.random.default_rng(seed).standard_normal(latents.shape, dtype=np.float32)
    return (np.cos(angle) * latents + np.sin(angle) * other).astype(np.float32)


class Recorder:
    """A `Progress` that writes down what it hears and can be told to cancel."""

    def __init__(self, cancel_after: int = 1_000_000) -> None:
        self.events: list[float | str] = []
        self.cancel_after = cancel_after

    def report(self, fraction: float, message: str = "") -> None:
        self.events.append(fraction)

    def check(self) -> None:
        if self.events.count("check") == self.cancel_after:
            raise Cancelled
        self.events.append("check")


# Repeatable


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_same_latent_gives_the_same_bytes_alone_and_in_a_batch(prompt: str) -> None:
    latents = draw(3)
    batch = decode(latents, prompt)
    for i in range(3):
        assert np.array_equal(batch[i], decode(latents[i : i + 1], prompt)[0])


@pytest.mark.parametrize("size", [72, 224, 448])
def test_the_number_of_blas_threads_changes_no_byte(size: int) -> None:
    latents = draw(1, size)
    with threadpool_limits(1):
        one = [decode(latents, prompt, size) for prompt in PROMPTS[:4]]
    with threadpool_limits(2):
        two = [decode(latents, prompt, size) for prompt in PROMPTS[:4]]
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_latents_are_left_as_they_were() -> None:
    latents = draw(2)
    before = latents.copy()
    decode(latents)
    assert np.array_equal(latents, before)


def test_the_description_says_who_decoded() -> None:
    record = ProceduralDecoder().info.record()
    assert (record["name"], record["version"], record["deterministic"]) == ("procedural", "1", True)
    assert re.fullmatch(r"[0-9a-f]{64}", str(record["weights_hash"]))


@pytest.mark.parametrize("size", [8, 16, 24, 40, 136, 224])
def test_any_multiple_of_eight_is_a_size(size: int) -> None:
    images = decode(draw(2, size), "paper lanterns", size)
    assert images.shape == (2, size, size, 3)
    assert images.dtype == np.uint8


def test_the_same_field_at_twice_the_size_is_the_same_composition() -> None:
    latents = draw(1, 224)
    finer = latents.repeat(2, axis=2).repeat(2, axis=3) / 2  # the sums of all parts over √count stay
    small, large = decode(latents, size=224)[0], decode(finer.astype(np.float32), size=448)[0]
    assert np.abs(thumbnail(small) - thumbnail(large)).mean() < 5


def test_an_image_drawn_small_is_the_image_made_smaller() -> None:
    latents = draw(3, 448)
    small = ProceduralDecoder().decode_small(latents, "moss and rust", {"size": 448}, 224, context=SILENT)
    whole = decode(latents, size=448)
    shrunk = whole.reshape(3, 224, 2, 224, 2, 3).mean((2, 4))
    for number in range(3):
        assert difference(small[number], shrunk[number]) < 4 < difference(small[number], shrunk[number - 1])
    with pytest.raises(ValueError, match="images of 224 pixels need shape"):
        ProceduralDecoder().decode_small(latents, "moss and rust", {"size": 224}, 224, context=SILENT)


def test_an_empty_batch_gives_no_images() -> None:
    assert decode(draw(0)).shape == (0, SIZE, SIZE, 3)


# Varied


@pytest.mark.parametrize("prompt", PROMPTS)
def test_structure_palette_and_texture_each_react_to_z(prompt: str) -> None:
    latents = draw(2, seed=3)
    fine = latents - coarse_part(latents, 8)
    base = decode(latents[:1], prompt)[0]
    other_coarse = decode(coarse_part(latents[1:], 8) + fine[:1], prompt)[0]
    other_fine = decode(coarse_part(latents[:1], 8) + fine[1:], prompt)[0]

    structure = np.abs(thumbnail(base) - thumbnail(other_coarse)).mean()
    assert structure > 12
    assert np.abs(thumbnail(base) - thumbnail(other_fine)).mean() < structure / 3
    assert np.abs(detail(base) - detail(other_fine)).mean() > 1.0


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_palette_moves_between_latents(prompt: str) -> None:
    colours = decode(draw(24), prompt).mean(axis=(1, 2))
    warmth = colours[:, 0] - colours[:, 2]
    assert warmth.std() > 6
    assert colours.mean(axis=1).std() > 6


@pytest.mark.parametrize("prompt", PROMPTS)
def test_images_are_neither_flat_nor_blown_out_nor_crushed(prompt: str) -> None:
    light = decode(draw(16), prompt).astype(np.float32).mean(axis=3)
    assert (light.std(axis=(1, 2)) > 12).all()
    assert (light > 250).mean() < 0.02
    assert (light < 5).mean() < 0.02


def test_prompts_are_different_worlds() -> None:
    latents = draw(4)
    means = {prompt: decode(latents, prompt) for prompt in PROMPTS}
    for i, a in enumerate(PROMPTS):
        for b in PROMPTS[i + 1 :]:
            assert difference(means[a], means[b]) > 20, (a, b)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_small_rotations_give_related_images(prompt: str) -> None:
    latents = draw(6)
    base = decode(latents, prompt)
    near, far = decode(rotated(latents, 0.1), prompt), decode(rotated(latents, 1.5), prompt)
    assert 0 < difference(base, near) < 0.6 * difference(base, far)


def test_a_mirrored_mood_makes_symmetric_images() -> None:
    images = decode(draw(48)).astype(np.float32).mean(axis=3)
    likeness = [np.corrcoef(image.ravel(), image[:, ::-1].ravel())[0, 1] for image in images]
    assert max(likeness) > 0.7
    assert min(likeness) < 0.2


# Clear


def test_a_wrong_shape_is_named_with_the_right_one() -> None:
    with pytest.raises(ValueError) as caught:
        decode(draw(2, 64))
    assert str(caught.value) == (
        "Latents have shape (2, 4, 8, 8); images of 128 pixels need shape (B, 4, 16, 16)."
    )


def test_a_single_latent_without_a_batch_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape("need shape (B, 4, 16, 16)")):
        decode(draw(1)[0])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_latent_that_is_not_finite_is_named(bad: float) -> None:
    latents = draw(5)
    latents[3, 1, 2, 2] = bad
    with pytest.raises(ValueError) as caught:
        decode(latents)
    assert str(caught.value) == "Latent 3 of the batch (from 0) has NaN or Inf."


@pytest.mark.parametrize(("size", "right"), [(100, "96 or 104"), (3, "8"), (-8, "8")])
def test_a_size_that_eight_does_not_divide_is_refused(size: int, right: str) -> None:
    message = f"Image size {size} is not a positive multiple of 8; {right} would be."
    with pytest.raises(ValueError) as caught:
        ProceduralDecoder().info.latent_shape(size)
    assert str(caught.value) == message
    with pytest.raises(ValueError, match=re.escape(message)):
        decode(draw(1), size=size)


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(ValueError) as caught:
        decode(draw(1), prompt)
    assert str(caught.value) == "A prompt is needed: its hash is the world that the images come from."


def test_progress_is_asked_before_and_told_after_each_image() -> None:
    context = Recorder()
    ProceduralDecoder().decode(draw(4), "moss", {"size": SIZE}, context=context)
    assert context.events == ["check", 0.25, "check", 0.5, "check", 0.75, "check", 1.0]


def test_cancelling_stops_between_images() -> None:
    context = Recorder(cancel_after=2)
    with pytest.raises(Cancelled):
        ProceduralDecoder().decode(draw(4), "moss", {"size": SIZE}, context=context)
    assert context.events == ["check", 0.25, "check", 0.5]
