"""The embedders by name: which are on this machine, and what to type for one that is not.

EfficientNet-lite0 is fetched by `ipo fetch embedder`; SigLIP and DINOv2 are folders in `<home>/embedders` or
models in the cache of Hugging Face; any other folder there that holds a model is offered by its name.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from ipo.embedding import efficientnet_weights
from ipo.embedding.protocol import Embedder

HUB = {"siglip": "google/siglip-base-patch16-224", "dinov2": "facebook/dinov2-small"}
TITLES = {
    efficientnet_weights.NAME: efficientnet_weights.TITLE,
    "siglip": "SigLIP base",
    "dinov2": "DINOv2 small",
}
_EXTRA = "pip install 'ipo[embedding]'"
_CONFIG = "config.json"


@dataclass(frozen=True)
class EmbedderChoice:
    """An embedder that may be chosen, or that can be had."""

    name: str
    title: str
    missing: str  # what is not here and what to type, in a sentence; empty where all is


def choices(home: Path) -> list[EmbedderChoice]:
    """Every embedder that is known here, those that can be used or not. Quick: loads no network."""
    names = [*TITLES, *(name for name in _folders(home) if name not in TITLES)]
    return [EmbedderChoice(name, TITLES.get(name, name), _missing(home, name)) for name in names]


def available(home: Path) -> list[str]:
    """Names of the embedders that can be used now. Quick: loads no network."""
    return [choice.name for choice in choices(home) if not choice.missing]


def first_available(home: Path) -> str:
    """The first embedder that can be used now; empty where none can. Quick: loads no network."""
    return next((name for name in [*TITLES, *_folders(home)] if not _missing(home, name)), "")


def open_embedder(home: Path, name: str, device: str = "cpu") -> Embedder:
    """Load an embedder; on `device`, as PyTorch calls it.

    Raises `ValueError` for one that is not here, and `DatasetDamaged` or `ValueError` where its files are
    not what they should be; each says what to type.
    """
    _check_here(home, name)
    if name == efficientnet_weights.NAME:
        from ipo.embedding.efficientnet import open_efficientnet  # loads torch

        return open_efficientnet(home, device)
    from ipo.embedding.transformers_backbone import TransformersEmbedder  # loads torch and transformers

    folder = _folder(home, name)
    if folder is None:
        raise ValueError(f"{name} was here a moment ago. Bring it again.")
    return TransformersEmbedder(folder, name, device)


def vector_length(home: Path, name: str) -> int:
    """How many numbers an embedder gives for an image. Loads no network. Raises as `open_embedder` does."""
    _check_here(home, name)
    if name == efficientnet_weights.NAME:
        return efficientnet_weights.FEATURES
    from ipo.embedding.transformers_backbone import vector_length_of  # loads torch and transformers

    folder = _folder(home, name)
    if folder is None:
        raise ValueError(f"{name} was here a moment ago. Bring it again.")
    return vector_length_of(folder)


def _check_here(home: Path, name: str) -> None:
    missing = {choice.name: choice.missing for choice in choices(home)}
    if name not in missing:
        raise ValueError(f"{name!r} is not an embedder; {' or '.join(missing)} would be right.")
    if missing[name]:
        raise ValueError(missing[name])


def _missing(home: Path, name: str) -> str:
    if name == efficientnet_weights.NAME:
        if efficientnet_weights.available(home):
            return ""
        return f"The weights of {TITLES[name]} are not there. {efficientnet_weights.REMEDY}."
    if not _has_transformers():
        return f"{TITLES.get(name, name)} needs the extra embedding. Type: {_EXTRA}"
    if _folder(home, name) is None:
        return (
            f"The weights of {TITLES[name]} are not on this machine. Type: hf download {HUB[name]} "
            '--include "*.json" --include "*.safetensors"'
        )
    return ""


def _folder(home: Path, name: str) -> Path | None:
    """Where a model lies: in the project folder, else in the cache of Hugging Face."""
    own = _place(home) / name
    if _holds_model(own):
        return own
    if name not in HUB or not _has_transformers():
        return None
    from huggingface_hub import try_to_load_from_cache  # comes with transformers

    config = try_to_load_from_cache(HUB[name], _CONFIG)
    return Path(config).parent if isinstance(config, str) and _holds_model(Path(config).parent) else None


def _folders(home: Path) -> list[str]:
    return sorted(path.name for path in _place(home).glob("*") if _holds_model(path))


def _holds_model(folder: Path) -> bool:
    """Whether config and weights are there, of which nothing is read."""
    return (folder / _CONFIG).is_file() and any(folder.glob("*.safetensors"))


def _place(home: Path) -> Path:
    return home / "embedders"


def _has_transformers() -> bool:
    return importlib.util.find_spec("transformers") is not None
