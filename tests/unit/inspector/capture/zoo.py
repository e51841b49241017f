"""Small modules and loops as people have them: every kind that a watched training may be.

Each is a function that returns a `Setup`; all take milliseconds a step.
"""

import dataclasses
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune, rnn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset

from ipo.inspector.training.setup import Setup

ROWS, WIDTH, KINDS, BATCH = 24, 6, 3, 8

ZOO: dict[str, Callable[[], Setup]] = {}


def animal(build: Callable[[], Setup]) -> Callable[[], Setup]:
    ZOO[build.__name__] = build
    return build


class Rows:
    """Batches with a place that can be saved. `draw` makes one of its number."""

    def __init__(self, draw: Callable[[int], Any]) -> None:
        self._draw = draw
        self._next = 0

    def __iter__(self) -> Iterator[Any]:
        while True:
            self._next += 1
            yield self._draw(self._next - 1)

    def state_dict(self) -> dict[str, Any]:
        return {"next": self._next}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        self._next = state["next"]


def generator(index: int) -> torch.Generator:
    return torch.Generator().manual_seed(index)


def vectors(index: int) -> tuple[Tensor, Tensor]:
    drawn = generator(index)
    kinds = torch.randint(KINDS, (BATCH,), generator=drawn)
    return torch.randn(BATCH, WIDTH, generator=drawn), kinds


def images(index: int) -> tuple[Tensor, Tensor]:
    _, kinds = vectors(index)
    return torch.randn(BATCH, 2, 6, 6, generator=generator(index)), kinds


def tokens(index: int) -> tuple[Tensor, Tensor]:
    drawn = generator(index)
    return torch.randint(12, (BATCH, 5), generator=drawn), torch.randint(KINDS, (BATCH,), generator=drawn)


def padded(index: int) -> tuple[Tensor, Tensor]:
    """Sentences as long as the longest of their batch."""
    x, kinds = tokens(index)
    return x[:, : 2 + index % 4], kinds


def classified(output: Any, batch: Any) -> Tensor:
    return functional.cross_entropy(output, batch[1])


def squared(output: Any, batch: Any) -> Tensor:
    return output.pow(2).mean()


def trained(
    model: nn.Module,
    batches: Callable[[int], Any] = vectors,
    loss: Callable[[Any, Any], Tensor] = classified,
    **more: Any,
) -> Setup:
    optimizer = more.pop("optimizer", None) or torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return Setup(model, Rows(batches), loss, optimizer, **more)


class Through(nn.Module):
    """A module written as a function of its parts."""

    def __init__(self, run: Callable[..., Any], **parts: nn.Module) -> None:
        super().__init__()
        self.run = run
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Any) -> Any:
        return self.run(self, x)


@animal
def one_layer() -> Setup:
    return trained(nn.Linear(WIDTH, KINDS))


@animal
def perceptron() -> Setup:
    return trained(nn.Sequential(nn.Linear(WIDTH, 5), nn.ReLU(), nn.Dropout(0.3), nn.Linear(5, KINDS)))


@animal
def relu_in_place() -> Setup:
    return trained(nn.Sequential(nn.Linear(WIDTH, 5), nn.ReLU(inplace=True), nn.Linear(5, KINDS)))


@animal
def weight_norm_of_old() -> Setup:
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        layer = nn.utils.weight_norm(nn.Linear(WIDTH, 5))
    return trained(nn.Sequential(layer, nn.Tanh(), nn.Linear(5, KINDS)))


@animal
def weight_norm() -> Setup:
    return trained(nn.Sequential(parametrizations.weight_norm(nn.Linear(WIDTH, 5)), nn.Linear(5, KINDS)))


@animal
def spectral_norm_of_old() -> Setup:
    return trained(nn.Sequential(nn.utils.spectral_norm(nn.Linear(WIDTH, 5)), nn.Linear(5, KINDS)))


@animal
def spectral_norm() -> Setup:
    layer = parametrizations.spectral_norm(nn.Linear(WIDTH, 5, bias=False))
    return trained(nn.Sequential(layer, nn.Linear(5, KINDS)))


@animal
def orthogonal() -> Setup:
    return trained(nn.Sequential(parametrizations.orthogonal(nn.Linear(WIDTH, 5)), nn.Linear(5, KINDS)))


@animal
def pruned() -> Setup:
    layer = nn.Linear(WIDTH, 5)
    prune.l1_unstructured(layer, "weight", 0.5)
    return trained(nn.Sequential(layer, nn.Linear(5, KINDS)))


@animal
def called_twice() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(self.enc(torch.tanh(self.enc(x))))

    return trained(Through(run, enc=nn.Linear(WIDTH, WIDTH), head=nn.Linear(WIDTH, KINDS)))


@animal
def two_views() -> Setup:
    """Both views concatenated: twice the rows of the batch."""

    def run(self: Any, x: Tensor) -> Tensor:
        one, other = self.enc(torch.cat((x, 2 * x))).chunk(2)
        return self.head(one + other)

    return trained(Through(run, enc=nn.Linear(WIDTH, 4), head=nn.Linear(4, KINDS)))


@animal
def three_scales() -> Setup:
    """One head on maps of three sizes."""

    def run(self: Any, x: Tensor) -> Tensor:
        maps = [x, functional.avg_pool2d(x, 2), functional.avg_pool2d(x, 3)]
        return sum(self.head(one).mean((2, 3)) for one in maps)

    return trained(Through(run, head=nn.Conv2d(2, KINDS, 1)), images)


@animal
def time_in_the_batch() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(self.enc(x.reshape(-1, 2))).reshape(BATCH, 3, KINDS).mean(1)

    return trained(Through(run, enc=nn.Linear(2, 4), head=nn.Linear(4, KINDS)))


@animal
def convolutions() -> Setup:
    return trained(nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(),
                                 nn.Linear(48, KINDS)), images)  # fmt: skip


@animal
def frozen_batch_norm() -> Setup:
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.BatchNorm1d(5), nn.Linear(5, KINDS))
    model[1].eval()
    return trained(model)


@animal
def frozen_part() -> Setup:
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.ReLU(), nn.Linear(5, KINDS))
    model[0].requires_grad_(False)
    return trained(model, optimizer=torch.optim.SGD(model[2].parameters(), lr=0.1))


@animal
def tied_weights() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.out(self.enc(x).mean(1))

    model = Through(run, enc=nn.Embedding(12, 4), out=nn.Linear(4, 12))
    model.out.weight = model.enc.weight
    return trained(model, tokens)


@animal
def embedding_looked_up_twice() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.head((self.enc(x) * self.enc(x.flip(1))).sum(1))

    return trained(Through(run, enc=nn.Embedding(12, 4), head=nn.Linear(4, KINDS)), tokens)


@animal
def padded_sentences() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(self.mix(self.enc(x)).amax(1))

    return trained(
        Through(run, enc=nn.Embedding(12, 4), mix=nn.Linear(4, 4), head=nn.Linear(4, KINDS)), padded
    )


@animal
def sparse_embedding() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.enc(x).mean(1)

    model = Through(run, enc=nn.Embedding(12, KINDS, sparse=True))
    return trained(model, tokens, optimizer=torch.optim.SparseAdam(model.parameters(), lr=0.1))


@animal
def lstm() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(self.rnn(self.enc(x))[0][:, -1])

    rnn_ = nn.LSTM(4, 5, batch_first=True)
    return trained(Through(run, enc=nn.Embedding(12, 4), rnn=rnn_, head=nn.Linear(5, KINDS)), padded)


@animal
def sequence_first() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(self.rnn(self.enc(x.T))[1][0])

    return trained(Through(run, enc=nn.Embedding(12, 4), rnn=nn.GRU(4, 5), head=nn.Linear(5, KINDS)), padded)


@animal
def packed_sequences() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        lengths = torch.arange(len(x)) % x.shape[1] + 1
        packed = rnn.pack_padded_sequence(self.enc(x), lengths, batch_first=True, enforce_sorted=False)
        return self.head(self.rnn(packed)[1][0])

    rnn_ = nn.GRU(4, 5, batch_first=True)
    return trained(Through(run, enc=nn.Embedding(12, 4), rnn=rnn_, head=nn.Linear(5, KINDS)), tokens)


@animal
def cell_in_a_loop() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        state = None
        for at in range(4):
            state = self.cell(x * at, state)
        return self.head(state[0])

    return trained(Through(run, cell=nn.LSTMCell(WIDTH, 5), head=nn.Linear(5, KINDS)))


@animal
def attention() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        h = self.enc(x)
        return self.head(self.attn(h, h, h)[0].mean(1))

    attn = nn.MultiheadAttention(4, 2, batch_first=True)
    return trained(Through(run, enc=nn.Embedding(12, 4), attn=attn, head=nn.Linear(4, KINDS)), tokens)


@animal
def transformer() -> Setup:
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.1, batch_first=True)

    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(self.body(self.enc(x)).mean(1))

    body = nn.TransformerEncoder(layer, 1)
    return trained(Through(run, enc=nn.Embedding(12, 4), body=body, head=nn.Linear(4, KINDS)), tokens)


@animal
def transformer_in_evaluation_mode() -> Setup:
    """Its fast path computes other bits than the slow one."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    teacher = nn.TransformerEncoder(layer, 1).eval().requires_grad_(False)

    def run(self: Any, x: Tensor) -> Tensor:
        h = self.enc(x)
        with torch.no_grad():
            wanted = self.teacher(h)
        return self.head(h.mean(1) + wanted.mean(1))

    return trained(Through(run, enc=nn.Embedding(12, 8), teacher=teacher, head=nn.Linear(8, KINDS)), tokens)


class Pair(NamedTuple):
    mean: Tensor
    spread: Tensor


@dataclasses.dataclass
class Drawn:
    latent: Tensor
    pair: Pair
    extra: Mapping[str, Tensor | None]


class Outputs(nn.Module):
    """A dataclass with a named tuple and a dict in it."""

    def __init__(self) -> None:
        super().__init__()
        self.enc = nn.Linear(WIDTH, 4)

    def forward(self, x: Tensor) -> Drawn:
        pair = Pair(*self.enc(x).chunk(2, 1))
        latent = pair.mean + torch.randn_like(pair.mean) * pair.spread.exp()
        return Drawn(latent, pair, {"squares": latent**2, "nothing": None})


@animal
def nested_outputs() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        drawn = self.body(x)
        return self.head(drawn.latent + drawn.extra["squares"])

    return trained(
        Through(run, body=Outputs(), head=nn.Linear(2, KINDS)), layers=("body", "body.enc", "head")
    )


@animal
def loss_module() -> Setup:
    """Returns one number, and another module a number of Python."""

    class Counted(nn.Module):
        def forward(self, x: Tensor) -> float:
            return float(x.detach().mean())

    def run(self: Any, x: Tensor) -> Tensor:
        made = self.enc(x)
        self.mean(made)
        return self.loss(made)

    class Squares(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.pow(2).mean()

    model = Through(run, enc=nn.Linear(WIDTH, 4), loss=Squares(), mean=Counted())
    return trained(model, loss=lambda output, batch: output, layers=("enc", "loss", "mean"))


@animal
def lazy() -> Setup:
    return trained(nn.Sequential(nn.LazyLinear(5), nn.ReLU(), nn.Linear(5, KINDS)))


@animal
def double() -> Setup:
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.Linear(5, KINDS)).double()
    return trained(model, forward=lambda model, batch: model(batch[0].double()))


@animal
def brain_float() -> Setup:
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.Linear(5, KINDS)).bfloat16()
    return trained(model, forward=lambda model, batch: model(batch[0].bfloat16()),
                   loss=lambda output, batch: classified(output.float(), batch))  # fmt: skip


@animal
def complex_numbers() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(self.wave(torch.fft.fft(x)).abs())

    wave = nn.Linear(WIDTH, 5, dtype=torch.complex64)
    return trained(Through(run, wave=wave, head=nn.Linear(5, KINDS)))


@animal
def checkpointed() -> Setup:
    """A part is computed a second time during backward."""

    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(checkpoint(self.body, self.enc(x), use_reentrant=False))

    body = nn.Sequential(nn.Linear(5, 5), nn.Dropout(0.2), nn.Tanh())
    return trained(Through(run, enc=nn.Linear(WIDTH, 5), body=body, head=nn.Linear(5, KINDS)))


@animal
def compiled() -> Setup:
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.ReLU(), nn.Linear(5, KINDS))
    whole = torch.compile(model, backend="eager", fullgraph=True)
    return trained(whole, optimizer=torch.optim.SGD(model.parameters(), lr=0.1))


@animal
def compiled_part() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(self.body(self.enc(x)))

    body = Through(lambda self, x: torch.tanh(self.mix(x)), mix=nn.Linear(5, 5))
    body.compile(backend="eager", fullgraph=True)
    return trained(Through(run, enc=nn.Linear(WIDTH, 5), body=body, head=nn.Linear(5, KINDS)))


@animal
def masked_logits() -> Setup:
    """Infinities that are meant."""

    class Mask(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.masked_fill(torch.eye(BATCH, 5).bool(), -torch.inf)

    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(torch.softmax(self.mask(self.enc(x)), 1))

    model = Through(run, enc=nn.Linear(WIDTH, 5), mask=Mask(), head=nn.Linear(5, KINDS))
    return trained(model, layers=("enc", "mask", "head"))


@animal
def empty_output() -> Setup:
    """Which rows are chosen depends on the batch; sometimes none is."""

    class Choose(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[x.sum(1) > 50]

    def run(self: Any, x: Tensor) -> Tensor:
        made = self.enc(x)
        return self.head(made) + self.choose(made).sum()

    model = Through(run, enc=nn.Linear(WIDTH, 5), choose=Choose(), head=nn.Linear(5, KINDS))
    return trained(model, layers=("enc", "choose", "head"))


@animal
def leaf_returned() -> Setup:
    """A module that returns its parameter itself."""

    class Query(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.query = nn.Parameter(torch.ones(WIDTH))

        def forward(self, x: Tensor) -> Tensor:
            return self.query

    def run(self: Any, x: Tensor) -> Tensor:
        return self.head(x * self.query(x))

    return trained(Through(run, query=Query(), head=nn.Linear(WIDTH, KINDS)))


@animal
def adam_and_scheduler() -> Setup:
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.Linear(5, KINDS))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)

    def step(batch: Any) -> Tensor:
        optimizer.zero_grad()
        loss = classified(model(batch[0]), batch)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        schedule.step()
        return loss

    return Setup(model, Rows(vectors), None, optimizer, step=step, stateful={"schedule": schedule})


@animal
def accumulation() -> Setup:
    """Steps only at every third batch."""
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.Linear(5, KINDS))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    class Counter:
        batches = 0

        def state_dict(self) -> dict[str, Any]:
            return {"batches": self.batches}

        def load_state_dict(self, state: dict[str, Any], /) -> None:
            self.batches = state["batches"]

    counter = Counter()

    def step(batch: Any) -> float:
        loss = classified(model(batch[0]), batch)
        (loss / 3).backward()
        counter.batches += 1
        if counter.batches % 3 == 0:
            optimizer.step()
            optimizer.zero_grad()
        return float(loss.detach())

    return Setup(model, Rows(vectors), None, optimizer, step=step, stateful={"counter": counter})


@animal
def lbfgs() -> Setup:
    model = nn.Linear(WIDTH, KINDS)
    return trained(model, optimizer=torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=3))


@animal
def lbfgs_with_a_closure_of_its_own() -> Setup:
    model = nn.Linear(WIDTH, KINDS)
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=3)

    def step(batch: Any) -> Tensor:
        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = classified(model(batch[0]), batch)
            loss.backward()
            return loss

        return optimizer.step(closure)

    return Setup(model, Rows(vectors), None, optimizer, step=step)


@animal
def adversaries() -> Setup:
    """Two optimizers, weights clipped through `.data`, a penalty on the gradient of the input."""
    maker, judge = nn.Linear(4, WIDTH), nn.Sequential(nn.Linear(WIDTH, 5), nn.Tanh(), nn.Linear(5, 1))
    first = torch.optim.RMSprop(maker.parameters(), lr=0.01)
    second = torch.optim.RMSprop(judge.parameters(), lr=0.01)

    def step(batch: Any) -> Tensor:
        real, noise = batch[0].clone().requires_grad_(), torch.randn(BATCH, 4)
        second.zero_grad()
        said = judge(real)
        (slope,) = torch.autograd.grad(said.sum(), real, create_graph=True)
        loss = judge(maker(noise).detach()).mean() - said.mean() + slope.pow(2).mean()
        loss.backward()
        second.step()
        for parameter in judge.parameters():
            parameter.data.clamp_(-0.3, 0.3)
        first.zero_grad()
        (-judge(maker(noise)).mean()).backward()
        first.step()
        return loss

    return Setup(nn.ModuleDict({"maker": maker, "judge": judge}), Rows(vectors), None, first, step=step,
                 stateful={"second": second})  # fmt: skip


@animal
def mixed_precision() -> Setup:
    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.ReLU(), nn.Linear(5, KINDS))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=64.0, growth_interval=2)

    def step(batch: Any) -> Tensor:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = classified(model(batch[0]), batch)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss

    return Setup(model, Rows(vectors), None, optimizer, step=step, stateful={"scaler": scaler})


@animal
def average_of_weights() -> Setup:
    """Buffers that are assigned anew, and a plain loader that cannot say where it is."""

    class Mean(nn.Module):
        seen: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("seen", torch.zeros(WIDTH))

        def forward(self, x: Tensor) -> Tensor:
            self.seen = 0.9 * self.seen + 0.1 * x.detach().mean(0)
            return x - self.seen

    model = nn.Sequential(Mean(), nn.Linear(WIDTH, KINDS))
    x, kinds = torch.randn(ROWS, WIDTH), torch.arange(ROWS) % KINDS
    loader = DataLoader(TensorDataset(x, kinds), BATCH, shuffle=True)
    return Setup(model, loader, classified, torch.optim.SGD(model.parameters(), lr=0.1))


@animal
def randomness_from_everywhere() -> Setup:
    def run(self: Any, x: Tensor) -> Tensor:
        noise = random.random() + random.gauss(0, 1)
        noise += np.random.randn(3).sum()  # noqa: NPY002 - as users do
        return self.head(x + 0.1 * float(noise) * torch.rand(1))

    return trained(Through(run, head=nn.Linear(WIDTH, KINDS)))


@animal
def settings_of_its_own() -> Setup:
    """Sets what torch keeps for the whole process, while it is built and while it is stepped."""
    torch.set_default_dtype(torch.float64)
    model = nn.Linear(WIDTH, KINDS)

    def step(batch: Any) -> Tensor:
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.set_float32_matmul_precision("high")
        scale = torch.ones(1)  # float64 by default
        optimizer.zero_grad()
        loss = classified(model(batch[0].to(scale.dtype) * scale), batch)
        loss.backward()
        optimizer.step()
        return loss

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return Setup(model, Rows(vectors), None, optimizer, step=step)


@animal
def functional_call() -> Setup:
    """Gradients of each row, by torch.func."""

    model = nn.Sequential(nn.Linear(WIDTH, 5), nn.Linear(5, KINDS))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def loss_of(parameters: Any, x: Tensor, kind: Tensor) -> Tensor:
        said = torch.func.functional_call(model, parameters, (x[None],))
        return functional.cross_entropy(said, kind[None])

    def step(batch: Any) -> Tensor:
        parameters = {name: one.detach() for name, one in model.named_parameters()}
        each = torch.func.vmap(torch.func.grad(loss_of), (None, 0, 0))(parameters, *batch)
        for name, parameter in model.named_parameters():
            parameter.grad = each[name].mean(0)
        optimizer.step()
        return classified(model(batch[0]), batch)

    return Setup(model, Rows(vectors), None, optimizer, step=step)


@dataclass(frozen=True)
class Reason:
    """What cannot be had of an animal, and what the note says."""

    key: str
    says: str


LEFT_OUT: Mapping[str, tuple[Reason, ...]] = {
    "compiled": (
        Reason("0/output", "inside of a compiled module"),
        Reason("2/output", "inside of a compiled module"),
    ),
    "compiled_part": (Reason("body.mix/output", "inside of a compiled module"),),
    "attention": (Reason("attn.out_proj/output", "not called"),),
    "transformer_in_evaluation_mode": (Reason("teacher.layers.0.linear1/output", "fast path"),),
    "frozen_part": (Reason("0/weight_gradient", "frozen"),),
    "functional_call": (Reason("0/output", "torch.func"),),
}
