"""An inspection as an npz file that numpy alone reads; docs/inspection_files.md is its schema."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from ipo.durable import replacing
from ipo.inspector import archive
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import by_key, parse_spec
from ipo.inspector.findings.log import Held
from ipo.inspector.sharing.inspection import Inspection
from ipo.jobs import SILENT, Progress

FORMAT = 1
MAX_BYTES = 4 * 2**30  # unpacked, of a file that is read
MAX_ABOUT_BYTES = 64 * 2**20  # of what it says of itself

_ABOUT = "inspection"
_HELD: TypeAdapter[tuple[Held, ...]] = TypeAdapter(tuple[Held, ...])
_DAMAGE = (zipfile.BadZipFile, LookupError, ValueError, TypeError, AttributeError, EOFError, RuntimeError)


class BadInspection(ValueError):
    """The file is no inspection, is damaged, or is of a later version."""


def save_npz(inspection: Inspection, path: str | Path, progress: Progress = SILENT) -> None:
    """Write an inspection: whole, or not at all. Raises `OSError`, `Cancelled`, and as steps are read.

    Tensors are written as they are read: float32, complex64 or integers, images as float32 in [0, 1].
    """
    about = {
        "format": FORMAT,
        "recipe": inspection.recipe,
        "condition": inspection.condition,
        "seed": inspection.seed,
        "overrides": {name: _as_json(value) for name, value in inspection.overrides.items()},
        "steps": inspection.steps,
        "recorded": list(inspection.snapshots),
        "pinned": list(inspection.pinned),
        "image_shape": inspection.image_shape,
        "class_names": list(inspection.class_names),
        "sizes": dict(inspection.sizes),
        "tensors": [asdict(spec) for spec in inspection.specs.values()],
        "notes": {str(step): dict(one.notes) for step, one in inspection.snapshots.items() if one.notes},
        "findings": json.loads(_HELD.dump_json(inspection.findings)),
    }
    with replacing(Path(path)) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as packed:
        _add(packed, _ABOUT, np.frombuffer(json.dumps(about).encode(), np.uint8))
        for key, column in inspection.history.columns.items():
            _add(packed, f"history/{key}", column)
        for done, (step, snapshot) in enumerate(inspection.snapshots.items()):
            progress.check()
            progress.report(done / len(inspection.snapshots), f"Step {step}")
            for key in snapshot:
                _add(packed, f"step/{step}/{key}", snapshot[key])
            for key, tensor in snapshot.packed.items():
                _add(packed, f"step/{step}/{key}", tensor.numpy())


def read_inspection(path: str | Path) -> Inspection:
    """Read what `save_npz` wrote, or what was seen of a saved session: no code runs for either.

    A saved session lacks tensors that follow from others and are computed when somebody looks. Raises
    `BadInspection`; `OSError` for a file that cannot be opened.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        about = {entry.filename: entry.file_size for entry in entries}.get(f"{_ABOUT}.npy")
        if unpacked > MAX_BYTES or (about or 0) > MAX_ABOUT_BYTES:
            raise BadInspection(f"{path} would unpack to {unpacked} bytes; at most {MAX_BYTES} are read.")
        if about is None:
            return _of_session(archive.read(path))
        with np.load(path, allow_pickle=False) as arrays:
            return _inspection(arrays)
    except BadInspection:
        raise
    except ValidationError as error:
        raise BadInspection(f"{path} is damaged: its findings cannot be read.") from error
    except _DAMAGE as error:
        raise BadInspection(f"{path} is no inspection, or it is damaged: {error}") from error


def _inspection(arrays: Mapping[str, NDArray[Any]]) -> Inspection:
    about = json.loads(arrays[_ABOUT].tobytes())
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise BadInspection(f"The file has another format than {FORMAT}, which this version reads.")
    recorded = sorted(map(int, about["recorded"]))
    history, stored = archive.read_steps(arrays, int(about["steps"]), recorded)
    specs = by_key(map(parse_spec, about["tensors"]))
    notes = {int(step): dict(texts) for step, texts in about["notes"].items()}
    shape = about["image_shape"]
    return Inspection(
        str(about["recipe"]),
        str(about["condition"]),
        None if about["seed"] is None else int(about["seed"]),
        specs,
        history,
        {step: Snapshot(step, stored[step], specs, {}, notes.get(step, {})) for step in recorded},
        {str(axis): int(length) for axis, length in about["sizes"].items()},
        dict(about["overrides"]),
        None if shape is None else (int(shape[0]), int(shape[1])),
        tuple(map(str, about["class_names"])),
        tuple(map(int, about["pinned"])),
        _HELD.validate_json(json.dumps(about["findings"])),
    )


def _of_session(saved: archive.Saved) -> Inspection:
    specs = by_key(saved.specs)
    return Inspection(
        saved.recipe,
        saved.condition,
        saved.seed,
        specs,
        saved.history,
        {
            step: Snapshot(step, saved.stored[step], specs, {}, saved.notes.get(step, {}))
            for step in sorted(saved.stored)
        },
        overrides=saved.overrides,
        pinned=saved.pinned,
        findings=saved.findings,
    )


def _add(packed: zipfile.ZipFile, name: str, array: NDArray[Any]) -> None:
    with packed.open(f"{name}.npy", "w", force_zip64=True) as entry:
        np.lib.format.write_array(entry, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)


def _as_json(value: Any) -> Any:
    """An override as JSON has it; one that it has no word for in words."""
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return repr(value)
    return value
