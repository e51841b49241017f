"""A step taken once more beside a session, to see what its rows and its forces did."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from ipo.inspector.explain.forces import Forces, OptimizerStep, forces_on
from ipo.inspector.explain.rows import RowShares, row_shares
from ipo.inspector.training.engine import Engine
from ipo.inspector.training.run import Run
from ipo.inspector.training.setup import Setup
from ipo.jobs import SILENT, Cancelled, Progress

MOST_WEIGHTS = 2**22  # whose forces are held: some 40 bytes each
OWN_STEP = "the steps of this recipe are a function of its own."


@dataclass(frozen=True, eq=False)
class StepExplanation:
    """Of one step."""

    step: int
    rows: RowShares | None
    no_rows: str  # why there are none
    forces: Mapping[str, Forces]  # by the name of the parameter
    left_out: tuple[str, ...] = ()  # parameters that would not fit into memory


def explain_step(run: Run, n: int, progress: Progress = SILENT) -> StepExplanation:
    """Take step n once more on a copy of the training; the run itself is not touched.

    Raises `IndexError` for a step that was not done, `Diverged` where it gives other numbers, `Cancelled`.
    """
    rows: RowShares | None = None
    no_rows = ""
    engine = run.engine_before(n, progress)
    try:
        rows = explain_rows(engine, progress)
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 - the user's model and loss, which one row alone may break
        no_rows = f"No row can be run alone: {error or type(error).__name__}"
    finally:
        engine.remove()
    engine = run.engine_before(n, progress)
    try:
        forces = explain_forces(engine)
        left_out = tuple(name for name, _ in _trained(engine.setup) if name not in forces)
        return StepExplanation(n, rows, no_rows, forces, left_out)
    finally:
        engine.remove()


def explain_rows(engine: Engine, progress: Progress = SILENT) -> RowShares:
    """Of the step that the engine would take next. Buffers of its model are others afterwards.

    Raises as `row_shares`, and `ValueError` where steps are a function of the user's.
    """
    trainer, setup = engine.trainer, engine.setup
    if setup.step is not None or setup.loss is None:
        raise ValueError(OWN_STEP)
    with engine.randomness.aside():
        return row_shares(setup.model, trainer.forward, setup.loss, trainer.draw(), progress)


def explain_forces(engine: Engine) -> dict[str, Forces]:
    """Take the next step and say what moved each parameter, of as many as fit. Raises as the step does."""
    setup, parameters, room = engine.setup, {}, MOST_WEIGHTS
    for name, one in _trained(setup):
        if one.numel() <= room:
            parameters[name] = one
            room -= one.numel()
    before = {name: one.detach().clone() for name, one in parameters.items()}
    with _optimizer_steps(_optimizers(setup), parameters) as taken:
        engine.step()
    engine.inspector.discard()
    return {name: forces_on(before[name], one.detach(), taken[name]) for name, one in parameters.items()}


def _trained(setup: Setup) -> list[tuple[str, nn.Parameter]]:
    return [(name, one) for name, one in setup.model.named_parameters() if one.requires_grad]


@contextmanager
def _optimizer_steps(
    optimizers: Iterable[Optimizer], parameters: Mapping[str, nn.Parameter]
) -> Iterator[dict[str, list[tuple[OptimizerStep, Tensor]]]]:
    """What the optimizers do to each parameter within the block."""
    names = {id(one): name for name, one in parameters.items()}
    taken: dict[str, list[tuple[OptimizerStep, Tensor]]] = {name: [] for name in parameters}
    pending: dict[str, OptimizerStep] = {}

    def before(optimizer: Optimizer, args: Any, keywords: Any) -> None:
        for group in optimizer.param_groups:
            for one in group["params"]:
                if id(one) in names and one.grad is not None:
                    pending[names[id(one)]] = _noted(optimizer, group, one)

    def after(optimizer: Optimizer, args: Any, keywords: Any) -> None:
        for name, step in pending.items():
            taken[name].append((step, parameters[name].detach().clone()))
        pending.clear()

    handles = []
    for optimizer in optimizers:
        handles.append(optimizer.register_step_pre_hook(before))
        handles.append(optimizer.register_step_post_hook(after))
    try:
        yield taken
    finally:
        for handle in handles:
            handle.remove()


def _noted(optimizer: Optimizer, group: Mapping[str, Any], parameter: nn.Parameter) -> OptimizerStep:
    state = optimizer.state.get(parameter, {})
    return OptimizerStep(
        parameter.detach().double().clone(),
        parameter.grad.detach().double().clone(),  # type: ignore[union-attr]
        {name: value for name, value in group.items() if name != "params"},
        {name: one.detach().double().clone() for name, one in state.items() if isinstance(one, Tensor)},
        type(optimizer),
    )


def _optimizers(setup: Setup) -> list[Optimizer]:
    found = [setup.optimizer, *setup.stateful.values()]
    return list({id(one): one for one in found if isinstance(one, Optimizer)}.values())
