"""Promises of latents: every move stays on the shell, and an anchor never changes."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.preference import latents

SHAPE = (4, 8, 8)
RADIUS = 16.0  # √256
angles = st.floats(-np.pi, np.pi)
seeds = st.integers(0, 2**32)


def draw(seed: int, shape: tuple[int, ...] = SHAPE) -> latents.Latent:
    return latents.prior(shape, np.random.default_rng(seed))


def norm(z: latents.Latent) -> float:
    return float(np.linalg.norm(z.astype(np.float64)))


def angle(a: latents.Latent, b: latents.Latent) -> float:
    cosine = np.vdot(a.astype(np.float64), b.astype(np.float64)) / (norm(a) * norm(b))
    return float(np.arccos(np.clip(cosine, -1, 1)))


@given(seed=seeds)
def test_a_prior_draw_lies_on_the_shell(seed: int) -> None:
    z = draw(seed)
    assert z.shape == SHAPE and z.dtype == np.float32
    assert norm(z) == pytest.approx(RADIUS, rel=1e-6)


def test_a_prior_draw_looks_normal() -> None:
    z = draw(0, (4, 56, 56)).ravel()
    assert abs(z.mean()) < 0.05 and abs(z.std() - 1) < 0.01
    assert np.mean(np.abs(z) < 1) == pytest.approx(0.683, abs=0.02)


@given(factor=st.floats(1e-6, 1e6), seed=seeds)
def test_on_shell_changes_the_length_and_not_the_direction(factor: float, seed: int) -> None:
    z = draw(seed)
    scaled = latents.on_shell((z * np.float32(factor)).astype(np.float32))
    assert np.allclose(scaled, z, rtol=1e-5)


@given(seed=seeds, theta=angles)
def test_a_rotation_stays_on_the_shell_and_turns_by_its_angle(seed: int, theta: float) -> None:
    z, towards = draw(seed), draw(seed + 1)
    moved = latents.rotate(z, towards, theta)
    assert moved.shape == SHAPE and moved.dtype == np.float32
    assert norm(moved) == pytest.approx(RADIUS, rel=1e-6)
    assert angle(z, moved) == pytest.approx(abs(theta), abs=2e-3)


@given(seed=seeds, theta=st.floats(0.01, 1.5))
def test_a_rotation_comes_nearer_to_what_it_turns_towards(seed: int, theta: float) -> None:
    z, towards = draw(seed), draw(seed + 1)
    gap = angle(z, towards)
    moved = latents.rotate(z, towards, min(theta, gap))
    assert angle(moved, towards) < gap - min(theta, gap) / 2  # each band turns its own way


@given(seed=seeds, theta=angles)
def test_a_rotation_keeps_the_length_of_every_band(seed: int, theta: float) -> None:
    z, towards = draw(seed), draw(seed + 1)
    before, after = (latents.bands(each) for each in (z, latents.rotate(z, towards, theta)))
    for own, moved in zip(before, after, strict=True):
        assert norm(moved) == pytest.approx(norm(own), rel=1e-4)
        assert angle(own, moved) == pytest.approx(abs(theta), abs=3e-3)


@pytest.mark.parametrize("shape", [(4, 8, 8), (4, 28, 28), (4, 13, 13), (4, 1, 1), (3, 5, 9)])
def test_bands_are_orthogonal_and_sum_to_the_latent(shape: tuple[int, ...]) -> None:
    batch = np.stack([draw(seed, shape) for seed in range(20)])
    bands = latents.bands(batch)
    assert np.allclose(bands.sum(0), batch, atol=1e-5)
    flat = bands.reshape(len(bands), -1).astype(np.float64)
    products = flat @ flat.T
    assert np.abs(products - np.diag(products.diagonal())).max() < 1e-4 * products.diagonal().sum()


def test_the_coarsest_bands_are_means_over_parts() -> None:
    z = draw(0, (4, 28, 28))
    whole, halves, *_ = latents.bands(z)
    assert np.allclose(whole, z.mean((1, 2), keepdims=True), atol=1e-6)
    means = z.reshape(4, 2, 14, 2, 14).mean((2, 4))
    assert np.allclose((whole + halves)[:, ::14, ::14], means, atol=1e-6)


@given(seed=seeds, length=st.floats(1e-4, 1e4))
def test_the_length_of_the_direction_does_not_matter(seed: int, length: float) -> None:
    z, towards = draw(seed), draw(seed + 1).astype(np.float64)
    a, b = latents.rotate(z, towards, 0.6), latents.rotate(z, towards * length, 0.6)
    assert np.allclose(a, b, atol=1e-5)


def test_a_rotation_starts_from_the_shell_even_when_the_latent_does_not() -> None:
    z, towards = draw(0), draw(1)
    assert np.allclose(latents.rotate(3 * z, towards, 0.4), latents.rotate(z, towards, 0.4), atol=1e-5)


@pytest.mark.parametrize("direction", ["zero", "the latent itself", "its opposite", "NaN", "Inf"])
def test_a_direction_that_leads_nowhere_is_refused(direction: str) -> None:
    z = draw(0)
    vectors = {
        "zero": np.zeros_like(z),
        "the latent itself": z,
        "its opposite": -2 * z,
        "NaN": np.full_like(z, np.nan),
        "Inf": np.full_like(z, np.inf),
    }
    message = "The direction to rotate towards must be finite and not parallel to the latent."
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=re.escape(message)):
        latents.rotate(z, vectors[direction], 0.3)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_latent_that_is_not_finite_is_refused(bad: float) -> None:
    z = draw(0)
    z[1, 2, 3] = bad
    for use in (latents.on_shell, lambda z: latents.rotate(z, draw(1), 0.3)):
        with pytest.raises(ValueError, match=re.escape("A latent must be finite and not all zero.")):
            use(z)


def test_a_latent_of_zeros_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape("A latent must be finite and not all zero.")):
        latents.on_shell(np.zeros(SHAPE, np.float32))


def test_the_anchor_of_a_prompt_never_changes() -> None:
    z = latents.anchor("misty harbour at dawn", SHAPE)
    assert z.dtype == np.float32 and norm(z) == pytest.approx(RADIUS, rel=1e-6)
    assert np.allclose(z.ravel()[:4], [0.4111772, 2.0609529, -0.5653876, -0.0010059], atol=1e-6)
    assert np.allclose(z.ravel()[-2:], [0.7887252, -0.7870684], atol=1e-6)


def test_different_prompts_have_unrelated_anchors() -> None:
    prompts = ["misty harbour at dawn", "Misty harbour at dawn", "moss", "moss "]
    anchors = [latents.anchor(prompt, (4, 28, 28)) for prompt in prompts]
    for i, a in enumerate(anchors):
        for b in anchors[i + 1 :]:
            assert angle(a, b) == pytest.approx(np.pi / 2, abs=0.1)


@pytest.mark.parametrize("shape", [(4, 4, 4), (4, 8, 8), (4, 28, 28), (4, 13, 13)])
def test_every_band_has_the_same_share_of_the_features_whatever_the_size(shape: tuple[int, ...]) -> None:
    batch = np.stack([draw(seed, shape) for seed in range(600)])
    features = latents.features(batch)
    assert features.shape == (600, int(np.prod(shape))) and features.dtype == np.float32
    shares = (latents.bands(features.reshape(batch.shape)) ** 2).sum((2, 3, 4)).mean(1)
    assert np.allclose(shares, 1 / len(shares), rtol=0.1)


@pytest.mark.parametrize("n", [0, 1, 64, 65])
def test_features_of_a_batch_are_those_of_its_latents(n: int) -> None:
    batch = np.array([draw(seed) for seed in range(n)], np.float32).reshape(n, *SHAPE)
    features = latents.features(batch)
    assert features.shape == (n, 256)
    for z, x in zip(batch, features, strict=True):
        assert np.allclose(latents.features(z[None])[0], x, atol=1e-6)


@given(seed=seeds)
def test_features_are_linear_and_symmetric(seed: int) -> None:
    """So that a direction among features, read as a latent, is the direction in which values rise."""
    a, b = draw(seed), draw(seed + 1)
    of_a, of_b, of_both = (latents.features(z[None])[0] for z in (a, b, a + 2 * b))
    assert np.allclose(of_a + 2 * of_b, of_both, atol=1e-5)
    assert of_a @ b.ravel() == pytest.approx(of_b @ a.ravel(), abs=1e-3)


@pytest.mark.parametrize(("size", "shape"), [(8, (4, 1, 1)), (448, (4, 56, 56)), (1024, (4, 128, 128))])
def test_a_latent_has_four_channels_and_an_eighth_of_the_side(size: int, shape: tuple[int, ...]) -> None:
    assert latents.grid_shape(size) == shape


@pytest.mark.parametrize(
    ("size", "says"),
    [
        (450, "Image size 450 is not a positive multiple of 8; 448 or 456 would be."),
        (9, "Image size 9 is not a positive multiple of 8; 8 or 16 would be."),
    ],
)
def test_a_size_that_eight_does_not_divide_is_refused_with_the_nearest_ones(size: int, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        latents.grid_shape(size)
    assert str(caught.value) == says


@pytest.mark.parametrize("size", [0, 5])
def test_a_size_below_eight_is_refused_without_offering_the_same_size_twice(size: int) -> None:
    with pytest.raises(ValueError) as caught:
        latents.grid_shape(size)
    assert str(caught.value).startswith(f"Image size {size} is not a ")
    assert "8 or 8" not in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "coordinates"), [((4, 28, 28), 16), ((16, 8, 8), 16), ((12, 1, 1), 12), ((1, 7, 7), 16)]
)
def test_coordinates_are_independent_of_each_other_and_of_unit_variance(
    shape: tuple[int, int, int], coordinates: int
) -> None:
    matrix, rng = latents.projection(shape), np.random.default_rng(0)
    assert matrix is not None and matrix.shape == (np.prod(shape), coordinates)
    u = latents.features(rng.standard_normal((2000, *shape), dtype=np.float32)) @ matrix
    assert np.allclose(np.cov(u.T), np.eye(coordinates), atol=0.15)


def test_coordinates_are_means_over_quarters_of_every_channel() -> None:
    z = np.random.default_rng(0).standard_normal((3, 4, 16, 16), dtype=np.float32)
    matrix = latents.projection((4, 16, 16))
    assert matrix is not None
    means = 8 * z.reshape(3, 4, 2, 8, 2, 8).mean((3, 5))
    assert np.allclose(latents.features(z) @ matrix, means.reshape(3, 16), atol=1e-4)


def test_latents_of_very_many_channels_have_no_coordinates() -> None:
    assert latents.projection((128, 4, 4)) is None
