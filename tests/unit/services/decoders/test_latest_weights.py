"""The newest weights of a decoder: read on a lane, once for each state of the file that they come from."""

import os
from pathlib import Path

import pytest

from background import Background, Lane
from ipo.decoders.protocol import Decoder
from ipo.decoders.versioned import NoModel
from ipo.services.decoders.latest_weights import LatestWeights
from tests.support.lanes import drain, held


class Family:
    """Stores what its file says."""

    says = ""

    def __init__(self) -> None:
        self.reads = 0

    def source(self, home: Path) -> Path:
        return home / "weights"

    def store(self, home: Path) -> str:
        self.reads += 1
        if not self.source(home).exists():
            raise NoModel("There is no model yet.")
        content = self.source(home).read_text()
        if content == "too large":
            raise MemoryError
        return content

    def open(self, home: Path, name: str) -> Decoder:
        raise ValueError(name)


class Home:
    def __init__(self, path: Path, background: Background) -> None:
        self.path, self.background, self.family = path, background, Family()
        self.latest = LatestWeights(path, background, {"toy": self.family})
        self.written = 0

    def write(self, content: str) -> None:
        """Another state of the file, whatever the resolution of the disk's clock."""
        self.written += 1
        self.family.source(self.path).write_text(content)
        os.utime(self.family.source(self.path), (self.written, self.written))

    def read(self) -> None:
        with held(self.background, Lane.DECODE):
            assert self.latest.name("toy") is None
        drain(self.background)

    def name(self) -> str | None:
        """What is known once it was read."""
        self.read()
        return self.latest.name("toy")


@pytest.fixture
def home(tmp_path: Path, background: Background) -> Home:
    return Home(tmp_path, background)


def test_weights_are_read_once_and_again_when_the_file_is_another(home: Home) -> None:
    home.write("toy-1")
    assert home.name() == "toy-1"
    assert home.latest.name("toy") == "toy-1" and home.family.reads == 1
    home.write("toy-2")
    assert home.name() == "toy-2", "a session must not begin with old weights while newer ones are read"


def test_without_a_model_it_is_said_and_not_looked_for_until_there_is_one(home: Home) -> None:
    home.read()
    for _ in range(3):
        with pytest.raises(NoModel, match="There is no model yet"):
            home.latest.name("toy")
    assert home.family.reads == 1
    home.write("toy-1")
    assert home.name() == "toy-1"


def test_weights_that_cannot_be_read_say_why(home: Home) -> None:
    home.write("too large")
    home.read()
    with pytest.raises(NoModel, match=r"The weights of toy cannot be read: Memory ran out"):
        home.latest.name("toy")
    home.write("toy-1")
    assert home.name() == "toy-1"
