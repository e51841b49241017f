"""Work of a session needs nothing but its arguments: it can be sent to another process."""

import inspect
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipo.images import decode_png
from ipo.jobs import SILENT
from ipo.preference.proposals.generate import Proposing
from ipo.preference.proposals.proposers import EXPLOIT, ProposerSettings
from ipo.preference.state import RIDGE
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.fits import a_belief
from tests.support.forks import CONTEXT
from tests.support.judging import Ended, Person


class Elsewhere:
    """A `Submit` that has done the work in another process when it returns."""

    def __init__(self, process: ProcessPoolExecutor) -> None:
        self._process = process
        self.done: list[str] = []

    def __call__(
        self,
        fn: Callable[..., Any],
        /,
        *args: Any,
        on_done: Callable[[Any], None],
        on_error: Callable[[BaseException], None],
        label: str,
    ) -> Ended:
        keywords = {"progress": SILENT} if "progress" in inspect.signature(fn).parameters else {}
        fn, args = pickle.loads(pickle.dumps((fn, args)))
        on_done(self._process.submit(fn, *args, **keywords).result())
        self.done.append(label)
        return Ended()


@pytest.fixture(scope="module")
def process() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=CONTEXT) as process:
        yield process


def test_a_session_whose_work_is_done_in_another_process_is_as_any_other(
    process: ProcessPoolExecutor, tmp_path: Path
) -> None:
    person, elsewhere = Person(tmp_path), Elsewhere(process)
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.restart(elsewhere)
    assert person.labels == {first: GOOD} and len(person.queue) == 7
    person.session.state.models[RIDGE] = a_belief(256)
    person.session.queue.propose_with(Proposing(ProposerSettings(EXPLOIT)))
    proposed = person.session.view([]).queue[-1].candidate
    decoded = person.decoder.decode(proposed.z[None], proposed.prompt, proposed.settings, context=SILENT)[0]
    assert np.array_equal(decode_png(proposed.png), decoded)
    assert proposed.proposal.proposer == EXPLOIT and proposed.proposal.value is not None
    other = Person(tmp_path, client="other")
    other.judges(second, BAD)
    person.session.refresh()
    person.session.save_settings()
    assert person.labels == other.labels == {first: GOOD, second: BAD}
    person.restart()
    assert person.session.queue.proposing.how.proposer == EXPLOIT
    assert set(elsewhere.done) == {
        "open session",
        "decode image",
        "read the session's folder",
        "save settings",
    }
