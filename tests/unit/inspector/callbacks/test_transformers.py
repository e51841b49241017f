"""A training of transformers.Trainer is the same when it is stepped, held and let go."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.inspector.callbacks.driven import drive

transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from ipo.inspector.callbacks.transformers import InspectorCallback  # noqa: E402

STEPS = 6


def model() -> "transformers.PreTrainedModel":
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=40, n_positions=16, n_embd=16, n_layer=2, n_head=2, use_cache=False
    )
    return transformers.GPT2LMHeadModel(config)


def train(folder: Path, *callbacks: object) -> "transformers.PreTrainedModel":
    rows = [
        {"input_ids": row, "labels": row}
        for row in np.random.default_rng(0).integers(0, 40, (24, 12)).tolist()
    ]
    arguments = transformers.TrainingArguments(
        output_dir=str(folder), max_steps=STEPS, per_device_train_batch_size=4, gradient_accumulation_steps=2,
        learning_rate=1e-3, report_to=[], save_strategy="no", disable_tqdm=True, use_cpu=True, seed=1,
        logging_strategy="no", dataloader_pin_memory=False,
    )  # fmt: skip
    trained = copy.deepcopy(model())
    transformers.Trainer(
        trained,
        arguments,
        train_dataset=rows,
        data_collator=transformers.default_data_collator,
        callbacks=list(callbacks),
    ).train()
    return trained


def test_a_training_ends_with_the_weights_that_it_has_without(tmp_path: Path) -> None:
    bare = train(tmp_path)
    watched: list[torch.nn.Module] = []
    seen = drive(
        lambda: watched.append(train(tmp_path, InspectorCallback(hold=True))), "transformer.h.0.mlp.c_fc"
    )
    right = bare.state_dict()
    assert all(torch.equal(value, right[key]) for key, value in watched[0].state_dict().items())
    assert seen.name == "GPT2LMHeadModel by Trainer"
    assert seen.steps == STEPS
    assert np.isfinite(seen.losses).all()
    assert "transformer.h.0.mlp.c_fc/output#2" in seen.keys  # gradients of two batches are accumulated
    assert "transformer.wte/weight_state.exp_avg" in seen.keys
