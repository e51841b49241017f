"""A step explained: shares of rows and forces on weights, each summing to what was seen of the step."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop
from torch.utils.data import DataLoader, TensorDataset

from ipo.inspector.explain.forces import DECAY, GRADIENT, MOMENTUM, OUTSIDE
from ipo.inspector.explain.rows import row_path
from ipo.inspector.explain.step import OWN_STEP
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.session import InspectSession
from ipo.inspector.training.setup import Setup
from ipo.jobs import Cancelled
from tests.unit.inspector import small

ROWS = 16
Make = Callable[[list[nn.Parameter]], Optimizer]


def session(
    make: Make = lambda parameters: SGD(parameters, 0.1), *, norm: bool = False, reduction: str = "mean"
) -> InspectSession:
    """A classifier of two layers."""

    def build(condition: str, seed: int) -> Setup:
        torch.manual_seed(seed)
        layers = [nn.Linear(5, 8), *([nn.BatchNorm1d(8)] if norm else []), nn.ReLU(), nn.Linear(8, 3)]
        model = nn.Sequential(*layers)
        data = TensorDataset(torch.randn(64, 5), torch.randint(3, (64,)))
        criterion = nn.CrossEntropyLoss(reduction=reduction)
        return Setup(
            model,
            DataLoader(data, ROWS),
            lambda output, batch: criterion(output, batch[1]),
            make(list(model.parameters())),
        )

    return InspectSession(Recipe("small", build))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_shares_of_the_rows_sum_to_the_whole(reduction: str) -> None:
    made = session(reduction=reduction)
    made.step(4)
    rows = made.explain(2).rows
    assert rows is not None and rows.is_exact
    assert rows.says == "The 16 rows sum to the batch: its loss and every gradient."
    assert rows.loss_shares.sum() == pytest.approx(1, abs=1e-5)
    assert {name: shares.sum() for name, shares in rows.shares.items()} == pytest.approx(
        dict.fromkeys(("0.weight", "0.bias", "2.weight", "2.bias"), 1.0), abs=1e-4
    )
    whole = rows.losses.sum() if reduction == "sum" else rows.losses.mean()
    assert whole == pytest.approx(float(made.get_step(2)["loss"]), rel=1e-5)


def test_each_row_is_what_a_loop_by_hand_gives() -> None:
    made = session()
    made.step(1)
    rows, seen = made.explain(0).rows, made.get_step(0)
    assert rows is not None
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 3))
    inputs, labels = torch.randn(64, 5)[:ROWS], torch.randint(3, (64,))[:ROWS]
    for row in range(ROWS):
        model.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs[row : row + 1]), labels[row : row + 1])
        loss.backward()
        gradient = model[0].weight.grad
        assert gradient is not None
        assert rows.losses[row] == pytest.approx(float(loss.detach()), rel=1e-5)
        assert rows.lengths["0.weight"][row] == pytest.approx(float(gradient.norm()), rel=1e-5)
        whole = torch.from_numpy(seen["0/weight_gradient"].copy())
        share = float((gradient * whole).sum() / (whole * whole).sum()) / ROWS
        assert rows.shares["0.weight"][row] == pytest.approx(share, abs=1e-5)


def test_a_layer_that_mixes_rows_is_said_with_its_number() -> None:
    made = session(norm=True)
    made.step(2)
    explained = made.explain(1)
    assert explained.rows is None  # one row alone has no variance
    assert "Expected more than 1 value per channel" in explained.no_rows
    forces = small.session("slow")
    forces.step(2)
    rows = forces.explain(1).rows
    assert rows is not None and not rows.is_exact  # the mask of the gradient compares images
    assert "of the gradient of encoder.weight is unexplained" in rows.says


OPTIMIZERS: dict[str, tuple[Make, set[str]]] = {
    "sgd": (lambda p: SGD(p, 0.1), {GRADIENT}),
    "momentum": (lambda p: SGD(p, 0.1, 0.9, weight_decay=0.01), {GRADIENT, MOMENTUM, DECAY}),
    "dampened": (lambda p: SGD(p, 0.1, 0.9, dampening=0.3), {GRADIENT, MOMENTUM}),
    "nesterov": (lambda p: SGD(p, 0.1, 0.9, nesterov=True, weight_decay=0.1), {GRADIENT, MOMENTUM, DECAY}),
    "maximize": (lambda p: SGD(p, 0.1, 0.9, maximize=True), {GRADIENT, MOMENTUM}),
    "adam": (lambda p: Adam(p, 0.01), {GRADIENT, MOMENTUM}),
    "adam decay": (lambda p: Adam(p, 0.01, weight_decay=0.1), {GRADIENT, MOMENTUM, DECAY}),
    "amsgrad": (lambda p: Adam(p, 0.01, amsgrad=True), {GRADIENT, MOMENTUM}),
    "adamw": (lambda p: AdamW(p, 0.01, weight_decay=0.1), {GRADIENT, MOMENTUM, DECAY}),
}


@pytest.mark.parametrize("step", [0, 3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_forces_sum_to_the_update(name: str, step: int) -> None:
    make, wanted = OPTIMIZERS[name]
    made = session(make)
    made.step(4)
    forces = made.explain(step).forces
    assert list(forces) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    for parameter, found in forces.items():
        # what SGD has no buffer for yet is no force
        assert set(found.forces) <= wanted
        assert step == 0 or set(found.forces) == wanted
        assert found.is_exact, (parameter, float(found.unexplained.abs().max()))
        layer, _, own = parameter.partition(".")
        update = made.get_step(step)[f"{layer}/{own}_update"]
        np.testing.assert_allclose(found.update.numpy(), update, rtol=1e-6, atol=1e-9)
    parts = forces["0.weight"].of((2, 1))
    assert sum(value for force, value in parts.items() if force != "update") == pytest.approx(parts["update"])


def test_what_no_formula_is_known_for_is_unexplained_with_its_number() -> None:
    made = session(lambda parameters: RMSprop(parameters, 0.01))
    made.step(1)
    found = made.explain(0).forces["0.weight"]
    assert found.forces == {}
    assert not found.is_exact
    assert found.of((0, 0))["unexplained"] == found.of((0, 0))["update"] != 0


def test_a_force_beside_the_optimizer_is_measured() -> None:
    made = small.session("slow")
    made.step(3)
    found = made.explain(2).forces["encoder.weight"]
    assert set(found.forces) == {GRADIENT, MOMENTUM, OUTSIDE}
    np.testing.assert_allclose(found.forces[OUTSIDE].numpy(), made.get_step(2)["som_delta"], atol=1e-7)
    assert float(found.unexplained.abs().max()) < 1e-7


def test_explaining_leaves_the_run_as_it_was() -> None:
    explained, other = session(lambda p: Adam(p)), session(lambda p: Adam(p))
    for made in (explained, other):
        made.step(3)
    explained.explain(1)
    for made in (explained, other):
        made.step(3)
    assert small.same(small.everything(explained, 5), small.everything(other, 5))


def test_the_path_of_a_row_leads_through_every_layer_and_back() -> None:
    made = session()
    made.step(1)
    path = row_path(made.get_step(0), made.specs, 3, ROWS)
    keys = [station.key for station in path]
    assert {"0/output", "2/output", "2/output_gradient", "0/output_gradient"} <= set(keys)
    first = made.get_step(0)["0/output"]
    station = path[keys.index("0/output")]
    assert station.length == pytest.approx(float(np.linalg.norm(first[3])), rel=1e-6)
    assert station.relative == pytest.approx(station.length / np.linalg.norm(first, axis=1).mean(), rel=1e-6)
    with pytest.raises(IndexError, match="no row 16; it has 16"):
        row_path(made.get_step(0), made.specs, 16, ROWS)


def test_what_cannot_be_explained_says_why() -> None:
    made = session()
    made.step(2)
    with pytest.raises(IndexError, match="no step 2 to explain; 2 were done"):
        made.explain(2)
    with pytest.raises(Cancelled):
        made.explain(1, small.Stopping(3))

    def build(condition: str, seed: int) -> Setup:
        model = nn.Linear(2, 1)
        optimizer = SGD(model.parameters(), 0.1)

        def step(batch: torch.Tensor) -> torch.Tensor:
            optimizer.zero_grad()
            loss = model(batch).square().mean()
            loss.backward()
            optimizer.step()
            return loss

        return Setup(model, DataLoader(torch.ones(8, 2), 4), None, optimizer, step=step)

    own = InspectSession(Recipe("own", build))
    own.step(1)
    explained = own.explain(0)
    assert (explained.rows, explained.no_rows) == (None, f"No row can be run alone: {OWN_STEP}")
    assert explained.forces["weight"].is_exact


def test_a_loss_that_one_row_breaks_costs_the_rows_only() -> None:
    def build(condition: str, seed: int) -> Setup:
        model = nn.Linear(2, 1)

        def loss(output: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
            if len(batch) == 1:
                raise KeyError("a pair")
            return output.square().mean()

        forward = lambda model, batch: model(batch)  # noqa: E731
        return Setup(
            model, DataLoader(torch.ones(8, 2), 4), loss, SGD(model.parameters(), 0.1), forward=forward
        )

    made = InspectSession(Recipe("pairs", build))
    made.step(1)
    explained = made.explain(0)
    assert explained.no_rows == "No row can be run alone: 'a pair'"
    assert explained.forces["weight"].is_exact
