"""Sessions as files: one npz holds what was seen and where the training is; a step as npz, history as CSV."""

import csv
import io
import json
import pickle
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter
from torch import Tensor

from ipo.durable import replacing
from ipo.inspector.capture.history import History
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import TensorSpec, parse_spec
from ipo.inspector.findings.log import Held
from ipo.inspector.training.engine import Checkpoint

FORMAT = 1
MAX_BYTES = 4 * 2**30  # unpacked, of a file that is read
MAX_META_BYTES = 1_000_000  # of what a file says of itself

_META, _CHECKPOINT, _SPECS, _NOTES, _FINDINGS = "meta", "checkpoint", "specs", "notes", "findings"
_HELD: TypeAdapter[tuple[Held, ...]] = TypeAdapter(tuple[Held, ...])
_DAMAGE = (zipfile.BadZipFile, pickle.UnpicklingError, LookupError, ValueError, TypeError, AttributeError,
           EOFError, RuntimeError)  # fmt: skip


class BadArchive(ValueError):
    """The file is not a saved session, is damaged, or belongs to something else."""


@dataclass(frozen=True)
class Header:
    """What a file says of itself."""

    recipe: str
    condition: str
    seed: int
    steps: int


@dataclass(frozen=True, eq=False)
class Saved:
    """What a file holds of a session."""

    recipe: str
    condition: str
    seed: int
    overrides: Mapping[str, Any]
    history: History
    stored: Mapping[int, Mapping[str, Tensor]]
    pinned: tuple[int, ...]
    checkpoint: Checkpoint | None  # None: the loader cannot say where it is, so the run is replayed
    sources: Mapping[str, str] = field(default_factory=dict)  # sha256 of the user's code that ran, by module
    specs: tuple[TensorSpec, ...] = ()
    notes: Mapping[int, Mapping[str, str]] = field(default_factory=dict)  # of the stored steps
    findings: tuple[Held, ...] = ()


def write(path: Path, saved: Saved) -> None:
    """Write a session: whole, or not at all. Raises `ValueError` for overrides that JSON cannot hold."""
    meta = {
        "format": FORMAT,
        "recipe": saved.recipe,
        "condition": saved.condition,
        "seed": saved.seed,
        "overrides": dict(saved.overrides),
        "steps": len(saved.history.steps),
        "retained": sorted(saved.stored),
        "pinned": list(saved.pinned),
        "sources": dict(saved.sources),
    }
    try:
        encoded = json.dumps(meta).encode()
    except TypeError as error:
        raise ValueError(f"An override of the session cannot be saved: {error}.") from None
    arrays: dict[str, NDArray[Any]] = {_META: np.frombuffer(encoded, np.uint8)}
    arrays[_SPECS] = _encoded([asdict(spec) for spec in saved.specs])
    arrays[_NOTES] = _encoded({str(step): dict(notes) for step, notes in saved.notes.items()})
    arrays[_FINDINGS] = np.frombuffer(_HELD.dump_json(saved.findings), np.uint8)
    for key, column in saved.history.columns.items():
        arrays[f"history/{key}"] = column
    for step, tensors in saved.stored.items():
        for key, tensor in tensors.items():
            arrays[f"step/{step}/{key}"] = tensor.numpy()
    if saved.checkpoint is not None:
        arrays[_CHECKPOINT] = np.frombuffer(_packed(saved.checkpoint), np.uint8)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read(path: Path) -> Saved:
    """Read a session. Raises `BadArchive`; `OSError` for a file that cannot be opened."""
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > MAX_BYTES:
            raise BadArchive(f"{path} would unpack to {unpacked} bytes; at most {MAX_BYTES} are read.")
        with np.load(path, allow_pickle=False) as arrays:
            return _saved(arrays)
    except _DAMAGE as error:
        if isinstance(error, BadArchive):
            raise
        raise BadArchive(f"{path} is not a saved session, or it is damaged: {error}") from error


def read_header(path: Path) -> Header:
    """What a session is, without its tensors. Raises as `read`."""
    try:
        with zipfile.ZipFile(path) as packed:
            size = packed.getinfo(f"{_META}.npy").file_size
        if size > MAX_META_BYTES:
            raise BadArchive(f"{path} describes itself in {size} bytes; at most {MAX_META_BYTES} are read.")
        with np.load(path, allow_pickle=False) as arrays:
            meta = _meta(arrays)
        return Header(str(meta["recipe"]), str(meta["condition"]), int(meta["seed"]), int(meta["steps"]))
    except _DAMAGE as error:
        if isinstance(error, BadArchive):
            raise
        raise BadArchive(f"{path} is not a saved session, or it is damaged: {error}") from error


def step_npz(snapshot: Snapshot) -> bytes:
    """Every tensor of one step, by key."""
    return npz({"step": np.array(snapshot.step), **snapshot})


def npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def history_csv(history: History) -> bytes:
    """A row per step; a scalar is one column, a vector one column per entry: `win_rate[0]`, …"""
    heads, columns = ["step"], [history.steps[:, None].astype(object)]
    for key, column in sorted(history.columns.items(), key=lambda item: (item[1].ndim, item[0])):
        heads += [key] if column.ndim == 1 else [f"{key}[{at}]" for at in range(column.shape[1])]
        columns.append(np.reshape(column, (len(history.steps), -1)).astype(object))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(np.concatenate(columns, axis=1))
    return text.getvalue().encode()


def read_steps(
    arrays: Mapping[str, NDArray[Any]], steps: int, kept: Iterable[int]
) -> tuple[History, dict[int, dict[str, Tensor]]]:
    """The history of so many steps, and the tensors by key of those that are kept.

    Raises `ValueError` for a column of another length, `KeyError` for a step that is not among them.
    """
    stored: dict[int, dict[str, Tensor]] = {step: {} for step in kept}
    columns: dict[str, NDArray[np.float32]] = {}
    for name in arrays:
        kind, _, rest = name.partition("/")
        if kind == "history":
            columns[rest] = arrays[name]
            if len(columns[rest]) != steps:
                raise ValueError(f"{rest} has {len(columns[rest])} steps; {steps} would be right.")
        elif kind == "step":
            step, _, key = rest.partition("/")
            stored[int(step)][key] = torch.from_numpy(arrays[name])
    return History(np.arange(steps), columns), stored


def _meta(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    meta = json.loads(arrays[_META].tobytes())
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise BadArchive(f"It has another format than {FORMAT}, which this version reads.")
    return meta


def _saved(arrays: Mapping[str, NDArray[Any]]) -> Saved:
    meta = _meta(arrays)
    steps = int(meta["steps"])
    history, stored = read_steps(arrays, steps, map(int, meta["retained"]))
    return Saved(
        str(meta["recipe"]),
        str(meta["condition"]),
        int(meta["seed"]),
        dict(meta["overrides"]),
        history,
        stored,
        tuple(int(step) for step in meta["pinned"]),
        _unpacked(arrays[_CHECKPOINT].tobytes(), steps) if _CHECKPOINT in arrays else None,
        sources={str(name): str(digest) for name, digest in dict(meta.get("sources", {})).items()},
        specs=tuple(map(parse_spec, _json(arrays, _SPECS, []))),
        notes={
            int(step): {str(key): str(text) for key, text in notes.items()}
            for step, notes in _json(arrays, _NOTES, {}).items()
        },
        findings=_HELD.validate_json(arrays[_FINDINGS].tobytes()) if _FINDINGS in arrays else (),
    )


def _json(arrays: Mapping[str, NDArray[Any]], name: str, without: Any) -> Any:
    return json.loads(arrays[name].tobytes()) if name in arrays else without


def _encoded(value: Any) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def _packed(checkpoint: Checkpoint) -> bytes:
    file = io.BytesIO()
    torch.save(vars(checkpoint) | {"state": dict(checkpoint.state)}, file)
    return file.getvalue()


def _unpacked(content: bytes, steps: int) -> Checkpoint:
    found = torch.load(io.BytesIO(content), weights_only=True)
    right = {"steps": int, "epoch": int, "state": dict, "randomness": dict}
    if not isinstance(found, dict) or found.keys() != right.keys():
        raise BadArchive(f"Its checkpoint should have {', '.join(right)}.")
    if isinstance(found["randomness"], Tensor):  # files of before numpy, Python and settings were held
        found["randomness"] = {"torch": found["randomness"]}
    for name, kind in right.items():
        if not isinstance(found[name], kind):
            raise BadArchive(
                f"{name} of its checkpoint is {type(found[name]).__name__}, not {kind.__name__}."
            )
    if found["steps"] != steps:
        raise BadArchive(f"Its checkpoint is after {found['steps']} steps, its history after {steps}.")
    return Checkpoint(**found)
