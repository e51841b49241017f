"""Decoders of other packages are found by their entry points; those that do not work are left out."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipo.decoders.machine_settings import save_machine_setting
from ipo.decoders.settings import complete
from ipo.jobs import SILENT
from ipo.registry import decoder_kinds, open_decoder
from tests.support.installed_decoders import documented_decoder, forget_installed, install_decoder


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    decoder_kinds.cache_clear()
    yield folder
    forget_installed("stripes", "broken")


def test_the_documented_decoder_works_as_it_stands(packages: Path, tmp_path: Path) -> None:
    install_decoder(packages, "stripes", documented_decoder(), "Stripes")
    decoder = open_decoder(tmp_path, "stripes", {"colours": "cold"})
    declared = decoder_kinds()["stripes"].settings
    settings = {"size": 64, **complete(declared, {"colours": "cold"})}
    latents = np.random.default_rng(0).standard_normal((3, *decoder.info.latent_shape(64)), np.float32)
    images = decoder.decode(latents, "moss", settings, context=SILENT)
    assert (images.shape, images.dtype) == ((3, 64, 64, 3), np.uint8)
    again = decoder.decode(latents[1:2], "moss", settings, context=SILENT)
    assert (again[0] == images[1]).all()
    warm = decoder.decode(latents, "moss", settings | {"colours": "warm"}, context=SILENT)
    assert (warm != images).any()


def test_a_wrong_setting_is_refused_before_anything_is_opened(packages: Path, tmp_path: Path) -> None:
    install_decoder(packages, "stripes", documented_decoder(), "Stripes")
    with pytest.raises(ValueError, match="Colours is 'green'; warm or cold would be right"):
        open_decoder(tmp_path, "stripes", {"colours": "green"})


def test_what_is_set_on_this_machine_counts_unless_somebody_says_otherwise(
    packages: Path, tmp_path: Path
) -> None:
    code = documented_decoder().replace(
        "        return self\n", "        self.opened = settings\n        return self\n"
    )
    install_decoder(packages, "stripes", code, "Stripes")
    save_machine_setting(tmp_path, "stripes", "device", "cuda")
    opened: Any = open_decoder(tmp_path, "stripes", {"colours": "cold"})
    assert opened.opened == {"colours": "cold", "softness": 1.0, "device": "cuda"}
    assert open_decoder(tmp_path, "stripes", {"device": "cpu"}) is opened
    assert opened.opened["device"] == "cpu"


@pytest.mark.parametrize("code", ["raise RuntimeError('no driver')", "import not_there", "", "Kind = 3"])
def test_a_decoder_that_cannot_be_imported_is_logged_and_left_out(
    packages: Path, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    install_decoder(packages, "broken", code, "Kind")
    with caplog.at_level(logging.WARNING, "ipo.registry"):
        assert "broken" not in decoder_kinds()
    assert "broken" in caplog.text
    assert "procedural" in decoder_kinds()


def test_no_package_takes_the_place_of_a_decoder_of_ours(packages: Path) -> None:
    ours = decoder_kinds()["procedural"]
    decoder_kinds.cache_clear()
    install_decoder(packages, "procedural", documented_decoder(), "Stripes")
    assert type(decoder_kinds()["procedural"]) is type(ours)
    forget_installed("procedural")


def test_a_decoder_that_is_not_here_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Decoder 'dream' is not here; procedural or .*ssvae would"):
        open_decoder(tmp_path, "dream", {})
