"""Promises of the desk: one owner at a time, and two sessions that see the same batches."""

import hashlib
import io
import re
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ipo import claims
from ipo.claims import Claimed
from ipo.inspector import archive
from ipo.inspector.archive import BadArchive
from ipo.inspector.errors import UnknownName
from ipo.inspector.saved_sessions import file_name, list_saved_sessions
from ipo.inspector.service import InspectorService, NotSetUp
from ipo.jobs import Cancelled
from tests.unit.inspector.small import Stopping, everything, same

HERE = "tests.unit.inspector.recipes_of_a_user"


def test_a_second_setup_is_refused_by_the_name_of_the_first(
    desk: InspectorService, small: dict[str, Any]
) -> None:
    desk.setup(condition="med", seed=3, **small)
    wanted = "the inspector is in use by a test: autoencoder_bcl, condition med, seed 3. End that first."
    for second in (desk, InspectorService("another")):
        with pytest.raises(Claimed, match=re.escape(wanted)):
            second.setup(**small)
    desk.teardown()
    assert desk.setup(**small).condition == "slow"


def test_a_model_that_is_trained_elsewhere_is_refused_and_the_reverse(
    desk: InspectorService, small: dict[str, Any]
) -> None:
    with claims.claim("model:autoencoder_bcl", "training run 7"):
        with pytest.raises(Claimed, match="model:autoencoder_bcl is in use by training run 7"):
            desk.setup(**small)
        assert desk.main is None
    session = desk.setup(**small)
    with pytest.raises(Claimed, match="in use by a test: autoencoder_bcl, condition slow, seed 0"):
        claims.claim(session.resource, "a training run")
    desk.teardown()
    claims.claim(session.resource, "a training run").release()


def test_a_setup_that_fails_holds_nothing(desk: InspectorService, small: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Unknown condition"):
        desk.setup(condition="nope", **small)
    assert desk.setup(**small) is desk.main


def test_a_session_is_replaced_by_one_that_can_be_had(desk: InspectorService, small: dict[str, Any]) -> None:
    first = desk.setup(**small)
    with claims.claim("model", "training run 7"), pytest.raises(Claimed, match="training run 7"):
        desk.replace(f"{HERE}:two_layers")
    with pytest.raises(ValueError, match="Unknown condition"):
        desk.replace(condition="nope", **small)
    assert desk.main is first and not first.torn_down
    again = desk.replace(condition="med", **small)
    assert first.torn_down and desk.main is again
    assert claims.holder(again.resource) == "a test: autoencoder_bcl, condition med, seed 0"
    desk.replace(f"{HERE}:two_layers")
    assert claims.holder(again.resource) is None


def test_two_conditions_see_the_same_batches_and_keep_step(
    desk: InspectorService, small: dict[str, Any]
) -> None:
    main = desk.setup(**small)
    main.step(9)
    other = desk.beside("control", algorithm="bcl_rescue")
    assert (other.seed, other.overrides["algorithm"], other.state().steps) == (0, "bcl_rescue", 9)
    desk.step(5)
    assert (main.state().steps, other.state().steps) == (14, 14)
    for n in range(14):
        assert np.array_equal(main.get_step(n)["batch_images"], other.get_step(n)["batch_images"])
    assert not np.array_equal(main.get_step(13)["encoder_weights"], other.get_step(13)["encoder_weights"])


def test_other_batches_are_refused_beside(desk: InspectorService, small: dict[str, Any]) -> None:
    desk.setup(**small)
    with pytest.raises(ValueError, match="batch_size would give other batches"):
        desk.beside("control", batch_size=16)
    assert desk.other is None


def test_catching_up_can_be_cancelled_and_goes_on_later(
    desk: InspectorService, small: dict[str, Any]
) -> None:
    desk.setup(**small).step(9)
    with pytest.raises(Cancelled):
        desk.beside("control", progress=Stopping(after=4))
    assert desk.other is not None
    assert desk.other.state().steps == 4
    desk.step()
    assert desk.other.state().steps == 10


def test_a_fork_lies_beside(desk: InspectorService, small: dict[str, Any]) -> None:
    main = desk.setup(**small)
    main.step(4)
    fork = desk.fork()
    assert desk.other is fork
    desk.step(3)
    assert same(everything(main, 6), everything(fork, 6))


def test_the_version_grows_whenever_a_session_comes_or_goes(
    desk: InspectorService, small: dict[str, Any]
) -> None:
    versions = [desk.version]
    for act in (lambda: desk.setup(**small), desk.fork, lambda: desk.teardown("other"), desk.teardown):
        act()
        versions.append(desk.version)
    assert versions == sorted(set(versions))
    assert (desk.main, desk.other) == (None, None)


def test_without_a_session_it_says_so(desk: InspectorService) -> None:
    desk.teardown()
    with pytest.raises(NotSetUp, match=r"There is no session\. Set one up first"):
        desk.step()
    with pytest.raises(ValueError, match="'left' is not a session of the desk"):
        desk.teardown("left")


def test_of_many_setups_at_once_one_succeeds(desk: InspectorService, small: dict[str, Any]) -> None:
    results: list[str] = []

    def attempt() -> None:
        try:
            results.append(desk.setup(**small).id)
        except Claimed:
            results.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("refused") == 3


def test_a_session_saved_by_an_older_version_opens_and_goes_on(
    desk: InspectorService, small: dict[str, Any], tmp_path: Path
) -> None:
    """Without specs, notes and settings, and with the random numbers of torch only."""
    path, first = tmp_path / "run.npz", desk.setup(condition="med", seed=2, **small)
    first.step(6)
    first.save(path)
    first.step(2)
    right = everything(first, 7)
    with np.load(path) as arrays:
        held = {name: arrays[name] for name in arrays if name not in ("specs", "notes")}
    state = torch.load(io.BytesIO(held["checkpoint"].tobytes()), weights_only=True)
    state["randomness"] = state["randomness"]["torch"]
    file = io.BytesIO()
    torch.save(state, file)
    held["checkpoint"] = np.frombuffer(file.getvalue(), np.uint8)
    np.savez(path, **held)
    desk.teardown()
    again = desk.reopen(path, data=small["data"])
    again.step(2)
    assert same(right, everything(again, 7))


def test_a_saved_session_goes_on_bit_for_bit(
    desk: InspectorService, small: dict[str, Any], tmp_path: Path
) -> None:
    first = desk.setup(condition="med", seed=2, algorithm="bcl_rescue", **small)
    first.step(12)
    first.pin(3)
    first.save(tmp_path / "run.npz")
    before, history = everything(first, 5), first.history()
    first.step(6)
    right = everything(first, 17)
    desk.teardown()
    again = desk.reopen(tmp_path / "run.npz", data=small["data"])
    assert (again.condition, again.seed, again.overrides["algorithm"]) == ("med", 2, "bcl_rescue")
    assert (again.state().steps, again.state().pinned) == (12, (3,))
    assert same(before, everything(again, 5))
    assert all(
        np.array_equal(column, again.history().columns[key]) for key, column in history.columns.items()
    )
    again.step(6)
    assert same(right, everything(again, 17))
    again.rewind(8)
    again.step(9)
    assert same(right, everything(again, 17))


def test_a_users_recipe_is_reopened_only_by_name(desk: InspectorService, tmp_path: Path) -> None:
    name = f"{HERE}:two_layers"
    desk.setup(name).step(5)
    desk.session.save(tmp_path / "run.npz")
    right = everything(desk.session, 4)
    desk.teardown()
    with pytest.raises(BadArchive, match=r"which is not registered\. If you trust it, name it"):
        desk.reopen(tmp_path / "run.npz")
    assert desk.main is None
    again = desk.reopen(tmp_path / "run.npz", recipe=name)
    assert same(right, everything(again, 4))
    assert again.step().steps == 6


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"0" * 100])
def test_a_file_that_is_no_session_is_refused(desk: InspectorService, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(BadArchive, match="is not a saved session, or it is damaged"):
        desk.reopen(tmp_path / "bad")


def test_a_damaged_or_foreign_file_is_refused_and_nothing_is_left_set_up(
    desk: InspectorService, small: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "run.npz"
    desk.setup(**small).step(2)
    desk.session.save(path)
    desk.teardown()
    whole = path.read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadArchive):
        desk.reopen(tmp_path / "cut")
    with pytest.raises(BadArchive, match="It holds another model than autoencoder_bcl"):
        desk.reopen(path, data=small["data"], features=7)
    with np.load(path) as arrays:
        changed = {key: arrays[key] for key in arrays}
    changed["history/loss"] = changed["history/loss"][:1]
    np.savez(path, **changed)
    with pytest.raises(BadArchive, match="loss has 1 steps; 2 would be right"):
        desk.reopen(path, data=small["data"])
    assert desk.main is None
    desk.setup(**small)


def test_too_large_a_file_is_not_read(
    desk: InspectorService, small: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.setup(**small)
    desk.session.save(tmp_path / "run.npz")
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    with pytest.raises(BadArchive, match="at most 1000 are read"):
        desk.reopen(tmp_path / "run.npz")


def test_exports_hold_what_was_seen(desk: InspectorService, small: dict[str, Any], tmp_path: Path) -> None:
    session = desk.setup(**small)
    session.step(3)
    (tmp_path / "step.npz").write_bytes(session.export_step(1))
    with np.load(tmp_path / "step.npz", allow_pickle=False) as arrays:
        assert int(arrays["step"]) == 1
        assert same({key: arrays[key] for key in arrays if key != "step"}, everything(session, 1))
    head, *rows = session.export_history().decode().splitlines()
    table = dict(zip(head.split(","), rows[2].split(","), strict=True))
    assert len(rows) == 3
    assert int(table["step"]) == 2
    assert float(table["loss"]) == pytest.approx(session.state().loss)
    assert float(table["win_rate[11]"]) == pytest.approx(float(session.get_step(2)["win_rate"][11]))


def test_an_override_of_any_name_is_refused_by_the_recipe(
    desk: InspectorService, small: dict[str, Any]
) -> None:
    for name, said in [
        ("condition", "condition is not an override of autoencoder_bcl"),
        ("seed", "seed is not an override of autoencoder_bcl"),
        ("self", "Unknown override 'self' of autoencoder_bcl"),
        ("recipe", "Unknown override 'recipe' of autoencoder_bcl"),
        ("progress", "Unknown override 'progress' of autoencoder_bcl"),
    ]:
        with pytest.raises(UnknownName, match=said):
            desk.setup(overrides={name: 1})
    for seed in (-1, 2**63, 10**30):
        with pytest.raises(ValueError, match=f"seed is {seed}; a whole number from 0 to"):
            desk.setup(seed=seed, **small)
    assert desk.main is None


CODE = """
from tests.unit.inspector.recipes_of_a_user import two_layers

def build(seed: int):
    setup = two_layers(seed, dropout=0.0)
    return setup
"""


def test_a_session_of_code_that_changed_says_so(
    desk: InspectorService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    module, path, name = tmp_path / "saved_by_a_test.py", tmp_path / "run.npz", "saved_by_a_test:build"
    module.write_text(CODE)
    desk.replace(name).step(3)
    desk.session.save(path)
    assert desk.reopen(path, recipe=name).remark == ""
    module.write_text(CODE + "# a comment")
    session = desk.reopen(path, recipe=name)
    assert session.remark.startswith("saved_by_a_test changed since this session was saved:")
    module.write_text(CODE.replace("return setup", "setup.optimizer.param_groups[0]['lr'] = 9; return setup"))
    with pytest.raises(BadArchive, match="saved by other code than there is now: saved_by_a_test changed"):
        desk.reopen(path, recipe=name)
    assert desk.main is session


def test_a_saved_session_knows_the_files_that_its_steps_imported(
    desk: InspectorService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    lazy, path, name = tmp_path / "imported_by_a_step.py", tmp_path / "run.npz", "lazy_of_a_test:build"
    lazy.write_text("SCALE = 1.0")
    loss = "    import imported_by_a_step\n    return output.sum() * imported_by_a_step.SCALE\n"
    replaced = CODE.replace("return setup", "return dataclasses.replace(setup, loss=loss)")
    (tmp_path / "lazy_of_a_test.py").write_text(
        f"import dataclasses\n\ndef loss(output, batch):\n{loss}{replaced}"
    )
    desk.replace(name).step(2)
    desk.session.save(path)
    assert archive.read(path).sources["imported_by_a_step"] == hashlib.sha256(lazy.read_bytes()).hexdigest()
    lazy.write_text("SCALE = 1.0  # a comment")
    assert "imported_by_a_step" in desk.reopen(path, recipe=name).remark


def test_saved_sessions_are_listed_by_what_they_are(
    desk: InspectorService, small: dict[str, Any], tmp_path: Path
) -> None:
    desk.setup(**small).step(2)
    at = datetime(2026, 11, 27, 15, 50, 3)
    folder = tmp_path / "inspector"
    assert list_saved_sessions(folder) == []
    desk.session.save(folder / file_name("../lr 0.1/wd 0", 0, 2, at))
    desk.session.save(folder / "lr 0.1" / "wd 0 seed 0.npz")  # as sessions were saved once
    (folder / "damaged.npz").write_bytes(b"no zip")
    listed = list_saved_sessions(folder)
    assert [saved.recipe for saved in listed] == ["", "autoencoder_bcl", "autoencoder_bcl"]
    assert listed[0].title.startswith("damaged · damaged · 20")
    assert listed[1].title.startswith("slow · seed 0 · 2 steps · 20")
    assert {saved.path.parent for saved in listed} == {folder, folder / "lr 0.1"}


def test_a_file_that_describes_itself_at_length_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: InspectorService, small: dict[str, Any]
) -> None:
    desk.setup(**small).save(tmp_path / "run.npz")
    monkeypatch.setattr(archive, "MAX_META_BYTES", 10)
    with pytest.raises(BadArchive, match="at most 10 are read"):
        archive.read_header(tmp_path / "run.npz")
