"""Promises of the loop: a plain one, which the inspector neither changes nor is known to."""

import inspect

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from ipo.inspector.recipes import autoencoder, bcl
from ipo.inspector.recipes.bcl import Algorithm, BCLConfig
from ipo.inspector.training import trainer
from ipo.inspector.training.loader import ImageLoader
from ipo.inspector.training.setup import Setup
from ipo.inspector.training.trainer import Step
from tests.unit.inspector.small import BATCHES, IMAGES, LABELS, SMALL


def prepared(condition: str = "slow", seed: int = 0, **more: object) -> Setup:
    return autoencoder.build(condition, seed, data=(IMAGES, LABELS), **{**SMALL, **more})


def test_the_loop_knows_nothing_of_the_inspector() -> None:
    source = inspect.getsource(trainer)
    assert "ipo." not in source.replace("the inspector", "")


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize(("condition", "mask", "som_lr"), [
    ("slow", True, 1e-3), ("fast", True, 1e-2), ("mask_only", True, 0.0), ("som_only", False, 1e-3),
    ("control", False, 0.0),
])  # fmt: skip
def test_hooks_do_what_a_loop_written_out_does(
    algorithm: Algorithm, condition: str, mask: bool, som_lr: float
) -> None:
    """No autograd for the encoder, no hooks: the masked gradient and the pull by hand, then Adam."""
    setup = prepared(condition, algorithm=algorithm)
    setup.trainer().train(12)
    config = BCLConfig(algorithm, k=3, som_lr=som_lr, recompute_every=4)
    other = prepared(condition, algorithm=algorithm)
    model, loader = other.model, iter(other.loader)
    for handle in other.hooks:
        handle.remove()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    W, b = model.encoder.weight, model.encoder.bias
    for index in range(12):
        batch = next(loader, None)
        if batch is None:
            loader = iter(other.loader)
            batch = next(loader)
        X = batch.inputs
        if index % 4 == 0:
            N = bcl.neighbours(W.detach(), 3)
        forces = bcl.forces(W.detach(), b.detach(), X, N, config)
        pre = (X @ W.T + b).detach().requires_grad_()
        loss = (torch.sigmoid(model.decoder(torch.relu(pre))) - X).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        upstream = pre.grad * forces.grad_mask if mask else pre.grad
        W.grad, b.grad = upstream.T @ X, upstream.sum(0)
        with torch.no_grad():
            W += forces.som_delta if som_lr else 0
        optimizer.step()
    for made, right in zip(setup.model.parameters(), model.parameters(), strict=True):
        assert (made - right).abs().max() < 1e-6


def test_batches_come_in_the_order_of_a_data_loader_and_go_on_through_epochs() -> None:
    pixels, labels = torch.from_numpy(IMAGES).flatten(1), torch.from_numpy(LABELS)
    ours = ImageLoader(pixels, labels, 32, seed=5)
    theirs = DataLoader(
        TensorDataset(pixels), 32, shuffle=True, drop_last=True, generator=torch.Generator().manual_seed(5)
    )
    for _ in range(3):
        for mine, (right,) in zip(ours, theirs, strict=True):
            assert torch.equal(mine.pixels, right)


def test_a_loader_goes_on_where_its_state_was_taken() -> None:
    pixels, labels = torch.from_numpy(IMAGES).flatten(1), torch.from_numpy(LABELS)
    for taken in (0, 1, 8, 9, 10, 19):
        first, second = (ImageLoader(pixels, labels, 32, seed=5) for _ in range(2))
        drawn = endless(first)
        for _ in range(taken):
            next(drawn)
        second.load_state_dict(first.state_dict())
        resumed = endless(second)
        for _ in range(12):
            assert torch.equal(next(drawn).pixels, next(resumed).pixels)


def endless(loader):  # type: ignore[no-untyped-def]
    while True:
        yield from loader


def test_training_goes_on_across_calls() -> None:
    at_once, in_parts = prepared(), prepared()
    at_once.trainer().train(10)
    trained = in_parts.trainer()
    seen: list[Step] = []
    trained.train(3, on_step=seen.append)
    trained.train(7, on_step=seen.append)
    assert [step.index for step in seen] == list(range(10))
    assert [step.epoch for step in seen] == [0] * BATCHES + [1] * (10 - BATCHES)
    assert torch.equal(at_once.model.encoder.weight, in_parts.model.encoder.weight)


def test_metrics_are_taken_between_backward_and_the_optimizer() -> None:
    setup, seen = prepared("control"), []

    def metrics(step: Step) -> None:
        weight = setup.model.encoder.weight
        seen.append((weight.detach().clone(), weight.grad is not None))

    setup.trainer().train(
        1, on_step=lambda _: seen.append((setup.model.encoder.weight, True)), training_metrics_fn=metrics
    )
    (before, has_gradient), (after, _) = seen
    assert has_gradient
    assert not torch.equal(before, after)


def test_the_same_seed_gives_the_same_weights_and_another_one_others() -> None:
    one, again, other = prepared(), prepared(), prepared(seed=1)
    torch.rand(3)
    assert torch.equal(one.model.encoder.weight, again.model.encoder.weight)
    assert not torch.equal(one.model.encoder.weight, other.model.encoder.weight)


def test_nobody_elses_random_numbers_are_touched() -> None:
    torch.manual_seed(3)
    right = torch.rand(1)
    torch.manual_seed(3)
    prepared().trainer().train(3)
    assert torch.equal(torch.rand(1), right)


def test_mse_is_an_option() -> None:
    setup, losses = prepared("control", loss="mse"), []
    setup.trainer().train(
        1, on_step=lambda step: losses.append((step.output - step.batch.inputs).pow(2).mean() - step.loss)
    )
    assert losses[0].item() == pytest.approx(0, abs=1e-7)


def test_a_loader_without_a_batch_says_so() -> None:
    pixels = torch.zeros(10, 4, dtype=torch.uint8)
    with pytest.raises(ValueError, match="10 images are fewer than one batch of 32"):
        ImageLoader(pixels, torch.zeros(10, dtype=torch.uint8), 32, 0)
    setup = prepared()
    with pytest.raises(ValueError, match="The loader has no batch"):
        trainer.Trainer(setup.model, [], setup.loss, setup.optimizer).train(1)


def test_the_last_images_are_kept_for_evaluation() -> None:
    setup = prepared("control")
    assert setup.evaluate is not None
    with torch.no_grad():
        X = torch.from_numpy(IMAGES[255:].reshape(45, -1)).float() / 255
        right = float((setup.model(X) - X).abs().mean())
    assert setup.evaluate() == pytest.approx(right)
    drawn = np.concatenate([batch.pixels.numpy() for _ in range(3) for batch in setup.loader])
    assert not {row.tobytes() for row in drawn} & {row.tobytes() for row in IMAGES[255:].reshape(45, -1)}
