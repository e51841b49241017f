"""A session does not go on with the images of another decoder before somebody says so."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.decoders.decoder_change import HELD, decoder_change
from ipo.preference.storage.rows import GOOD
from tests.support.flat_decoder import FlatDecoder
from tests.support.judging import Person

BEFORE = {"name": "flat", "version": "1", "weights_hash": "f1a7", "deterministic": True}


def other(person: Person, **changes: str) -> FlatDecoder:
    """The decoder that is there after the app was started again."""
    person.decoder = FlatDecoder()
    person.decoder.info = replace(person.decoder.info, **changes)
    return person.decoder


class Late(FlatDecoder):
    """A decoder that knows its weights when the first image is made."""

    def __init__(self) -> None:
        super().__init__()
        self.info = replace(self.info, weights_hash="")

    def decode(self, latents: NDArray[np.float32], *told: Any, **more: Any) -> NDArray[np.uint8]:
        self.info = replace(self.info, weights_hash="0123456789abcdef")
        return super().decode(latents, *told, **more)


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, None),
        ({"weights_hash": ""}, None),  # not known yet
        ({"deterministic": False}, None),
        ({"version": "2"}, False),
        ({"weights_hash": "09ab"}, True),
        ({"name": "other"}, False),
    ],
)
def test_other_weights_hold_and_another_version_is_said(changes: dict[str, Any], holds: bool | None) -> None:
    change = decoder_change(BEFORE, {**BEFORE, **changes})
    assert (None if change is None else change.holds) == holds
    assert decoder_change(None, {**BEFORE, **changes}) is None


def test_a_session_goes_on_with_the_weights_that_it_was_judged_by(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.judges(person.queue[0], GOOD)
    other(person, weights_hash="09ab")
    person.restart()
    assert person.queue == []
    change = person.session.queue.change
    assert change is not None and change.holds
    assert "made by flat 1 (weights f1a7). Now flat 1 (weights 09ab) would make" in change.says
    assert person.session.view([]).error == HELD
    person.session.retry()
    assert person.queue == []  # nothing is another meanwhile
    other(person)
    person.restart()
    assert len(person.queue) == 7 and person.session.queue.change is None


def test_who_goes_on_here_is_asked_no_more_once_something_was_judged(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.judges(person.queue[0], GOOD)
    other(person, weights_hash="09ab")
    person.restart()
    person.session.queue.accept_decoder()
    assert len(person.queue) == 7
    person.judges(person.queue[0], GOOD)
    person.restart()
    assert len(person.queue) == 7 and person.session.queue.change is None


def test_weights_that_are_known_with_the_first_image_hold_too(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.judges(person.queue[0], GOOD)
    person.decoder = Late()
    person.restart()
    assert person.queue == []
    change = person.session.queue.change
    assert change is not None and "(weights 0123456789ab)" in change.says


def test_another_version_goes_on_and_is_said_until_that_is_accepted(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.judges(person.queue[0], GOOD)
    other(person, version="2")
    person.restart()
    assert len(person.queue) == 7
    change = person.session.queue.change
    assert change is not None and "from now on flat 2 (weights f1a7) makes its images" in change.says
    person.session.queue.accept_decoder()
    assert person.session.queue.change is None


def test_nobody_is_asked_where_nothing_was_judged(tmp_path: Path) -> None:
    person = Person(tmp_path)
    other(person, weights_hash="09ab")
    person.restart()
    assert len(person.queue) == 7
