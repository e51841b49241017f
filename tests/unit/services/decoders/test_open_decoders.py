"""Decoders that other machines are asked for: nobody waits, everybody hears what came of it."""

from pathlib import Path
from typing import Any

import pytest

from ipo.cluster.connection import Cluster
from ipo.decoders.protocol import Decoder
from ipo.preference.storage.sessions import SessionKey
from ipo.services.decoders import open_decoders
from ipo.services.decoders.open_decoders import KEPT_SECONDS, OpenDecoders
from tests.support.flat_decoder import FlatDecoder
from tests.support.judging import Later

FAR, NEAR = SessionKey("moss", 64, "far"), SessionKey("moss", 64, "near")


class Kind:
    """Decoders of this machine."""

    settings = ()

    def __init__(self) -> None:
        self.opened = 0
        self.problem = ""

    def open(self, home: Path, settings: Any) -> Decoder:
        self.opened += 1
        if self.problem:
            raise ValueError(self.problem)
        return FlatDecoder()


class FarKind(Kind):
    """Decoders of others."""

    connects = True


class Desk:
    """Opened decoders, and the lane on which others are asked."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.far, self.near, self.later, self.now = FarKind(), Kind(), Later(), 1000.0
        kinds = {"far": self.far, "near": self.near}
        monkeypatch.setattr(open_decoders, "decoder_kinds", lambda: kinds)
        monkeypatch.setattr(
            open_decoders, "open_source", lambda home, name, settings: kinds[name].open(home, settings)
        )
        monkeypatch.setattr(open_decoders.time, "monotonic", lambda: self.now)
        self.decoders = OpenDecoders(home, self.later, Cluster())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_one_of_this_machine_is_ready_and_opened_once(desk: Desk) -> None:
    assert desk.decoders.ready(NEAR)
    assert desk.decoders.get(NEAR) is desk.decoders.get(NEAR)
    assert (desk.near.opened, len(desk.later.waiting)) == (1, 0)


def test_others_are_asked_once_on_a_lane_and_then_it_is_ready(desk: Desk) -> None:
    assert not desk.decoders.ready(FAR) and not desk.decoders.ready(FAR)
    assert (desk.far.opened, len(desk.later.waiting), desk.decoders.asking(FAR)) == (0, 1, True)
    desk.later.run()
    assert desk.decoders.ready(FAR) and not desk.decoders.asking(FAR)
    assert desk.decoders.get(FAR) is desk.decoders.get(FAR)
    assert desk.far.opened == 1


def test_another_size_is_asked_for_and_the_decoder_is_the_same(desk: Desk) -> None:
    other = SessionKey("moss", 72, "far")
    assert not desk.decoders.ready(FAR)
    desk.later.run()
    assert not desk.decoders.ready(other)
    desk.later.run()
    assert desk.decoders.ready(other)
    assert desk.decoders.get(other) is desk.decoders.get(FAR)
    assert desk.far.opened == 1


def test_why_it_failed_is_told_for_a_while_and_then_others_are_asked_again(desk: Desk) -> None:
    desk.far.problem = "No image server answers."
    assert not desk.decoders.ready(FAR)
    desk.later.run()
    desk.now += 10 * KEPT_SECONDS  # nobody has heard of it
    for _ in range(2):
        assert desk.decoders.ready(FAR)
        with pytest.raises(ValueError, match="No image server answers"):
            desk.decoders.get(FAR)
    desk.now += KEPT_SECONDS + 1
    desk.far.problem = ""
    assert not desk.decoders.ready(FAR)
    desk.later.run()
    assert desk.decoders.ready(FAR)
    desk.decoders.get(FAR)


def test_an_answer_to_what_was_forgotten_is_not_used(desk: Desk) -> None:
    assert not desk.decoders.ready(FAR)
    desk.decoders.forget("far")
    assert not desk.decoders.ready(FAR)  # asked anew, at another address perhaps
    desk.later.run(1)
    assert not desk.decoders.ready(FAR)
    desk.later.run(1)
    assert desk.decoders.ready(FAR)
    assert desk.far.opened == 2
