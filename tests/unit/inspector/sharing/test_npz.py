"""What an inspection promises on disk: every bit, read by numpy alone, and no code that runs."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import ipo
from ipo.inspector.session import InspectSession
from ipo.inspector.sharing.inspection import Inspection, inspection_of
from ipo.inspector.sharing.npz import BadInspection, read_inspection, save_npz
from ipo.jobs import Cancelled
from tests.unit.inspector import small


@pytest.fixture(scope="module")
def session() -> InspectSession:
    made = small.session()
    made.step(6)
    made.pin(2)
    return made


def same(one: Inspection, other: Inspection) -> bool:
    """Every number, bit for bit, and in the same order."""
    return all(
        list(one.snapshots[step]) == list(other.snapshots[step])
        and all(
            one.snapshots[step][key].dtype == other.snapshots[step][key].dtype
            and one.snapshots[step][key].shape == other.snapshots[step][key].shape
            and one.snapshots[step][key].tobytes() == other.snapshots[step][key].tobytes()
            for key in one.snapshots[step]
        )
        for step in one.snapshots
    )


def test_an_inspection_comes_back_bit_for_bit(session: InspectSession, tmp_path: Path) -> None:
    made = inspection_of(session, (1, 2, 5))
    save_npz(made, tmp_path / "seen.npz")
    read = read_inspection(tmp_path / "seen.npz")
    assert list(read.snapshots) == [1, 2, 5]
    assert same(made, read)
    assert read.title == made.title == "autoencoder_bcl, condition slow, seed 0"
    assert dict(read.specs) == dict(made.specs)
    assert (read.steps, read.pinned, read.image_shape) == (6, (2,), (8, 8))
    assert read.findings == made.findings
    for key, column in made.history.columns.items():
        assert read.history.columns[key].tobytes() == column.tobytes()
    assert "weight_cosine_matrix" in read.snapshots[5]  # what is computed when somebody looks is there, too


def test_numpy_reads_what_the_schema_says(session: InspectSession, tmp_path: Path) -> None:
    save_npz(inspection_of(session, (3,)), tmp_path / "seen.npz")
    with np.load(tmp_path / "seen.npz", allow_pickle=False) as arrays:
        about = json.loads(arrays["inspection"].tobytes())
        assert about["format"] == 1
        assert about["recorded"] == [3]
        assert arrays["history/loss"].shape == (6,)
        assert arrays["step/3/rank_score"].shape == (32, 12)
        assert arrays["step/3/batch_images"].dtype == np.float32
        assert "data" not in about["overrides"]
        dims = {spec["key"]: spec["dims"] for spec in about["tensors"]}
        assert dims["rank_score"] == ["B", "D"]


def test_the_documentation_names_every_field(session: InspectSession, tmp_path: Path) -> None:
    save_npz(inspection_of(session, (3,)), tmp_path / "seen.npz")
    said = (Path(ipo.__file__).parents[1] / "docs" / "inspection_files.md").read_text()
    with np.load(tmp_path / "seen.npz") as arrays:
        about = json.loads(arrays["inspection"].tobytes())
    assert [name for name in (*about, *about["tensors"][0]) if f"`{name}`" not in said] == []


def test_a_trace_of_any_loop_comes_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    model.register_module("</script><script>", nn.Linear(3, 2, dtype=torch.bfloat16))
    optimizer = torch.optim.Adam(model.parameters())
    with ipo.inspect(model, optimizer) as trace:
        for _ in range(3):
            optimizer.zero_grad()
            hidden = model[1](model[0](torch.randn(8, 4)))
            model[2](hidden.bfloat16()).float().square().mean().backward()
            optimizer.step()
    trace.save_npz(tmp_path / "trace.npz")
    read = ipo.read_inspection(tmp_path / "trace.npz")
    assert same(trace.inspection(), read)
    assert (read.recipe, read.condition, read.seed, read.steps) == ("Sequential", "", None, 3)
    assert "</script><script>/weight_gradient" in read.snapshots[2]


def test_a_saved_session_is_read_without_its_code(session: InspectSession, tmp_path: Path) -> None:
    session.save(tmp_path / "session.npz")
    read = read_inspection(tmp_path / "session.npz")
    assert read.steps == 6
    assert np.array_equal(read.snapshots[4]["rank_score"], session.get_step(4)["rank_score"])


def test_summaries_of_what_was_too_large_travel_with_it(tmp_path: Path) -> None:
    model = nn.Linear(300, 300)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with ipo.inspect(model, optimizer, step_bytes=1000) as trace:
        model(torch.randn(4, 300)).square().mean().backward()
        optimizer.step()
    trace.save_npz(tmp_path / "trace.npz")
    before = trace.step().snapshot.summaries
    after = read_inspection(tmp_path / "trace.npz").snapshots[0].summaries
    assert list(after) == list(before) != []
    assert all(after[key].norm == before[key].norm for key in before)


@pytest.mark.parametrize("damage", ["text", "cut", "format", "missing"])
def test_a_damaged_file_says_so(session: InspectSession, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "seen.npz"
    save_npz(inspection_of(session, (3,)), path)
    if damage == "text":
        path.write_text("no zip")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-400])
    else:
        with np.load(path) as arrays:
            held = dict(arrays)
        about = json.loads(held["inspection"].tobytes())
        if damage == "format":
            about["format"] = 2
        else:
            del about["tensors"]
        held["inspection"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        np.savez(path, **held)  # type: ignore[arg-type]
    with pytest.raises(BadInspection, match=r"damaged|another format than 1"):
        read_inspection(path)


def test_what_is_cancelled_leaves_no_file(session: InspectSession, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        save_npz(inspection_of(session, (1, 2, 3)), tmp_path / "seen.npz", small.Stopping(1))
    assert list(tmp_path.iterdir()) == []
