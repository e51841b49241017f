"""`ipo serve-decoder`, as it is typed: a session that is drawn elsewhere has the bytes of one drawn here."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ipo.cli.main import cli
from ipo.image_server.guard import is_loopback
from ipo.image_server.serve import check_door
from ipo.jobs import SILENT
from ipo.registry import open_decoder

PORT_LINE = re.compile(r"http://127\.0\.0\.1:(\d+) answers with the token")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Of a server that was started as a user would, with its log in `server.log`."""
    command = "import sys; from ipo.cli.main import main; sys.argv[0] = 'ipo'; main()"
    arguments = ["serve-decoder", "--port=0", "--size=64", f"--home={tmp_path}"]
    with (
        open(tmp_path / "server.log", "wb") as log,
        subprocess.Popen(
            [sys.executable, "-c", command, *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "IPO_DECODER_TOKEN": "let-me-in", "PYTHONUNBUFFERED": "1"},
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        said = [server.stdout.readline(), server.stdout.readline()]
        found = PORT_LINE.match(said[1])
        assert found, said
        assert "procedural 1 (weights" in said[0] and "on CPU: 64² in" in said[0]
        yield f"http://127.0.0.1:{found[1]}"
        server.terminate()
        server.wait(10)


def test_remote_and_local_images_have_the_same_bytes(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPO_DECODER_TOKEN", "let-me-in")
    remote, local = open_decoder(tmp_path, "remote", {"url": url}), open_decoder(tmp_path, "procedural", {})
    assert remote.info.record() == local.info.record()
    assert remote.info.latent_shape(72) == local.info.latent_shape(72)
    latents = np.random.default_rng(0).standard_normal((3, 4, 9, 9), np.float32)
    settings = {"size": 72, "options": ""}
    there = remote.decode(latents, "moss", settings, context=SILENT)
    assert np.array_equal(there, local.decode(latents, "moss", settings, context=SILENT))
    with pytest.raises(ValueError, match="A prompt is needed"):
        remote.decode(latents, " ", settings, context=SILENT)
    log = (tmp_path / "server.log").read_text()
    assert len(re.findall(r"INFO POST /decode client=127\.0\.0\.1:\d+ status=200 images=1 size=72", log)) == 3


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        (["--host", "0.0.0.0"], "Set IPO_DECODER_TOKEN"),
        (["--token", "two words"], "letters and digits"),
        (["--decoder", "dream"], "procedural or"),
        (["--decoder", "ssvae"], "ipo digits train"),
        (["--set", "steps=2"], "nothing can be set"),
        (["--size", "20"], "16 or 24 would be"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_line(tmp_path: Path, arguments: list[str], right: str) -> None:
    done = CliRunner(env={"IPO_DECODER_TOKEN": ""}).invoke(
        cli, ["serve-decoder", "--port", "0", "--home", str(tmp_path), *arguments]
    )
    assert (done.exit_code, right in done.output) == (1, True), done.output


def test_this_machine_needs_no_token() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        check_door(host, "")
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.2", "gpu", "localhost.evil.example")))
