"""What is set on this machine comes back, and a damaged file is said."""

from pathlib import Path

import pytest

from ipo.decoders.machine_settings import load_machine_settings, save_machine_setting
from ipo.decoders.settings import Setting

DECLARED = (
    Setting("steps", "Steps", 2),
    Setting("device", "Device", "cpu", choices=("cpu", "cuda"), changes_pixels=False),
    Setting("tiling", "Tiling", False, changes_pixels=False),
)


def test_what_was_set_comes_back_for_its_decoder_alone(tmp_path: Path) -> None:
    assert load_machine_settings(tmp_path, "one", DECLARED) == {"device": "cpu", "tiling": False}
    save_machine_setting(tmp_path, "one", "tiling", True)
    save_machine_setting(tmp_path, "one", "device", "cuda")
    assert load_machine_settings(tmp_path, "one", DECLARED) == {"device": "cuda", "tiling": True}
    assert load_machine_settings(tmp_path, "other", DECLARED) == {"device": "cpu", "tiling": False}


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"one": 3}', '{"one": {"device": "tpu"}}', '{"one": {"tiling": 1}}']
)
def test_a_damaged_file_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / "decoders").mkdir()
    (tmp_path / "decoders/machine.json").write_text(content)
    with pytest.raises(ValueError, match=r"machine\.json|would be right"):
        load_machine_settings(tmp_path, "one", DECLARED)
