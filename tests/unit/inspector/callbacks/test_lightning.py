"""A training of Lightning, as its README has it, is the same when it is stepped, held and let go."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.unit.inspector.callbacks.driven import drive

L = pytest.importorskip("lightning.pytorch")

from ipo.inspector.callbacks.lightning import InspectorCallback  # noqa: E402


class LitAutoEncoder(L.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3))
        self.decoder = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 12))

    def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> torch.Tensor:
        x = batch[0]
        return nn.functional.mse_loss(self.decoder(self.encoder(x)), x)

    def validation_step(self, batch: list[torch.Tensor], batch_idx: int) -> None:
        self.decoder(self.encoder(batch[0]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=1e-3)


def fit(folder: Path, *callbacks: object) -> LitAutoEncoder:
    torch.manual_seed(0)
    model = LitAutoEncoder()
    data = TensorDataset(torch.randn(40, 12))
    loader = DataLoader(data, 8, shuffle=True, generator=torch.Generator().manual_seed(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few workers, few steps
        trainer = L.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False,
            default_root_dir=folder, enable_progress_bar=False, enable_model_summary=False,
            callbacks=list(callbacks),
        )  # fmt: skip
        trainer.fit(model, loader, DataLoader(data, 20))
    return model


def test_a_fit_ends_with_the_weights_that_it_has_without(tmp_path: Path) -> None:
    bare = fit(tmp_path)
    watched: list[LitAutoEncoder] = []
    seen = drive(
        lambda: watched.append(fit(tmp_path, InspectorCallback(hold=True, layers=["encoder.*"]))), "encoder.0"
    )
    right = bare.state_dict()
    assert all(torch.equal(value, right[key]) for key, value in watched[0].state_dict().items())
    assert seen.name == "LitAutoEncoder by Lightning"
    assert seen.steps == 2 * 5
    assert np.isfinite(seen.losses).all()
    assert "encoder.1/output" in seen.keys
    assert "decoder.0/output" not in seen.keys


def test_options_that_do_not_exist_are_refused_at_once() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'holds'"):
        InspectorCallback(holds=True)
