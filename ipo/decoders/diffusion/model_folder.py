"""Finding a model on this machine: its folder, its configurations, and the files that its weights are in.

A model is a folder that `DiffusionPipeline.save_pretrained` wrote, or one in the cache of the Hugging Face
hub. Nothing is downloaded, and only small JSON files are read.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ipo.decoders.diffusion.families import FAMILIES, Config, Family
from ipo.regular_files import read_regular

INDEX = "model_index.json"

_MOST_BYTES = 1 << 24  # of a configuration
_HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
_WITH_WEIGHTS = (
    "unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3", "safety_checker",
    "image_encoder",
)  # fmt: skip
# model.safetensors, model.fp16.safetensors, and in shards: model.fp16-00001-of-00002.safetensors,
# model-00001-of-00002.fp16.safetensors
_WEIGHTS = re.compile(
    r"(?:diffusion_pytorch_model|model)(?:\.(?P<variant>\w+))?"
    r"(?:-\d{5}-of-(?P<shards>\d{5}))?(?:\.(?P<old_variant>\w+))?\.safetensors"
)
_READ_BESIDE = (".json", ".txt", ".model")  # configurations, vocabularies
# Variants in the order in which they suit a precision; "" are files without one.
_VARIANTS = {"float32": ("", "fp16"), "float16": ("fp16", ""), "bfloat16": ("bf16", "", "fp16")}


@dataclass(frozen=True)
class ModelFolder:
    """A model that is here, all of it."""

    name: str  # as it was chosen
    path: Path
    family: Family
    denoiser: Config
    vae: Config
    scheduler: Config
    variant: str  # of its weights; "" for files without one
    files: tuple[Path, ...]  # all that is read to make images

    @property
    def weights(self) -> list[Path]:
        return [path for path in self.files if path.suffix == ".safetensors"]


def find_model(name: str, revision: str, precision: str) -> ModelFolder:
    """The model of a name. Raises `ValueError` that says what is missing, and what to type to get it."""
    path = _folder(name, revision)
    index = read_config(path / INDEX, _pipeline_would_be_right())
    class_name = index.get("_class_name")
    if not isinstance(class_name, str) or class_name not in FAMILIES:
        right = ", ".join(f"{one.pipeline} ({one.example})" for one in FAMILIES.values())
        raise ValueError(f"{name} is a {class_name}, which cannot be used here. These can: {right}.")
    family = FAMILIES[class_name]
    parts = [part for part, made_by in index.items() if isinstance(made_by, list) and made_by and made_by[0]]
    again = _download(name, revision) if in_hub(name) else f"Copy all of the model into {path}."
    for part in (family.denoiser, "vae", "scheduler", *parts):
        if not (path / part).is_dir():
            raise ValueError(f"{name} is incomplete: it has no folder {part}. {again}")
    denoiser = read_config(path / family.denoiser / "config.json", _pipeline_would_be_right())
    vae = read_config(path / "vae" / "config.json", _pipeline_would_be_right())
    scheduler = read_config(path / "scheduler" / "scheduler_config.json", _pipeline_would_be_right())
    heavy = [part for part in parts if part in _WITH_WEIGHTS]
    variant, weights = _weights(name, path, heavy, precision, again)
    small = [
        file
        for part in parts
        for file in (path / part).iterdir()
        if file.suffix in _READ_BESIDE and file.is_file()
    ]
    files = (path / INDEX, *sorted([*small, *weights]))
    return ModelFolder(name, path, family, denoiser, vae, scheduler, variant, files)


def _folder(name: str, revision: str) -> Path:
    """Where a model is. Raises `ValueError` if it is not here."""
    if not name.strip():
        raise ValueError("No model is named; a folder, or a name on the hub such as stabilityai/sd-turbo.")
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / INDEX).is_file():
            raise ValueError(f"{path} is no pipeline: it has no {INDEX}. {_pipeline_would_be_right()}")
        return path.resolve()
    if path.exists():
        raise ValueError(f"{path} is a single file. {_pipeline_would_be_right()}")
    if not in_hub(name):
        raise ValueError(f"There is no folder {path}. {_pipeline_would_be_right()}")
    found = hub_file(name, INDEX, revision)
    if found is None:
        of = f" of revision {revision}" if revision else ""
        raise ValueError(f"The model {name}{of} is not on this machine. {_download(name, revision)}")
    return found.parent


def hub_file(name: str, file: str, revision: str = "") -> Path | None:
    """A file of a model in the cache of the Hugging Face hub, where it is there."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, file, revision=revision or None)
    return Path(found) if isinstance(found, str) else None


def in_hub(name: str) -> bool:
    """Whether a name may be one on the hub, and is no folder here."""
    return bool(_HUB_NAME.fullmatch(name)) and not Path(name).is_dir()


def _pipeline_would_be_right() -> str:
    return f"The folder of a pipeline of diffusers would be right, with {INDEX} and its parts beside it."


def _download(name: str, revision: str) -> str:
    """What to type to get a model: what is read of it, without copies of the weights in other formats."""
    kinds = " ".join(f'--include "{kind}"' for kind in ("*.json", "*.txt", "*.model", "*/*.safetensors"))
    of = f" --revision {revision}" if revision else ""
    return f"Type: hf download {name}{of} {kinds}"


def _weights(name: str, path: Path, parts: list[str], precision: str, again: str) -> tuple[str, list[Path]]:
    """The best variant that is here, and its files. Raises `ValueError` where a part has no weights."""
    missing = ""
    for variant in _VARIANTS[precision]:
        own = {part: _complete(path / part, variant) for part in parts}
        chosen = {part: files or _complete(path / part, "") for part, files in own.items()}
        lacking = [part for part, files in chosen.items() if not files]
        if not lacking:
            used = variant if any(own.values()) else ""
            return used, [file for files in chosen.values() for file in files]
        missing = missing or ", ".join(lacking)
    raise ValueError(f"{name} is incomplete: no weights (.safetensors) are in {missing}. {again}")


def _complete(folder: Path, variant: str) -> list[Path]:
    """The files with weights of a part, in one variant; none if a shard is missing."""
    found, wanted = [], 1
    for file in folder.iterdir():
        match = _WEIGHTS.fullmatch(file.name)
        if match and (match["variant"] or match["old_variant"] or "") == variant and file.is_file():
            found.append(file)
            wanted = max(wanted, int(match["shards"] or 1))
    return found if len(found) >= wanted else []


def read_config(path: Path, right: str) -> Config:
    try:
        content = json.loads(read_regular(path, _MOST_BYTES))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}. {right}") from error
    except ValueError as error:
        raise ValueError(f"{path} is no JSON file: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} has no names in it. {right}")
    return content
