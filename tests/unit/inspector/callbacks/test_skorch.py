"""A fit of skorch, as its README has it, is the same when it is stepped, held and let go."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.unit.inspector.callbacks.driven import drive

skorch = pytest.importorskip("skorch")

from ipo.inspector.callbacks.skorch import InspectorCallback  # noqa: E402


class Classifier(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.dense0 = nn.Linear(6, width)
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(width, 2)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return self.output(self.dropout(torch.relu(self.dense0(X)))).softmax(dim=-1)


def net(**more: object) -> "skorch.NeuralNetClassifier":
    torch.manual_seed(0)
    return skorch.NeuralNetClassifier(
        Classifier, max_epochs=2, lr=0.1, batch_size=8, iterator_train__shuffle=True, verbose=0, **more
    ).initialize()


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 6)).astype(np.float32), rng.integers(0, 2, 40)


def test_a_fit_ends_with_the_weights_that_it_has_without() -> None:
    X, y = data()
    bare = net()
    torch.manual_seed(1)
    bare.fit(X, y)
    watched = net(callbacks=[InspectorCallback(hold=True)])

    def run() -> None:
        torch.manual_seed(1)
        watched.fit(X, y)

    seen = drive(run, "dense0")
    right = bare.module_.state_dict()
    assert all(torch.equal(value, right[key]) for key, value in watched.module_.state_dict().items())
    assert seen.name == "Classifier by skorch"
    assert seen.steps == 2 * 4  # four fifths of 40 rows
    assert np.isfinite(seen.losses).all()
    assert {"dropout/output", "output/bias_gradient"} <= seen.keys


def test_nets_with_it_can_be_cloned_and_its_options_set() -> None:
    from sklearn.base import clone

    made = clone(skorch.NeuralNetClassifier(Classifier, callbacks=[("ipo", InspectorCallback(name="mine"))]))
    made.set_params(callbacks__ipo__patience=3.0)
    made.initialize()
    callback = dict(made.callbacks_)["ipo"]
    assert (callback.name, callback.attaching_.options.patience) == ("mine", 3.0)
