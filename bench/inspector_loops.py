"""What watching a loop that is not ours costs: a transformer of 10 million parameters, on the CPU.

Blocks of steps take turns: bare, within `ipo.inspect` (outputs, gradients, weights, updates and moments of
every layer), and offered by `ipo.attach` while nobody looks. `…_overhead` is the median step over the bare
one. Beside it TorchLens, where it is installed (`pip install "ipo[bench]"`), which logs one forward pass: its
overhead is added to that of a bare step. `torchlens_over_ipo` is how many times as much it adds.
"""

import importlib.util
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional

import ipo
from bench.report import phase, publish, quick
from ipo.inspector.attach.attach import attach
from ipo.inspector.determinism import one_thread

WIDTH, LAYERS, HEADS, WORDS, LENGTH, BATCH = 320, 8, 8, 800, 64, 4
BLOCK, BLOCKS, QUICK_BLOCKS = 3, 12, 3


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention_norm, self.mlp_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        parts = self.qkv(self.attention_norm(x)).unflatten(-1, (3, HEADS, -1)).unbind(2)
        q, k, v = (part.transpose(1, 2) for part in parts)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.mlp(self.mlp_norm(x))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WORDS)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1]))
        return self.head(self.norm(self.blocks(x)))


class Loop:
    """A model with its optimizer, and steps of it."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model = Transformer()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3)
        self._drawn = torch.Generator().manual_seed(1)

    def steps(self, count: int) -> float:
        """Seconds a step."""
        began = time.perf_counter()
        for _ in range(count):
            tokens = torch.randint(WORDS, (BATCH, LENGTH + 1), generator=self._drawn)
            self.optimizer.zero_grad()
            said = self.model(tokens[:, :-1])
            functional.cross_entropy(said.flatten(0, 1), tokens[:, 1:].flatten()).backward()
            self.optimizer.step()
        return (time.perf_counter() - began) / count


def main() -> None:
    short = quick()
    bare, watched, offered = Loop(), Loop(), Loop()
    figures = {"parameters_m": sum(one.numel() for one in bare.model.parameters()) / 1e6}

    def within_trace(count: int) -> float:
        with ipo.inspect(watched.model, watched.optimizer):
            return watched.steps(count)

    def while_offered(count: int) -> float:
        with attach(offered.model, offered.optimizer, name="bench"):
            return offered.steps(count)

    with one_thread():
        with phase("steps"):
            times = _alternating(
                {"bare": bare.steps, "inspect": within_trace, "attach_unseen": while_offered},
                QUICK_BLOCKS if short else BLOCKS,
            )
        figures["bare_step_ms"] = 1000 * times["bare"]
        for name in ("inspect", "attach_unseen"):
            figures[f"{name}_overhead"] = times[name] / times["bare"]
        if importlib.util.find_spec("torchlens") is not None:
            with phase("TorchLens"):
                added = _torchlens(bare.model, 2 if short else 8)
            figures["torchlens_overhead"] = 1 + added / times["bare"]
            figures["torchlens_over_ipo"] = added / max(times["inspect"] - times["bare"], 1e-9)
    same = zip(bare.model.parameters(), watched.model.parameters(), strict=True)
    figures["bits_equal"] = float(all(torch.equal(one, other) for one, other in same))
    publish("inspector_loops", figures, quick=short)


def _alternating(kinds: dict[str, Callable[[int], float]], blocks: int) -> dict[str, float]:
    """The median of seconds a step by kind; the first block of each warms up."""
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for block in range(blocks + 1):
        for name, steps in kinds.items():
            seconds = steps(BLOCK)
            if block:
                times[name].append(seconds)
    return {name: median(each) for name, each in times.items()}


def _torchlens(model: nn.Module, passes: int) -> float:
    """Seconds that logging a forward pass adds to it."""
    import torchlens  # beside, where it is installed

    tokens = torch.randint(WORDS, (BATCH, LENGTH))
    plain, logged = [], []
    for _ in range(passes + 1):
        began = time.perf_counter()
        model(tokens)
        ran = time.perf_counter()
        torchlens.trace(model, tokens)
        plain.append(ran - began)
        logged.append(time.perf_counter() - ran)
    return median(logged[1:]) - median(plain[1:])


if __name__ == "__main__":
    main()
