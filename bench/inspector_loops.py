"""What watching a loop that is not ours costs: a transformer of 10 million weights, a ResNet-18, on the CPU.

Blocks of steps take turns: bare, within `ipo.inspect` with the capture plan that it has by itself, with every
tensor whole (`…_whole`), and offered by `ipo.attach` while nobody looks. Traces stay open between blocks, as
around a training. `…_overhead` is the median step over the bare one; `kept_mb` is what a trace holds, of a
budget of 256 MB. Beside it TorchLens, where it is installed (`pip install "ipo[bench]"`), which logs one
forward pass: its overhead is added to that of a bare step. `torchlens_over_ipo` is how many times as much it
adds.
"""

import importlib.util
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

import torch
from torch import nn

import ipo
from bench.loop_models import Loop, ResNetLoop, TransformerLoop
from bench.report import phase, publish, quick
from ipo.inspector.attach.attach import attach
from ipo.inspector.determinism import one_thread

BLOCK, BLOCKS, QUICK_BLOCKS = 3, 12, 3


def main() -> None:
    short, figures = quick(), dict[str, float]()
    with one_thread():
        for kind in (TransformerLoop, ResNetLoop):
            figures |= {f"{kind.name}_{name}": value for name, value in _measured(kind, short).items()}
    publish("inspector_loops", figures, quick=short)


def _measured(kind: type[Loop], short: bool) -> dict[str, float]:
    bare, watched, whole, offered = (kind() for _ in range(4))
    figures = {"parameters_m": sum(one.numel() for one in bare.model.parameters()) / 1e6}
    with ExitStack() as stack, phase(f"steps of the {kind.name}"):
        trace = stack.enter_context(ipo.inspect(watched.model, watched.optimizer))
        stack.enter_context(ipo.inspect(whole.model, whole.optimizer, step_bytes=None))
        stack.enter_context(attach(offered.model, offered.optimizer, name=f"bench {kind.name}"))
        times = _alternating(
            {
                "bare": bare.steps,
                "inspect": watched.steps,
                "inspect_whole": whole.steps,
                "attach_unseen": offered.steps,
            },
            QUICK_BLOCKS if short else BLOCKS,
        )
    figures["bare_step_ms"] = 1000 * times["bare"]
    for name in ("inspect", "inspect_whole", "attach_unseen"):
        figures[f"{name}_overhead"] = times[name] / times["bare"]
    figures["steps_kept"] = len(trace.retained)
    figures["kept_mb"] = trace.nbytes / 1e6
    if importlib.util.find_spec("torchlens") is not None:
        with phase("TorchLens"):
            added = _torchlens(bare, 2 if short else 8)
        figures["torchlens_overhead"] = 1 + added / times["bare"]
        figures["torchlens_over_ipo"] = added / max(times["inspect"] - times["bare"], 1e-9)
    figures["bits_equal"] = float(_same(bare.model, watched.model))
    return figures


def _alternating(kinds: dict[str, Callable[[int], float]], blocks: int) -> dict[str, float]:
    """The median of seconds a step by kind; the first block of each warms up."""
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for block in range(blocks + 1):
        for name, steps in kinds.items():
            seconds = steps(BLOCK)
            if block:
                times[name].append(seconds)
    return {name: median(each) for name, each in times.items()}


def _torchlens(loop: Loop, passes: int) -> float:
    """Seconds that logging a forward pass adds to it."""
    import torchlens  # beside, where it is installed

    inputs, _ = loop.batch()
    model = loop.model.eval()  # as a pass that no batch norm notices
    plain, logged = [], []
    for _ in range(passes + 1):
        began = time.perf_counter()
        model(inputs)
        ran = time.perf_counter()
        torchlens.trace(model, inputs)
        plain.append(ran - began)
        logged.append(time.perf_counter() - ran)
    return median(logged[1:]) - median(plain[1:])


def _same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(mine, theirs) for mine, theirs in pairs)


if __name__ == "__main__":
    main()
