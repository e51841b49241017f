"""A training as one file of tensors: going on from it is, bit for bit, never having stopped.

Weights, averaged weights, Adam's moments and the random numbers are tensors under their names; `meta` is JSON
as bytes: config, knobs, place, history. Nothing is unpickled but tensors. The file is replaced in one step,
so that a crash leaves the old one or the new one.
"""

import io
import json
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ipo.digits.config import Hyperparameters, SSVAEConfig, config_of
from ipo.digits.epoch_metrics import epoch_of
from ipo.digits.labels.store import NONE
from ipo.digits.model import SSVAE
from ipo.digits.training.trainer import InteractiveTrainer, Running
from ipo.durable import replace_file
from ipo.regular_files import read_regular

FORMAT = 1

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # of Adam
_ADDED = "to_embedding."  # what files of older versions do not have: it starts fresh
_MOST_BYTES = 1 << 32
_NAMED = 3  # of the tensors that differ
_DAMAGE = (pickle.UnpicklingError, zipfile.BadZipFile, LookupError, ValueError, TypeError, AttributeError,
           EOFError, RuntimeError)  # fmt: skip


class BadCheckpoint(ValueError):
    """The file is no checkpoint of a model, is damaged, or belongs to another model. It is left as it is."""


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
    try:
        content = read_regular(path, _MOST_BYTES)
        found = _read(content)
        trainer = _made(found, _meta(found))
    except _DAMAGE as error:
        told = f"It has no {error}." if isinstance(error, LookupError) else str(error).split("\n")[0]
        raise BadCheckpoint(
            f"{path} is no sound checkpoint: {told} It was left as it is. If a copy of it opens, put "
            "that in its place. To begin a new model beside it, rename it and keep it."
        ) from error
    if expected is not None and trainer.config != expected:
        raise BadCheckpoint(
            f"{path} is of another model: {differences(trainer.config, expected)}. Go on with its own "
            "settings. It was left as it is. To begin a new model beside it, rename it and keep it."
        )
    return trainer


def differences(found: SSVAEConfig, expected: SSVAEConfig) -> str:
    """`latent_dim is 16, not 2`, for messages."""
    one, other = found.record(), expected.record()
    return ", ".join(f"{name} is {one[name]}, not {other[name]}" for name in one if one[name] != other[name])


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
    for index, moments in state["optimizer"]["state"].items():
        tensors |= {f"optimizer/{index}/{name}": moments[name] for name in _MOMENTS}
    if position is not None:
        tensors |= {"generator": position["generator"], "spread": position["spread"]}
    return tensors


def _read(content: bytes) -> dict[str, Tensor]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.testzip() is not None:  # torch itself takes changed bytes for weights
                raise zipfile.BadZipFile
        found = torch.load(io.BytesIO(content), weights_only=True)
    except _DAMAGE as error:
        raise BadCheckpoint("It is cut short, damaged, or another kind of file.") from error
    if not isinstance(found, dict) or not all(isinstance(one, Tensor) for one in found.values()):
        raise BadCheckpoint("It does not hold tensors by name.")
    return found


def _meta(found: Mapping[str, Tensor]) -> dict[str, Any]:
    try:
        meta = json.loads(bytes(found["meta"].numpy()))
    except ValueError as error:
        raise BadCheckpoint("Its 'meta' is no JSON.") from error
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise BadCheckpoint(f"It has another format than {FORMAT}, which this version of ipo reads.")
    return meta


def _made(found: Mapping[str, Tensor], meta: Mapping[str, Any]) -> InteractiveTrainer:
    trainer = InteractiveTrainer(config_of(meta["config"]), Hyperparameters(**meta["knobs"]))
    trainer.images = int(meta["images"])
    sha256 = meta.get("data_sha256")  # which files of older versions do not have
    trainer.data_sha256 = None if sha256 is None else str(sha256)
    trainer.history = [epoch_of(record) for record in meta["history"]]
    trainer.running = Running(**meta["running"])
    if meta["step"]:
        unspread = torch.full((trainer.images,), NONE, dtype=torch.int8)
        spread = found.get("spread", unspread)  # which files of older versions do not have
        _check("spread", spread, unspread)
        trainer.position = {"step": int(meta["step"]), "generator": found["generator"], "spread": spread}
    for part, model in (("model", trainer.model), ("average", trainer.average)):
        _fill(found, part, model.state_dict())
    if meta["step"]:
        groups = trainer.optimizer.state_dict()["param_groups"]
        moments = _moments(found, trainer.model)
        trainer.optimizer.load_state_dict({"state": moments, "param_groups": groups})
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
