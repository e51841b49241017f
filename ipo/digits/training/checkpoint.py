"""A training as one file of tensors: going on from it is, bit for bit, never having stopped.

Weights, averaged weights, Adam's moments and the random numbers are tensors under their names; `meta` is JSON
as bytes: config, knobs, place, history. Nothing is unpickled but tensors. The file is replaced in one step,
so that a crash leaves the old one or the new one.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ipo.digits.config import SSVAEConfig
from ipo.digits.labels.store import NONE
from ipo.digits.model import SSVAE
from ipo.digits.training.checkpoint_summary import (
    FORMAT,
    MOST_BYTES,
    BadCheckpoint,
    CheckpointSummary,
    checkpoint_errors,
    differences,
    parse_summary,
)
from ipo.digits.training.trainer import InteractiveTrainer, Running
from ipo.durable import replace_file
from ipo.regular_files import read_regular

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # of Adam
_ADDED = "to_embedding."  # what files of older versions do not have: it starts fresh
_NAMED = 3  # of the tensors that differ


def save(path: Path, trainer: InteractiveTrainer) -> None:
    """Write a training: whole, or not at all. Raises `OSError` where the disk refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, encode(trainer))


def encode(trainer: InteractiveTrainer) -> bytes:
    """A training as the bytes of its file."""
    file = io.BytesIO()
    torch.save(_tensors(trainer), file)
    return file.getvalue()


def load(path: Path, expected: SSVAEConfig | None = None) -> InteractiveTrainer:
    """The training of a file, ready to go on.

    Raises `BadCheckpoint` for a file that is none, or whose config is not the `expected` one, and `OSError`
    for one that cannot be opened.
    """
    with checkpoint_errors(path):
        content = read_regular(path, MOST_BYTES)
        summary = parse_summary(content)
        trainer = _build(_read(content), summary)
    if expected is not None and trainer.config != expected:
        raise BadCheckpoint(
            f"{path} is of another model: {differences(trainer.config, expected)}. Go on with its own "
            "settings. It was left as it is. To begin a new model beside it, rename it and keep it."
        )
    return trainer


def _tensors(trainer: InteractiveTrainer) -> dict[str, Tensor]:
    state = trainer.state_dict()
    position = state["position"]
    meta = {
        "format": FORMAT,
        "config": trainer.config.record(),
        "knobs": trainer.knobs.record(),
        "images": trainer.images,
        "data_sha256": trainer.data_sha256,
        "step": trainer.step,
        "running": vars(trainer.running),
        "history": [epoch.record() for epoch in trainer.history],
    }
    tensors = {"meta": torch.frombuffer(bytearray(json.dumps(meta).encode()), dtype=torch.uint8)}
    for part in ("model", "average"):
        tensors |= {f"{part}/{name}": tensor for name, tensor in state[part].items()}
    for index, moments in state["moments"].items():
        tensors |= {f"optimizer/{index}/{name}": moments[name] for name in _MOMENTS}
    if position is not None:
        tensors |= {"generator": position["generator"], "spread": position["spread"]}
    return tensors


def _read(content: bytes) -> dict[str, Tensor]:
    found = torch.load(io.BytesIO(content), weights_only=True)
    if not isinstance(found, dict) or not all(isinstance(one, Tensor) for one in found.values()):
        raise BadCheckpoint("It does not hold tensors by name.")
    return found


def _build(found: Mapping[str, Tensor], summary: CheckpointSummary) -> InteractiveTrainer:
    trainer = InteractiveTrainer(summary.config, summary.knobs)
    trainer.images, trainer.data_sha256 = summary.images, summary.data_sha256
    trainer.history = list(summary.history)
    trainer.running = Running(**summary.running or {})
    if summary.step:
        unspread = torch.full((trainer.images,), NONE, dtype=torch.int8)
        spread = found.get("spread", unspread)  # which files of older versions do not have
        _check("spread", spread, unspread)
        trainer.position = {"step": summary.step, "generator": found["generator"], "spread": spread}
    for part, model in (("model", trainer.model), ("average", trainer.average)):
        _fill(found, part, model.state_dict())
    if summary.step:
        trainer.moments = _moments(found, trainer.model)
    return trainer


def _moments(found: Mapping[str, Tensor], model: SSVAE) -> dict[int, dict[str, Tensor]]:
    moments = {}
    for index, (parameter_name, parameter) in enumerate(model.named_parameters()):
        if parameter_name.startswith(_ADDED) and f"optimizer/{index}/step" not in found:
            continue
        moments[index] = {name: found[f"optimizer/{index}/{name}"] for name in _MOMENTS}
        for name in _MOMENTS[1:]:
            _check(f"optimizer/{index}/{name}", moments[index][name], parameter)
    return moments


def _fill(found: Mapping[str, Tensor], part: str, into: Mapping[str, Tensor]) -> None:
    names = {name.removeprefix(f"{part}/") for name in found if name.startswith(f"{part}/")}
    added = {name for name in into if name.startswith(_ADDED)}
    added = set() if names & added else added
    if names | added != into.keys():
        other = sorted((names | added) ^ into.keys())
        more = f" and {len(other) - _NAMED} more" if len(other) > _NAMED else ""
        raise BadCheckpoint(f"Its {part} differs in {', '.join(other[:_NAMED])}{more}.")
    for name in names:
        tensor = into[name]
        _check(f"{part}/{name}", found[f"{part}/{name}"], tensor)
        tensor.copy_(found[f"{part}/{name}"])


def _check(name: str, tensor: Tensor, right: Tensor) -> None:
    if tensor.shape != right.shape or tensor.dtype != right.dtype:
        raise BadCheckpoint(
            f"{name} is {tuple(tensor.shape)} of {tensor.dtype}; "
            f"{tuple(right.shape)} of {right.dtype} would be right."
        )
