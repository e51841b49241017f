"""Promises about optimizers and buffers: rates, moments and statistics are those that the training has."""

import numpy as np
import pytest
import torch
from torch import nn

import ipo
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.session import InspectSession
from tests.unit.inspector.capture.zoo_of_optimizers import ZOO


def stepped(name: str, steps: int = 3) -> InspectSession:
    session = InspectSession(Recipe(name, lambda condition, seed: ZOO[name]()))
    session.step(steps)
    return session


def setup_of(session: InspectSession):
    assert session._run is not None
    return session._run.setup


def test_moments_are_those_that_the_optimizer_has_after_the_step() -> None:
    session = stepped("statistics_without_parameters")
    setup, step = setup_of(session), session.get_step(2)
    state = setup.optimizer.state[setup.model[2].weight]
    for name in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"):
        assert np.array_equal(step[f"2/weight_state.{name}"], state[name].numpy())
    assert "2/weight_state.step" not in step
    assert np.array_equal(step["1/running_var"], setup.model[1].running_var.numpy())
    assert step["1/num_batches_tracked"] == 3


def test_moments_of_other_shapes_are_there() -> None:
    step = stepped("factored_moments").get_step(0)
    assert step["0/weight_state.row_var"].shape == (5, 1)
    assert step["0/weight_state.col_var"].shape == (1, 6)


def test_rates_of_all_groups_and_optimizers_are_in_history() -> None:
    columns = stepped("schedules_of_groups").history().columns
    assert columns["(optimizer)/learning_rate"][0] == pytest.approx(0.1 / 25)
    assert columns["(optimizer)/learning_rate.1"][0] == pytest.approx(0.01 / 25)
    assert np.diff(columns["(optimizer)/learning_rate"]).all()
    both = stepped("generator_and_critic").history().columns
    assert {"(optimizer)/learning_rate", "(optimizer 2)/learning_rate"} <= both.keys()


def test_a_weight_of_several_names_is_kept_once() -> None:
    session = stepped("tied_three_times")
    stored = session._inspector.stored()[2]
    for suffix in ("", "_gradient", "_update", "_state.exp_avg"):
        places = {stored[f"{name}/weight{suffix}"].data_ptr() for name in ("first", "second", "third")}
        assert len(places) == 1, suffix


def test_the_loss_of_a_scaled_backward_is_said_unscaled() -> None:
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    losses = []
    with ipo.inspect(model, optimizer, scaler=scaler) as trace:
        for _ in range(2):
            optimizer.zero_grad()
            loss = model(torch.ones(4, 3)).square().mean()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            losses.append(loss.item())
    assert trace.history().columns["loss"] == pytest.approx(losses)
    gradient = trace["(model)"].gradients["bias"]
    assert torch.equal(gradient, model.bias.grad)


def test_a_step_that_a_scaler_skips_belongs_to_the_next() -> None:
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    with ipo.inspect(model, optimizer, scaler=scaler) as trace:
        for scale in (torch.inf, 1.0):
            optimizer.zero_grad()
            scaler.scale(model(torch.ones(4, 3)).square().mean() * scale).backward()
            scaler.step(optimizer)
            scaler.update()
    assert len(trace) == 1
    assert set(trace["(model)"].outputs) == {"", "#2"}
