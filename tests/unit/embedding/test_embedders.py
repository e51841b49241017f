"""Which embedders are here, and what to type for one that is not."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ipo.embedding import efficientnet_weights
from ipo.embedding.efficientnet_weights import Weights
from ipo.embedding.embedders import HUB, available, choices, open_embedder, vector_length
from tests.support.embedder import CHECKOUT
from tests.unit.embedding.test_transformers_backbone import save_dinov2, save_siglip


@pytest.fixture(autouse=True)
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))
    return folder


def cached(hub: Path, name: str) -> Path:
    """Where the cache has a model, as the hub's own download leaves it."""
    model = hub / f"models--{HUB[name].replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("0123abc")
    return model / "snapshots" / "0123abc"


def test_nothing_is_here_at_first_and_it_says_what_to_type(tmp_path: Path) -> None:
    assert available(tmp_path) == []
    missing = {choice.name: choice.missing for choice in choices(tmp_path)}
    assert list(missing) == ["efficientnet_lite0", "siglip", "dinov2"]
    assert (
        missing["efficientnet_lite0"]
        == "The weights of EfficientNet-lite0 are not there. Run ipo fetch embedder."
    )
    assert missing["siglip"] == (
        "The weights of SigLIP base are not on this machine. Type: hf download "
        'google/siglip-base-patch16-224 --include "*.json" --include "*.safetensors"'
    )
    for name, sentence in missing.items():
        with pytest.raises(ValueError) as raised:
            open_embedder(tmp_path, name)
        assert str(raised.value) == sentence


def test_efficientnet_is_opened_with_its_weights(efficientnet_values: Weights) -> None:
    assert "efficientnet_lite0" in available(CHECKOUT)
    embedder = open_embedder(CHECKOUT, "efficientnet_lite0")
    assert (embedder.name, embedder.dim) == ("efficientnet_lite0", 1280)
    assert vector_length(CHECKOUT, "efficientnet_lite0") == 1280
    assert embedder.weights_hash == efficientnet_weights.WEIGHTS_SHA256


def test_models_of_the_project_folder_and_of_the_hubs_cache_are_found(
    tmp_path: Path, hub_cache: Path
) -> None:
    save_siglip(cached(hub_cache, "siglip"))
    save_dinov2(tmp_path / "embedders" / "mine")
    assert available(tmp_path) == ["siglip", "mine"]
    image = np.zeros((1, 8, 8, 3), np.uint8)
    for name, dim in (("siglip", 16), ("mine", 24)):
        embedder = open_embedder(tmp_path, name)
        assert embedder.name == name and embedder.embed(image).shape == (1, dim)
        assert vector_length(tmp_path, name) == dim
    save_dinov2(tmp_path / "embedders" / "siglip")  # before the cache
    assert open_embedder(tmp_path, "siglip").dim == 24


def test_half_a_download_is_not_here(tmp_path: Path, hub_cache: Path) -> None:
    folder = cached(hub_cache, "dinov2")
    save_dinov2(folder)
    (folder / "model.safetensors").unlink()
    assert available(tmp_path) == []


def test_without_the_extra_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_dinov2(tmp_path / "embedders" / "dinov2")
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "transformers" else find(name)
    )
    assert available(tmp_path) == []
    with pytest.raises(
        ValueError, match=r"DINOv2 small needs the extra embedding\. Type: pip install 'ipo\["
    ):
        open_embedder(tmp_path, "dinov2")


@pytest.mark.parametrize("name", ["clip", "", "../embedders"])
def test_an_unknown_name_lists_those_that_are_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not an embedder; efficientnet_lite0 or siglip or dinov2 would be"
    ):
        open_embedder(tmp_path, name)


def test_asking_which_are_here_loads_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ipo.embedding.embedders import available; "
        "available(Path(sys.argv[1])); print(*{'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
