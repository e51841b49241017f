"""Promises of `ipo.inspect`: a loop as people write it is the same with it, and what it shows is true."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import ipo
from ipo.inspector.determinism import Randomness
from ipo.inspector.errors import UnknownName
from ipo.inspector.loops.layer_view import NotSeen
from ipo.inspector.loops.trace import Trace
from ipo.inspector.training.setup import Setup
from tests.unit.inspector.capture.zoo_of_optimizers import ZOO

BACKWARD = torch.Tensor.backward


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))


def batches(count: int) -> list[tuple[Tensor, Tensor]]:
    drawn = torch.Generator().manual_seed(1)
    return [
        (torch.randn(8, 6, generator=drawn), torch.randint(3, (8,), generator=drawn)) for _ in range(count)
    ]


def train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 4) -> list[float]:
    losses = []
    for x, y in batches(steps):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def traced(steps: int = 4, **more: object) -> tuple[Trace, nn.Module, list[float]]:
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with ipo.inspect(model, optimizer, **more) as trace:
        losses = train(model, optimizer, steps)
    return trace, model, losses


def hooks(module: nn.Module) -> int:
    return sum(len(part._forward_hooks) for part in module.modules())


def test_importing_ipo_does_not_import_torch() -> None:
    code = "import ipo, sys; assert 'inspect' in dir(ipo); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_loop_is_the_same_with_it_and_has_all_its_steps() -> None:
    trace, model, losses = traced()
    bare = network()
    assert losses == train(bare, torch.optim.Adam(bare.parameters(), lr=0.01))
    assert all(
        torch.equal(a, b)
        for a, b in zip(model.state_dict().values(), bare.state_dict().values(), strict=True)
    )
    assert len(trace) == 4
    assert np.array_equal(trace.history().columns["loss"], np.float32(losses))


def test_nothing_stays_behind() -> None:
    trace, model, _ = traced()
    assert hooks(model) == 0
    assert torch.Tensor.backward is BACKWARD
    before = len(trace)
    train(model, torch.optim.SGD(model.parameters(), lr=0.1))
    assert len(trace) == before


def test_a_layer_shows_what_went_through_it_and_what_moved_it() -> None:
    trace, model, _ = traced(1)
    first, last, norm = trace["0"], trace["3"], trace["1"]
    x, y = batches(1)[0]
    fresh = network()
    hidden = fresh[2](fresh[1](fresh[0](x)))
    hidden.retain_grad()
    functional.cross_entropy(fresh[3](hidden), y).backward()
    assert torch.equal(trace["2"].output, hidden)
    assert torch.equal(trace["2"].grad, hidden.grad)
    assert torch.equal(first.parameters["weight"], network()[0].weight)
    assert torch.equal(last.gradients["bias"], fresh[3].bias.grad)
    assert torch.equal(last.parameters["weight"] + last.updates["weight"], model[3].weight)
    assert torch.allclose(first.optimizer_state["weight"]["exp_avg"], 0.1 * fresh[0].weight.grad)
    assert torch.equal(norm.buffers["running_mean"], model[1].running_mean)
    assert trace.step().learning_rates == {"(optimizer)/learning_rate": pytest.approx(0.01)}


def test_steps_are_kept_as_far_as_the_budget_goes_and_numbers_of_all() -> None:
    trace, _, _ = traced(6, budget_bytes=8_000)
    assert 0 not in trace.retained
    assert 5 in trace.retained
    assert len(trace.history().columns["loss"]) == 6
    with pytest.raises(LookupError, match="Step 0 is not in memory"):
        trace.step(0)


def test_layers_are_chosen_by_name_and_pattern() -> None:
    trace, _, _ = traced(1, layers=["0", "[23]"])
    assert list(trace.layers) == ["0", "2", "3"]
    with pytest.raises(UnknownName, match="Unknown layer '4'"):
        trace["4"]
    with pytest.raises(UnknownName, match="Unknown layer 'enc'"):
        ipo.inspect(network(), layers=["enc"])


def test_what_cannot_be_had_has_a_reason() -> None:
    model = network().requires_grad_(False)
    with ipo.inspect(model) as trace:
        model(batches(1)[0][0])
    assert trace["3"].output.shape == (8, 3)
    with pytest.raises(NotSeen, match="3/output_gradient: the output asks for no gradient"):
        trace["3"].grad  # noqa: B018


def test_what_is_no_model_or_optimizer_is_refused() -> None:
    with pytest.raises(TypeError, match=r"The model is int; a torch\.nn\.Module"):
        ipo.inspect(3)
    with pytest.raises(TypeError, match=r"The optimizer is str; a torch\.optim\.Optimizer"):
        ipo.inspect(network(), "adam")


def test_validation_between_steps_belongs_to_none() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    (x, y), (held_out, _) = batches(2)
    with ipo.inspect(model, optimizer) as trace:
        for _ in range(2):
            model.eval()
            with torch.no_grad():
                model(held_out)
            model.train()
            functional.cross_entropy(model(x), y).backward()
            optimizer.step()
    assert set(trace["3"].outputs) == {""}
    assert torch.equal(trace.step(0)["0"].output, network()[0](x))


def test_losses_of_a_step_add_up_and_those_of_other_models_do_not_count() -> None:
    model, other = network(), network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with ipo.inspect(model, optimizer) as trace:
        losses = []
        for x, y in batches(3):
            loss = functional.cross_entropy(model(x), y) / 3
            loss.backward()
            functional.cross_entropy(other(x), y).backward()
            losses.append(loss.item())
        optimizer.step()
    assert len(trace) == 1
    assert trace.step().loss == pytest.approx(sum(losses))
    assert set(trace["3"].outputs) == {"", "#2", "#3"}


def test_the_last_of_several_optimizers_ends_the_step() -> None:
    model = network()
    first = torch.optim.SGD(model[0].parameters(), lr=0.1)
    last = torch.optim.Adam(model[3].parameters(), lr=0.2)
    with ipo.inspect(model, [first, last]) as trace:
        for x, y in batches(2):
            functional.cross_entropy(model(x), y).backward()
            first.step()
            last.step()
    assert len(trace) == 2
    assert list(trace.step().learning_rates.values()) == [pytest.approx(0.1), pytest.approx(0.2)]
    assert "momentum_buffer" not in trace["0"].optimizer_state["weight"]
    assert set(trace["3"].optimizer_state["weight"]) == {"exp_avg", "exp_avg_sq"}


def test_a_step_that_raises_leaves_no_hook_and_what_was_seen_of_it() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(RuntimeError, match="mat1 and mat2"), ipo.inspect(model, optimizer) as trace:
        train(model, optimizer, 2)
        model[3](model[0](batches(1)[0][0])[:, :2])
    assert hooks(model) == 0
    assert len(trace) == 3
    assert "3/output" in trace.notes


def test_a_nan_is_named() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with ipo.inspect(model, optimizer) as trace:
        (functional.cross_entropy(model(batches(1)[0][0]), batches(1)[0][1]) * float("nan")).backward()
        optimizer.step()
    assert trace.broken is not None
    assert trace.broken.step == 0


def test_a_notebook_shows_a_table_whose_names_are_escaped() -> None:
    trace, _, losses = traced(2)
    shown = trace._repr_html_()
    assert f"loss {losses[-1]:.6g}" in shown
    assert "8×5" in shown
    assert "BatchNorm1d" in shown
    model = nn.Module()
    model.add_module("<b>", nn.Linear(1, 1))
    with ipo.inspect(model) as odd:
        model.get_submodule("<b>")(torch.ones(1, 1))
    assert "&lt;b&gt;" in odd._repr_html_()
    assert "nothing was seen" in ipo.inspect(model)._repr_html_()


class Loop:
    """A training of the zoo, whose loop knows of no trace."""

    def __init__(self, name: str) -> None:
        self.randomness = Randomness(0)
        with self.randomness():
            self.setup: Setup = ZOO[name]()

    def run(self) -> list[float]:
        with self.randomness():
            steps = self.setup.trainer().steps()
            return [float(next(steps).loss) for _ in range(3)]


@pytest.mark.parametrize("name", [name for name in ZOO if "compiled" not in name])
def test_every_training_of_the_zoo_is_the_same_with_it(name: str) -> None:
    bare, watched = Loop(name), Loop(name)
    losses = bare.run()
    with ipo.inspect(watched.setup.model, watched.setup.optimizer) as trace:
        assert np.array_equal(watched.run(), losses, equal_nan=True)
    mine, right = watched.setup.model.state_dict(), bare.setup.model.state_dict()
    assert all(torch.equal(mine[key], right[key]) for key in right if isinstance(right[key], Tensor))
    assert len(trace) >= (1 if name == "accumulation" else 3)
    assert trace._repr_html_()
