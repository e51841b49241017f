"""What a user of the inspector may bring: functions that return a `Setup`."""

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ipo.inspector.recipes import Setup


def two_layers(seed: int, hidden: int = 6, dropout: float = 0.5) -> Setup:
    """A classifier with dropout, its data in a torch `DataLoader`, which cannot say where it is."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(9, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 3))
    images, labels = torch.rand(40, 9), torch.arange(40) % 3
    loader = DataLoader(
        TensorDataset(images, labels), 16, shuffle=True, generator=torch.Generator().manual_seed(seed)
    )
    return Setup(model, loader, _loss, torch.optim.SGD(model.parameters(), lr=0.1), image_shape=(3, 3))


def unseeded() -> Setup:
    """Says nothing of a seed and draws weights, order and dropout from torch."""
    model = nn.Sequential(nn.Linear(9, 6), nn.Dropout(0.3), nn.Linear(6, 3))
    loader = DataLoader(TensorDataset(torch.rand(40, 9), torch.arange(40) % 3), 16, shuffle=True)
    return Setup(model.double(), loader, _loss, torch.optim.SGD(model.parameters(), lr=0.1),
                 forward=lambda model, batch: model(batch[0].double()))  # fmt: skip


def commas(seed: int) -> Setup:
    """A layer with a comma in its name."""
    setup, model = two_layers(seed, dropout=0.0), nn.Sequential()
    model.add_module("a,b", nn.Linear(9, 3))
    return Setup(model, setup.loader, _loss, torch.optim.SGD(model.parameters(), lr=0.1))


def convolution(condition: str, seed: int) -> Setup:
    """Images with channels; only one layer is named."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 36, 3))
    batches = [(torch.rand(5, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1])) for _ in range(4)]
    return Setup(model, batches, _loss, torch.optim.Adam(model.parameters()), layers=("0",))


convolution.conditions = ("plain", "fancy")  # type: ignore[attr-defined]


def misnamed(seed: int) -> Setup:
    setup = two_layers(seed)
    return Setup(setup.model, setup.loader, setup.loss, setup.optimizer, layers=("encodr",))


def careless(seed: int) -> Setup:
    """Forgets the seed: another batch whenever it is asked."""
    setup = two_layers(seed, dropout=0.0)

    class Anything:
        def __iter__(self):  # type: ignore[no-untyped-def]
            while True:
                yield torch.rand(16, 9, generator=_unseeded), torch.zeros(16, dtype=torch.int64)

    return Setup(setup.model, Anything(), _loss, setup.optimizer)


def nothing(seed: int) -> None:
    """Returns no setup."""


no_function = 3
_unseeded = torch.Generator()


def _loss(output: Tensor, batch: tuple[Tensor, Tensor]) -> Tensor:
    return nn.functional.cross_entropy(output, batch[1])


def odd_outputs(seed: int) -> Setup:
    """A complex tensor, an empty one, an infinite one, and one whose number of axes changes."""

    class Odd(nn.Module):
        calls = 0

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            self.calls += 1
            scores = x.masked_fill(torch.eye(*x.shape).bool(), -torch.inf)
            shape = x if self.calls % 2 else x.flatten()
            return {"wave": torch.fft.fft(x), "none": x[:0], "scores": scores, "shape": shape.detach()}

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enc, self.odd, self.head = nn.Linear(9, 6), Odd(), nn.Linear(6, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.odd(self.enc(x))["scores"].softmax(1))

    made = two_layers(seed)
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return Setup(model, made.loader, _loss, optimizer, layers=("enc", "odd", "head"))


def detached(seed: int) -> Setup:
    """A first layer that no gradient reaches."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(9, 6), nn.Linear(6, 3)

        def forward(self, images: Tensor) -> Tensor:
            scores: Tensor = self.second(torch.relu(self.first(images)).detach())
            return scores

    setup, model = two_layers(seed), Model()
    return Setup(model, setup.loader, _loss, torch.optim.SGD(model.parameters(), lr=0.1))


def wide(seed: int) -> Setup:
    """A weight that is too large for the bytes of a step together with its gradient, update and moments."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(20, 600), nn.Tanh(), nn.Linear(600, 600), nn.Tanh(), nn.Linear(600, 2))
    batches = [(torch.randn(20, 20), torch.arange(20) % 2) for _ in range(4)]
    return Setup(model, batches, _loss, torch.optim.Adam(model.parameters(), lr=1e-3))
