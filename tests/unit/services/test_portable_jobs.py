"""What goes onto the lanes can be pickled, and gives the same numbers in another process."""

import inspect
import io
import math
import pickle
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from background import Background, Lane
from ipo.digits.folder import folder_in
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.jobs import SILENT
from ipo.preference.storage.sessions import SessionKey
from ipo.services.transfers import (
    Task,
    start_duplicating,
    start_exporting,
    start_importing,
    start_renaming,
)
from ipo.services.workspace import Workspace
from ipo.value.ridge_model import RidgeModel
from tests.support.forks import CONTEXT
from tests.support.lanes import drain
from tests.support.sessions import compared_session, exported, judged_session
from tests.unit.digits.small import CONFIG
from value_model import request_cross_validation

KEY = SessionKey("moss and rust", 64, "procedural")
KINDS = [
    "fit ridge",
    "fit xgb",
    "cross-validate",
    "λ path",
    "learning curve",
    "value rows",
    "measure certainty",
    "verify row",
    "value the line",
    "decode the line",
    "read the weights",
    "rename session",
    "duplicate session",
    "export zip",
    "export table",
    "export imagefolder",
    "export pickapic",
    "import session",
]
NEVER_THE_SAME = {"seconds", "ended_at", "made_at", "key", "ridge"}

Recorded = dict[str, bytes]  # kind → the job as it went onto the lane


def perform(job: bytes) -> Any:
    """Restore a job and do its work, as a worker elsewhere would."""
    work = pickle.loads(job)
    keywords = {"progress": SILENT} if "progress" in inspect.signature(work).parameters else {}
    return comparable(work(**keywords))


def comparable(result: Any) -> Any:
    """Numbers and words of a result; times, and what is random on purpose, left out."""
    match result:
        case np.ndarray():
            return result.tolist()
        case float() if math.isnan(result):  # which is not equal to itself
            return "NaN"
        case xgboost.Booster():
            return bytes(result.save_raw())
        case Mapping():
            return {name: comparable(value) for name, value in result.items()}
        case list() | tuple():
            return [comparable(value) for value in result]
    if is_dataclass(result):
        names = [field.name for field in fields(result) if field.name not in NEVER_THE_SAME]
        return {name: comparable(getattr(result, name)) for name in names}
    return result


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """Every kind of job of a session that somebody has judged, looked into, exported and imported."""
    home = tmp_path_factory.mktemp("home")
    jobs: Recorded = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Background, "submit", recording(jobs, Background.submit))
        space = Workspace(home)
        use(space, home)
        space.background.shutdown()
        yield jobs


def recording(jobs: Recorded, submit: Callable[..., Any]) -> Callable[..., Any]:
    def record(self: Background, lane: Lane, fn: Callable[..., Any], *args: Any, **how: Any) -> Any:
        job = pickle.dumps(partial(fn, *args))  # whatever it is
        kind = next((kind for kind in KINDS if how["label"].startswith(kind)), None)
        if kind is not None:
            jobs[kind] = job
        return submit(self, lane, fn, *args, **how)

    return record


def use(space: Workspace, home: Path) -> None:
    judged_session(home, rows=14, key=KEY)
    compared_session(home, pairs=1, key=KEY)
    checkpoint.save(folder_in(home).checkpoint, InteractiveTrainer(CONFIG))
    session = space.session(KEY)
    session.queue.show(1, 2)
    drain(space.background)
    sheet, line, study = space.gallery_data(session), space.traversal(session), space.diagnostics(session)
    row = session.rows()[0]
    sheet.entries()
    sheet.predictions.deviation(row.candidate_id)
    sheet.verify(row.candidate_id)
    line.decode()
    study.path()
    study.learn()
    request_cross_validation(session.state, space.background)
    space.latest_weights.name("ssvae")
    start_renaming(space, KEY, "Moss")
    start_duplicating(space, KEY)
    for task in (Task.ZIP, Task.TABLE, Task.IMAGEFOLDER, Task.PICKAPIC):
        start_exporting(space, KEY, task)
    start_importing(space, io.BytesIO(exported(home, KEY)))
    drain(space.background)
    verdict = sheet.verdict(row.candidate_id)
    assert verdict is not None and study.learned is not None and line.strip is not None


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    """Another process, that shares nothing with this one."""
    with ProcessPoolExecutor(1, CONTEXT) as executor:
        yield executor


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_gives_the_same_result_in_another_process(
    recorded: Recorded, elsewhere: ProcessPoolExecutor, kind: str
) -> None:
    here, there = perform(recorded[kind]), elsewhere.submit(perform, recorded[kind]).result(120)
    assert here == there and here not in (None, {}, [])


def test_a_fit_goes_on_from_one_that_came_back_from_another_process(recorded: Recorded) -> None:
    work = pickle.loads(recorded["fit ridge"])
    first = work()
    ridge: RidgeModel = pickle.loads(pickle.dumps(first.ridge))
    again = partial(work.func, ridge, *work.args[1:])()
    np.testing.assert_allclose(again.model.w, first.model.w, rtol=1e-6)
