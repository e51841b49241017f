"""One hash for all that images depend on in a model's folder: weights, configurations, vocabularies."""

import hashlib
import json
import re
from pathlib import Path

from ipo.decoders.diffusion.model_folder import ModelFolder
from ipo.jobs import Progress

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 24  # bytes between two looks at whether to stop

# sha256 of files that were read, by path, size and time of change: gigabytes are read once a process.
_known: dict[tuple[Path, int, int], str] = {}


def fingerprint(model: ModelFolder, progress: Progress) -> str:
    """The sha256 over pipeline class and all files by name. Reads those whose hash nothing tells.

    The commit of the hub is no part of it: the same files are the same model, wherever they came from.
    Raises `OSError` and `Cancelled`.
    """
    sums = []
    for file in model.files:
        progress.report(0.0, f"Checking {file.name} of {model.name}")
        sums.append((file.relative_to(model.path).as_posix(), _sha256(file, progress)))
    return hashlib.sha256(json.dumps([model.family.pipeline, sums]).encode()).hexdigest()


def is_quick(model: ModelFolder) -> bool:
    """Whether the hashes of all weights are known without reading them."""
    return all(_hub_sum(file) or _stamp(file) in _known for file in model.weights)


def _sha256(file: Path, progress: Progress) -> str:
    stamp = _stamp(file)
    known = _hub_sum(file) or _known.get(stamp)
    if known:
        return known
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(_PIECE):
            progress.check()
            digest.update(piece)
    return _known.setdefault(stamp, digest.hexdigest())


def _hub_sum(file: Path) -> str:
    """What the cache of the hub calls a large file: the sha256 that it was downloaded with."""
    blob = file.resolve()
    return blob.name if blob.parent.name == "blobs" and _SHA256.fullmatch(blob.name) else ""


def _stamp(file: Path) -> tuple[Path, int, int]:
    status = file.stat()
    return file.resolve(), status.st_size, status.st_mtime_ns
