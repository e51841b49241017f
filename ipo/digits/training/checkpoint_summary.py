"""What a checkpoint says of its training, read without torch: a page shows it before torch could be there.

A checkpoint is a zip of torch: a pickle that names tensors, and the bytes of each.
"""

import contextlib
import io
import json
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipo.digits.config import Hyperparameters, SSVAEConfig, config_of
from ipo.digits.data import Data
from ipo.digits.epoch_metrics import EpochMetrics, epoch_of
from ipo.regular_files import read_regular

FORMAT = 1
MOST_BYTES = 1 << 32

_PICKLE = "/data.pkl"
_DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "LongStorage": "<i8",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_DAMAGE = (pickle.UnpicklingError, zipfile.BadZipFile, LookupError, ValueError, TypeError, AttributeError,
           EOFError, RuntimeError)  # fmt: skip


class BadCheckpoint(ValueError):
    """The file is no checkpoint of a model, is damaged, or belongs to another model. It is left as it is."""


@dataclass(frozen=True)
class CheckpointSummary:
    """All of a training but its tensors."""

    config: SSVAEConfig
    knobs: Hyperparameters = field(default_factory=Hyperparameters)
    images: int = 0  # that it is trained on; 0: not known yet
    data_sha256: str | None = None
    step: int = 0
    running: Mapping[str, Any] | None = None  # sums over the epoch under way
    history: tuple[EpochMetrics, ...] = ()


def open_summary(path: Path, data: Data) -> CheckpointSummary:
    """Of the model of `data` in a file, else of the one that the first training begins.

    Raises `BadCheckpoint`, also for one of other images, and `OSError` for a file that cannot be opened.
    """
    if not path.exists():
        return CheckpointSummary(config_for(data))
    with checkpoint_errors(path):
        model = parse_summary(read_regular(path, MOST_BYTES))
    check_images(path, model.config, model.data_sha256, data)
    return model


def parse_summary(content: bytes) -> CheckpointSummary:
    """The summary of the bytes of a checkpoint; within `checkpoint_errors`."""
    return _parse_meta(read_tensors(content, "meta")["meta"].tobytes())


def read_tensors(content: bytes, prefix: str) -> dict[str, NDArray[Any]]:
    """Tensors of the bytes of a checkpoint whose names begin with `prefix`; within `checkpoint_errors`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.testzip() is not None:  # torch itself takes changed bytes for weights
                raise zipfile.BadZipFile
            path = next((name for name in archive.namelist() if name.endswith(_PICKLE)), _PICKLE)
            stored = _StoredTensors(io.BytesIO(archive.read(path))).load()
            folder = path.removesuffix(_PICKLE)
            return {name: _array(stored[name], archive, folder) for name in stored if name.startswith(prefix)}
    except _DAMAGE as error:
        raise BadCheckpoint("It is cut short, damaged, or another kind of file.") from error


def _array(tensor: "_Stored", archive: zipfile.ZipFile, folder: str) -> NDArray[Any]:
    values = np.frombuffer(archive.read(f"{folder}/data/{tensor.key}"), tensor.dtype)[tensor.offset :]
    steps = [step * values.itemsize for step in tensor.strides]
    last = sum(step * (side - 1) for step, side in zip(tensor.strides, tensor.shape, strict=True))
    if min((0, *tensor.shape, *tensor.strides)) < 0 or last >= len(values):
        raise ValueError("a tensor reaches beyond its bytes")
    return np.lib.stride_tricks.as_strided(values, tensor.shape, steps).copy()


@contextlib.contextmanager
def checkpoint_errors(path: Path) -> Iterator[None]:
    """Turn what damage raises within into a `BadCheckpoint` that names the file and what to do."""
    try:
        yield
    except _DAMAGE as error:
        told = f"It has no {error}." if isinstance(error, LookupError) else str(error).split("\n")[0]
        raise BadCheckpoint(
            f"{path} is not a sound checkpoint: {told} It was left as it is. If a copy of it opens, put "
            "that in its place. To begin a new model beside it, rename it and keep it."
        ) from error


def check_images(path: Path, config: SSVAEConfig, sha256: str | None, data: Data) -> None:
    """Raises `BadCheckpoint` for one of other images than `data`; `sha256`: of its pixels, if known."""
    fitting = config_for(data)
    fitting = replace(config, image_shape=fitting.image_shape, classes=fitting.classes)
    if config != fitting:
        raise BadCheckpoint(
            f"{path} is of other images: {differences(config, fitting)}. "
            "It was left as it is. To begin a new model beside it, rename it and keep it."
        )
    if sha256 not in (None, data.sha256):
        raise BadCheckpoint(
            f"{path} was taught on other images: their pixels differ, or come in another order. "
            "Put the model of these images in its place, or open it with the images that it was taught on. "
            "It was left as it is. To begin a new model beside it, rename it and keep it."
        )


def config_for(data: Data) -> SSVAEConfig:
    """The config of a new model of some data."""
    shape = (int(data.images.shape[1]), int(data.images.shape[2]))
    return SSVAEConfig(image_shape=shape, classes=len(data.class_names))


def differences(found: SSVAEConfig, expected: SSVAEConfig) -> str:
    """`latent_dim is 16, not 2`, for messages."""
    one, other = found.record(), expected.record()
    return ", ".join(f"{name} is {one[name]}, not {other[name]}" for name in one if one[name] != other[name])


class _Stored(NamedTuple):
    """Where the numbers of a tensor are."""

    key: str
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _StoredTensors(pickle.Unpickler):
    """Reads a dictionary of tensors as where their numbers are; nothing that the pickle names is run."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name.startswith("_rebuild_tensor"):
            return _stored
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a checkpoint")

    def persistent_load(self, pid: tuple[Any, ...]) -> tuple[str, str]:
        _, dtype, key, *_ = pid  # "storage", kind, key, device, count
        return str(key), str(dtype)


def _stored(
    storage: tuple[str, str], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> _Stored:
    return _Stored(*storage, offset, shape, strides)


def _parse_meta(content: bytes) -> CheckpointSummary:
    try:
        meta = json.loads(content)
    except ValueError as error:
        raise BadCheckpoint("Its 'meta' is not JSON.") from error
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise BadCheckpoint(f"It has another format than {FORMAT}, which this version of ipo reads.")
    sha256 = meta.get("data_sha256")  # which files of older versions do not have
    return CheckpointSummary(
        config=config_of(meta["config"]),
        knobs=Hyperparameters(**meta["knobs"]),
        images=int(meta["images"]),
        data_sha256=None if sha256 is None else str(sha256),
        step=int(meta["step"]),
        running=dict(meta["running"]),
        history=tuple(epoch_of(record) for record in meta["history"]),
    )
