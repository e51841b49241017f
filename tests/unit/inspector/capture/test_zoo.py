"""Promises for any training: watched it is the same, bit for bit, and what is shown of it is true."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ipo.inspector.capture.outputs import parts_of
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.determinism import Randomness
from ipo.inspector.recipes import registry
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.service import InspectorService
from ipo.inspector.session import InspectSession
from ipo.inspector.stopping import Until
from ipo.inspector.training.engine import Engine
from ipo.inspector.training.setup import Observation, Setup
from tests.unit.inspector.capture import zoo
from tests.unit.inspector.capture.zoo_of_optimizers import LEFT_OUT_OF_OPTIMIZERS, ZOO

LEFT_OUT = {**zoo.LEFT_OUT, **LEFT_OUT_OF_OPTIMIZERS}
STEPS = 6
NAMES = list(ZOO)
COMPILED = ("compiled", "compiled_part")  # whose parts cannot be observed from outside either
CHANGES_GRADIENTS = ("functional_call",)


def recipe(name: str, change: Callable[[Setup], None] | None = None) -> Recipe:
    def build(condition: str, seed: int) -> Setup:
        if name in COMPILED:
            torch._dynamo.reset()
        made = ZOO[name]()
        if change is not None:
            change(made)
        return made

    return Recipe(name, build)


class Bare:
    """The same training without an inspector."""

    def __init__(self, name: str, change: Callable[[Setup], None] | None = None) -> None:
        self.setup = recipe(name, change).setup("default", 0, {})
        self.randomness = Randomness(0, self.setup.settings)
        self.steps = self.setup.trainer().steps()
        self.losses: list[float] = []

    def step(self) -> None:
        with self.randomness():
            self.losses.append(float(next(self.steps).loss))

    def run(self, steps: int = STEPS) -> "Bare":
        for _ in range(steps):
            self.step()
        return self


def opened(name: str, change: Callable[[Setup], None] | None = None) -> InspectSession:
    return InspectSession(recipe(name, change), check=True)


def engine_of(session: InspectSession) -> Engine:
    assert session._run is not None
    return session._run.engine


def assert_equal(session: InspectSession, bare: Bare) -> None:
    """Losses, state, modes and the random numbers to come are those of the bare run."""
    watched = engine_of(session)
    assert np.array_equal(session.history().columns["loss"], np.float32(bare.losses))
    mine, right = watched.setup.model.state_dict(), bare.setup.model.state_dict()
    assert mine.keys() == right.keys()
    for key, value in right.items():
        assert not isinstance(value, Tensor) or torch.equal(mine[key], value), key
    modes = [
        [module.training for module in model.modules()] for model in (watched.setup.model, bare.setup.model)
    ]
    assert modes[0] == modes[1]
    assert torch.equal(watched.randomness.state["torch"], bare.randomness.state["torch"])
    assert watched.randomness.settings == bare.randomness.settings


@pytest.mark.parametrize("name", NAMES)
def test_watching_leaves_every_bit_as_it_is(name: str) -> None:
    session, bare = opened(name), Bare(name).run()
    session.step(STEPS)
    assert session.state().stop is None
    assert_equal(session, bare)
    assert not any(
        module._forward_hooks and module._forward_hooks.keys() - other._forward_hooks.keys()
        for module, other in zip(
            engine_of(session).setup.model.modules(), bare.setup.model.modules(), strict=True
        )
    )


@pytest.mark.parametrize("name", NAMES)
def test_going_back_and_on_gives_the_same_bits(name: str) -> None:
    session, bare = opened(name), Bare(name).run()
    session._run.checkpoints.every = 2
    session.step(STEPS)
    before = {key: array.copy() for key, array in session.get_step(STEPS - 1).items()}
    session.rewind(2)
    session.step(STEPS - 3)
    assert_equal(session, bare)
    again = session.get_step(STEPS - 1)
    assert before.keys() == set(again)
    for key, array in before.items():
        assert np.array_equal(array, again[key], equal_nan=True), key


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_session_goes_on_where_it_was(name: str, tmp_path: Path) -> None:
    made, bare, desk = recipe(name), Bare(name).run(), InspectorService("a test")
    registry.register(made)
    try:
        first = desk.setup(name)
        first.step(STEPS - 2)
        first.save(tmp_path / "run.npz")
        seen = dict(first.get_step(STEPS - 3)), dict(first.get_step(STEPS - 3).notes), set(first.specs)
        again = desk.reopen(tmp_path / "run.npz")
        assert set(again.specs) == seen[2]
        assert dict(again.get_step(STEPS - 3).notes) == seen[1]
        assert all(np.array_equal(array, again.get_step(STEPS - 3)[key]) for key, array in seen[0].items())
        again.step(2)
        assert_equal(again, bare)
    finally:
        del registry._registered[name]
        desk.teardown()


class Unlucky(RuntimeError):
    """What happens once."""


def failing(place: str) -> Callable[[Setup], None]:
    """Makes the fourth step of a training fail once: as it draws, in model or loss, or at its end."""
    left, done = [place], [0]

    def fail(now: str) -> None:
        if left == [now] and done[0] == 3:
            left.clear()
            raise Unlucky(now)

    def change(setup: Setup) -> None:
        done[0] = 0
        setup.model.get_submodule(list(setup.model.named_modules())[-1][0]).register_forward_hook(
            lambda *_: fail("forward")
        )
        setup.__dict__["loader"] = Failing(setup.loader, fail)
        if setup.loss is not None:
            loss = setup.loss

            def failing_loss(output: Any, batch: Any) -> Tensor:
                fail("loss")
                return loss(output, batch)

            setup.__dict__["loss"] = failing_loss

        def end(*_: Any) -> None:
            fail("end")
            done[0] += 1

        setup.optimizer.register_step_post_hook(end)

    return change


class Failing:
    """A loader that may fail; it can say where it is only if the one within can."""

    def __init__(self, loader: Any, fail: Callable[[str], None]) -> None:
        self._loader, self._fail = loader, fail
        for method in ("state_dict", "load_state_dict"):
            if hasattr(loader, method):
                setattr(self, method, getattr(loader, method))

    def __iter__(self) -> Iterator[Any]:
        for batch in self._loader:
            self._fail("draw")
            yield batch


UNLUCKY = ["perceptron", "convolutions", "average_of_weights", "spectral_norm", "lstm", "adam_and_scheduler",
           "adversaries", "mixed_precision", "randomness_from_everywhere", "lbfgs"]  # fmt: skip


@pytest.mark.parametrize("place", ["draw", "forward", "loss", "end"])
@pytest.mark.parametrize("name", UNLUCKY)
def test_a_step_that_fails_once_leaves_no_trace(name: str, place: str, tmp_path: Path) -> None:
    session, bare = opened(name, failing(place)), Bare(name).run()
    failed = 0
    while session.state().steps < STEPS:
        try:
            session.step()
        except Unlucky:
            failed += 1
            session.save(tmp_path / "held.npz")  # nothing is lost in between
    has_loss = engine_of(session).setup.step is None
    assert failed == (1 if has_loss or place != "loss" else 0)
    assert_equal(session, bare)
    session.rewind(1)
    session.step(STEPS - 2)
    assert_equal(session, bare)


class Seen:
    """The oracle: what a bare run says by `retain_grad` and by its weights between steps."""

    def __init__(self, name: str) -> None:
        def change(setup: Setup) -> None:
            for path, module in setup.model.named_modules():
                if getattr(module, "inplace", False):
                    module.inplace = False
                if path not in ("",) or not list(setup.model.children()):
                    self._record(path or "(model)", module)

        self.outputs: dict[str, Tensor] = {}
        self.kept: dict[str, Tensor] = {}
        self._calls: dict[str, int] = {}
        self.bare = Bare(name, change)

    def _record(self, path: str, module: nn.Module) -> None:
        inner = module.forward

        def forward(*args: Any, **keywords: Any) -> Any:
            output = inner(*args, **keywords)
            call = self._calls[path] = self._calls.get(path, 0) + 1
            number = "" if call == 1 else f"#{call}"
            for part, tensor in parts_of(output):
                if isinstance(tensor, Tensor):
                    self._keep(f"{path}/output{part}{number}", tensor)
            return output

        module.forward = forward  # type: ignore[method-assign]

    def _keep(self, key: str, tensor: Tensor) -> None:
        if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
            return
        self.outputs[key] = tensor.detach().clone()
        if tensor.requires_grad:
            tensor.retain_grad()
            self.kept[key] = tensor

    def step(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The parameters before and after one more step."""
        self.outputs, self.kept, self._calls = {}, {}, {}
        before = self._parameters()
        self.bare.step()
        return before, self._parameters()

    def _parameters(self) -> dict[str, Tensor]:
        found = {}
        for path, module in self.bare.setup.model.named_modules():
            for name, parameter in module._parameters.items():
                if parameter is not None and not nn.parameter.is_lazy(parameter):
                    found[f"{path or '(model)'}/{name}"] = parameter.detach().clone()
        return found


def as_kept(tensor: Tensor) -> np.ndarray[Any, Any]:
    if tensor.is_complex():
        return tensor.to(torch.complex64).numpy()
    return tensor.float().numpy() if tensor.is_floating_point() else tensor.numpy()


def assert_same(step: Snapshot, key: str, right: Tensor) -> None:
    assert key in step, f"{key}: {step.notes.get(key)}"
    assert np.array_equal(step[key], as_kept(right.to_dense() if right.is_sparse else right)), key


@pytest.mark.parametrize("name", [name for name in NAMES if name not in COMPILED])
def test_every_captured_tensor_is_what_an_oracle_says(name: str) -> None:
    session, seen = opened(name), Seen(name)
    for index in range(4):
        before, after = seen.step()
        session.step()
        step = session.get_step(index)
        checked = 0
        for key, value in before.items():
            assert_same(step, key, value)
            assert_same(step, f"{key}_update", after[key] - value)
            checked += 1
        for key in [key for key in step if "/output" in key and "_gradient" not in key]:
            if key in seen.outputs:
                assert_same(step, key, seen.outputs[key])
                checked += 1
        for key, tensor in seen.kept.items():
            path, _, rest = key.partition("/output")
            gradient = f"{path}/output_gradient{rest}"
            if key in step and tensor.grad is not None and name not in CHANGES_GRADIENTS:
                assert_same(step, gradient, tensor.grad)
                checked += 1
        assert checked
        assert_all_is_accounted_for(step, session)


def assert_all_is_accounted_for(step: Snapshot, session: InspectSession) -> None:
    """Every output and parameter of a watched layer has its gradient and update, or a reason."""
    for key in step:
        layer, _, part = key.partition("/")
        if part.startswith("output") and not part.startswith("output_gradient"):
            assert_there(step, f"{layer}/output_gradient{part.removeprefix('output')}")
    for layer, module in engine_of(session)._watch._outputs._layers.items():
        assert any(key.startswith(f"{layer}/output") for key in (*step, *step.notes)), layer
        for parameter in module.owner._parameters:
            if module.owner._parameters[parameter] is not None:
                assert_there(step, f"{layer}/{parameter}")
                assert_there(step, f"{layer}/{parameter}_gradient")
                assert_there(step, f"{layer}/{parameter}_update")


def assert_there(step: Snapshot, key: str) -> None:
    assert key in step or step.notes.get(key), key


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_cannot_be_had_says_why(name: str) -> None:
    session = opened(name)
    session.step()
    notes: Mapping[str, str] = session.get_step(0).notes
    assert session.state().notes == notes
    for reason in LEFT_OUT[name]:
        assert reason.says in notes[reason.key]
        with pytest.raises(KeyError, match=reason.says):
            session.get_step(0)[reason.key]


def test_the_zoo_is_large_enough() -> None:
    assert len(NAMES) >= 30


def test_an_infinity_that_is_meant_ends_no_run_and_is_named() -> None:
    session = opened("masked_logits")
    state = session.step(3)
    assert (state.steps, state.stop) == (3, None)
    assert state.notes["mask/output"] == "5 of its 40 values are infinite"
    asked = opened("masked_logits")
    stop = asked.step(3, Until("nan")).stop
    assert stop is not None and (stop.kind, stop.key, stop.step) == ("inf", "mask/output", 0)
    assert "step again to go on" in stop.message
    assert asked.step(2).steps == 3


def test_an_infinite_gradient_ends_a_run_that_may_go_on() -> None:
    def change(setup: Setup) -> None:
        setup.model.weight.register_hook(lambda gradient: gradient * torch.inf)

    session = opened("one_layer", change)
    stop = session.step(3).stop
    assert stop is not None and stop.step == 0
    assert stop.kind in ("inf", "nan") and stop.key == "(model)/weight_gradient"


def test_a_weight_that_is_infinite_by_design_is_no_update() -> None:
    def change(setup: Setup) -> None:
        setup.model.register_parameter("mask", nn.Parameter(torch.tensor([0.0, -torch.inf])))

    session = opened("one_layer", change)
    assert session.step(3).stop is None
    assert session.get_step(2)["(model)/mask_update"].tolist() == [0, 0]


def test_evaluating_changes_neither_modes_nor_random_numbers() -> None:
    def change(setup: Setup) -> None:
        def evaluate() -> float:
            setup.model.train()
            torch.set_default_dtype(torch.float64)
            return float(torch.rand(1).sum() + setup.model(torch.rand(3, 6).float()).sum())

        setup.__dict__["evaluate"] = evaluate

    session, bare = opened("perceptron", change), Bare("perceptron").run()
    for _ in range(STEPS):
        session.evaluate()
        session.step()
    assert_equal(session, bare)


def test_an_observer_of_the_recipe_that_raises_costs_its_own_tensors_only() -> None:
    def change(setup: Setup) -> None:
        def metrics(step: Any) -> None:
            raise RuntimeError("blind")

        setup.__dict__["observe"] = lambda inspector: Observation(metrics)

    session, bare = opened("perceptron", change), Bare("perceptron").run()
    state = session.step(STEPS)
    assert state.notes == {"observe": "reading it raised RuntimeError: blind"}
    assert_equal(session, bare)
