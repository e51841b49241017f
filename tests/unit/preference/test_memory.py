"""Memory that runs out while an image is made or a session is read: said, nothing lost, and tried again."""

from collections.abc import Callable

import pytest

from ipo.preference.storage.rows import GOOD
from tests.support.flat_decoder import FlatDecoder
from tests.support.judging import Person


@pytest.fixture
def out_of_memory(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, no image can be decoded."""

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    return lambda: monkeypatch.setattr(FlatDecoder, "decode", fail)


def test_the_deck_says_that_memory_ran_out_and_goes_on_when_there_is_some(
    person: Person, out_of_memory: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = person.queue
    out_of_memory()
    person.judges(before[0], GOOD)
    assert person.labels == person.on_disk().labels == {before[0]: GOOD}
    assert person.session.view([]).error.startswith("No image could be made: Memory ran out")
    assert person.queue == before[1:]
    monkeypatch.undo()
    person.session.retry()
    assert len(person.queue) == len(before) and person.session.view([]).error == ""
