"""The model, its loss and its map do what their formulas say."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.stats import ortho_group

from ipo.digits.config import Hyperparameters
from ipo.digits.latent_map.projection import affinities, neighbour_loss, pca_positions, procrustes_align
from ipo.digits.model import SSVAE, Encoded, as_input
from ipo.digits.split import split_of
from ipo.digits.training import losses
from ipo.digits.training.augment import FIRM, STRONG, WEAK, affine_elastic, cutout, elastic_field
from ipo.digits.training.batches import Batches
from ipo.digits.training.calibration import FEWEST, calibration_error, temperature_of
from tests.unit.digits.small import CONFIG, config, images, labels


def test_predict_is_the_same_every_time_and_in_any_batch() -> None:
    model = SSVAE(CONFIG).train()
    one, other = model.predict(images()), model.predict(images())
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    latent, reconstruction, label, certainty = one
    assert latent.shape == (120, 4) and reconstruction.shape == (120, 8, 8)
    assert reconstruction.dtype == np.uint8 and label.dtype == np.int8
    assert ((certainty >= 0.1) & (certainty <= 1)).all()
    assert np.allclose(model.predict(images()[:7]).latent, latent[:7], atol=1e-5)
    assert model.training  # as it was


def test_the_first_weights_follow_from_the_seed_alone() -> None:
    torch.manual_seed(5)
    one = SSVAE(CONFIG)
    torch.manual_seed(6)
    before = torch.get_rng_state()
    other = SSVAE(CONFIG)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert not torch.equal(SSVAE(config(seed=1)).classifier.weight, one.classifier.weight)


def test_with_a_latent_of_two_the_latent_is_the_map() -> None:
    made = SSVAE(config(latent_dim=2)).outputs(images())
    assert np.array_equal(made.places, made.latent)


@pytest.mark.parametrize("shape", [(28, 28), (12, 20), (33, 17)])
def test_images_of_any_shape_can_be_learnt(shape: tuple[int, int]) -> None:
    model = SSVAE(config(image_shape=shape))
    assert model.predict(np.zeros((3, *shape), np.uint8)).reconstruction.shape == (3, *shape)
    with pytest.raises(ValueError, match="this model reads"):
        model.predict(np.zeros((3, 9, 9), np.uint8))


def test_the_drawn_image_depends_on_the_class() -> None:
    model = SSVAE(CONFIG).eval()
    z, classes = torch.zeros(1, 4), torch.eye(10)
    assert not torch.allclose(model.decode(z, classes[:1]), model.decode(z, classes[1:2]))


def test_divergence_is_that_of_torch() -> None:
    mean, log_variance = torch.randn(6, 4), torch.randn(6, 4)
    encoded = Encoded(mean, mean, log_variance, mean)
    q = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
    right = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(1).mean()
    assert torch.allclose(losses.divergence(encoded), right, atol=1e-5)


def test_only_certain_guesses_count_and_no_gradient_reaches_them() -> None:
    model = SSVAE(CONFIG)
    batch = Batches(images(), labels(), split_of(120, CONFIG), CONFIG).next()
    teacher = SSVAE(CONFIG).eval()
    with torch.no_grad():
        teacher.classifier.weight.mul_(200)  # some guesses become certain
    output = losses.forward(model, teacher, batch)
    terms = losses.terms(output, batch, Hyperparameters(), threshold=8.5)
    certainty, guess = output.guesses.max(1)
    assert torch.allclose(output.usual, 0.99 * torch.tensor(0.1) + 0.01 * certainty.mean())
    sure = certainty >= 8.5 * output.usual
    assert 0 < int(sure.sum()) < len(sure)
    each = -torch.log_softmax(output.strong.logits, 1)[torch.arange(len(guess)), guess]
    assert torch.allclose(terms.consistency, each[sure].sum() / len(sure), rtol=1e-4)
    assert float(terms.confident) == pytest.approx(float(sure.float().mean()))
    (gradient,) = torch.autograd.grad(terms.consistency, output.weak.logits, allow_unused=True)
    assert gradient is None


def test_a_guess_is_halved_where_the_spread_label_is_another() -> None:
    teacher = SSVAE(CONFIG).eval()
    batch = Batches(images(), labels(), split_of(120, CONFIG), CONFIG).next()
    before = losses.guesses_of(teacher, batch)
    spread = before.argmax(1)
    spread[::2] = (spread[::2] + 1) % 10
    spread[3] = -1
    after = losses.guesses_of(SSVAE(CONFIG).eval(), batch._replace(spread=spread))
    assert torch.allclose(after[1], (before[1] + torch.eye(10)[spread[1]]) / 2)
    assert torch.allclose(after[3], before[3])


def test_guesses_are_drawn_to_equal_shares_of_the_classes_that_have_labels() -> None:
    teacher = SSVAE(CONFIG).eval()
    few = labels().copy()
    few[~np.isin(few, [3, 7])] = -1
    batch = Batches(images(), few, split_of(120, CONFIG), CONFIG).next()
    with torch.no_grad():
        teacher.classifier.bias[3] += 2  # it takes everything for a 3
        for _ in range(400):
            guesses = losses.guesses_of(teacher, batch)
    assert torch.allclose(guesses.sum(1), torch.tensor(1.0))
    assert not guesses[:, [0, 1, 2, 4, 5, 6, 8, 9]].any()
    shares = guesses[:, [3, 7]].mean(0)
    plain = torch.softmax(teacher.encode(batch.weak).logits, 1)[:, [3, 7]].mean(0)
    assert shares[0] / shares[1] < 0.5 * plain[0] / plain[1]
    nothing = batch._replace(taught=torch.zeros(10))
    for _ in range(400):
        assert not losses.guesses_of(teacher, nothing).any()
    assert float(teacher.certainty) > 0.09


def test_contrast_is_the_cross_entropy_of_finding_the_other_view() -> None:
    embeddings = torch.randn(10, 6, generator=torch.Generator().manual_seed(0))
    unit = (embeddings / embeddings.norm(dim=1, keepdim=True)).double().numpy()
    each = []
    for one in range(10):
        others = {j: np.exp(unit[one] @ unit[j] / losses.TEMPERATURE) for j in range(10) if j != one}
        each.append(-np.log(others[(one + 5) % 10] / sum(others.values())))
    assert float(losses.nt_xent(embeddings)) == pytest.approx(np.mean(each), rel=1e-5)


def test_embeddings_come_last_so_that_older_models_have_the_same_first_weights() -> None:
    names = [name for name, _ in SSVAE(CONFIG).named_parameters()]
    added = [name for name in names if name.startswith("to_embedding.")]
    assert names[-len(added) :] == added


def test_the_map_teaches_nothing_but_itself() -> None:
    model = SSVAE(CONFIG)
    batch = Batches(images(), labels(), split_of(120, CONFIG), CONFIG).next()
    terms = losses.terms(losses.forward(model, SSVAE(CONFIG).eval(), batch), batch, Hyperparameters(), 0.95)
    terms.map.backward()
    touched = {name for name, one in model.named_parameters() if one.grad is not None and one.grad.any()}
    assert touched and all(name.startswith("to_place.") for name in touched)


def test_the_loss_of_the_map_is_least_where_places_have_the_neighbours_of_features() -> None:
    generator = torch.Generator().manual_seed(0)
    kinds = torch.arange(80) // 20
    features = 5 * torch.eye(4)[kinds] + 0.1 * torch.randn(80, 4, generator=generator)
    corners = torch.tensor([[9.0, 9], [9, -9], [-9, 9], [-9, -9]])
    right = corners[kinds] + torch.randn(80, 2, generator=generator)
    wrong = right[torch.randperm(80, generator=generator)]
    assert float(neighbour_loss(features, right)) < 0.5 * float(neighbour_loss(features, wrong))
    P = affinities(features)
    assert (
        torch.allclose(P, P.T) and float(P.sum()) == pytest.approx(1) and float(P.diagonal().abs().sum()) == 0
    )


def test_a_map_that_was_turned_and_mirrored_is_put_back() -> None:
    before = procrustes_align(np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32), None)
    for seed in range(4):
        turned = 3 * before @ ortho_group.rvs(2, random_state=seed) * [1, 1 - 2 * (seed % 2)] + 7
        assert np.allclose(procrustes_align(turned.astype(np.float32), before), before, atol=1e-4)


def test_a_place_that_is_not_finite_moves_no_other() -> None:
    before = procrustes_align(np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32), None)
    broken = before[:, ::-1].copy()
    broken[7] = np.nan
    placed = procrustes_align(broken, before)
    assert np.isnan(placed[7]).all()
    assert np.allclose(np.delete(placed, 7, 0), np.delete(before, 7, 0), atol=0.2)
    assert np.isfinite(np.delete(procrustes_align(before, broken), 7, 0)).all()
    assert np.isnan(procrustes_align(np.full((3, 2), np.nan, np.float32), None)).all()


def test_principal_places_are_those_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    features = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32) * [5, 3, 1, 1, 1]
    right = PCA(2).fit_transform(features)
    assert np.allclose(np.abs(pca_positions(features.astype(np.float32))), np.abs(right), atol=1e-3)


def test_views_keep_shape_and_range_and_follow_from_the_generator() -> None:
    pixels = as_input(images())
    for bend in (WEAK, FIRM, STRONG):
        one, other = (affine_elastic(pixels, bend, torch.Generator().manual_seed(3)) for _ in range(2))
        assert torch.equal(one, other) and one.shape == pixels.shape
        assert float(one.min()) >= 0 and float(one.max()) <= 1 + 1e-6
    assert not torch.equal(cutout(pixels, 0.5, torch.Generator().manual_seed(3)), pixels)


def test_a_weak_view_is_the_image_moved_by_whole_pixels() -> None:
    pixels = torch.zeros(200, 1, 28, 28)
    pixels[:, :, 10:14, 12:15] = 1
    views = affine_elastic(pixels, WEAK, torch.Generator().manual_seed(0))
    assert torch.allclose(views.sum((1, 2, 3)), torch.tensor(12.0), atol=1e-3)
    assert torch.allclose(views, views.round(), atol=1e-4)


def test_waves_are_smooth_and_as_high_as_they_should_be() -> None:
    field = elastic_field(4000, (29, 29), 0.03, torch.Generator().manual_seed(0))
    assert field.shape == (4000, 29, 29, 2)
    assert float(field[:, 14, 14].std()) == pytest.approx(2 * 0.03, rel=0.05)  # pixel 14 is a knot
    assert float(field.mean().abs()) < 1e-3
    assert float(field.diff(dim=1).abs().mean()) < 0.3 * float(field.abs().mean())


def test_the_temperature_is_the_one_that_scipy_finds() -> None:
    generator = torch.Generator().manual_seed(0)
    right = torch.randint(10, (400,), generator=generator)
    logits = 4 * (torch.eye(10)[right] + 0.7 * torch.randn(400, 10, generator=generator))

    def loss(log_temperature: float) -> float:
        return float(torch.nn.functional.cross_entropy(logits / np.exp(log_temperature), right))

    best = np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x)
    found = temperature_of(logits, right)
    assert found == pytest.approx(best, rel=1e-2)
    before, after = (calibration_error(torch.softmax(logits / t, 1), right) for t in (1.0, found))
    assert after < before
    assert temperature_of(logits[: FEWEST - 1], right[: FEWEST - 1]) == 1.0
