"""When the panels are drawn again: each fragment with the version of what it shows.

A version holds the results themselves, not whether work is under way: work may begin and end unseen.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from background import Job, Lane
from ipo.keys import Keys
from ipo.preference.judging import Judging
from ipo.preference.state import MODELS, RIDGE
from ipo.ui import redraw, selection
from ipo.ui.workspace import workspace

SURPRISING = 8  # rows


@contextlib.contextmanager
def drawing(fragment: Keys) -> Iterator[Judging]:
    """The session that a fragment is about. Its version is noted once it is drawn."""
    judging = selection.selected()
    if judging is None:
        st.stop()
    with redraw.drawing(fragment, VERSIONS[fragment](judging)):
        yield judging


def due(judging: Judging) -> list[str]:
    """Fragments that show something older than what is there."""
    return redraw.due({fragment: version(judging) for fragment, version in VERSIONS.items()})


def busy(judging: Judging) -> bool:
    """Whether something that the page shows is in flight."""
    space = workspace()
    study, cv = space.study(judging), cv_job(judging)
    opening = not judging.opened and not judging.table([]).error
    fitting = any(status.in_flight for status in judging.state.train_status.values())
    computing = study.tracing or study.learning is not None or (cv is not None and cv.in_flight)
    drawing = space.line(judging).working or not all(_thumbs(judging).values())
    return opening or fitting or computing or drawing


def cv_job(judging: Judging) -> Job | None:
    """The last cross-validation, the one under way included."""
    return workspace().background.latest(Lane.CV, judging.state)


def stale_models(judging: Judging) -> list[str]:
    """Models whose rows, labels or settings have changed since the last cross-validation."""
    cv = judging.state.cv
    if cv is None:
        return []
    return [model for model in MODELS if cv.fingerprints[model] != judging.state.fingerprint(model)]


def _scores(judging: Judging) -> Any:
    job, state = cv_job(judging), judging.state
    progress = None if job is None else (id(job), job.status, job.fraction, job.message)
    about = judging.opened, dict(judging.notes)
    return progress, _cv(judging), dict(state.train_status), state.counts(), about


def _cv(judging: Judging) -> Any:
    return judging.state.cv, stale_models(judging)


def _learning(judging: Judging) -> Any:
    study = workspace().study(judging)
    work = study.learning
    progress = None if work is None else (id(work), work.fraction, work.message)
    return progress, study.learned, study.stale, study.problem, judging.state.counts()


def _path(judging: Judging) -> Any:
    study, state = workspace().study(judging), judging.state
    fit = state.train_status[RIDGE]
    return study.known_path, study.path_problem, fit.generation, fit.in_flight, state.params.ridge_lambda


def _fits(judging: Judging) -> Any:
    state = judging.state
    with state.w_lock:
        return state.train_status[RIDGE].generation, list(state.history)[-1:]


def _surprises(judging: Judging) -> Any:
    state = judging.state
    return state.train_status[RIDGE].generation, state.pool.generation, _thumbs(judging)


def _line(judging: Judging) -> Any:
    line = workspace().line(judging)
    return line.ready, line.working, line.stale, line.problem, line.strip


def _thumbs(judging: Judging) -> dict[str, bool]:
    """Whether the thumbnails of the surprising rows on screen are made."""
    shown: Sequence[str] = st.session_state.get(Keys.VALUE_MODEL_SURPRISES, ())
    rows = [row for id_ in shown if (row := judging.row(id_)) is not None]
    made = workspace().sheet(judging).thumbnails.of(rows) if rows else {}
    return {row.candidate_id: row.candidate_id in made for row in rows}


VERSIONS: Mapping[Keys, Callable[[Judging], Any]] = {
    Keys.VALUE_MODEL_SCORES_FRAGMENT: _scores,
    Keys.VALUE_MODEL_LEARNING_FRAGMENT: _learning,
    Keys.VALUE_MODEL_PATH_FRAGMENT: _path,
    Keys.VALUE_MODEL_FITS_FRAGMENT: _fits,
    Keys.VALUE_MODEL_LAST_FITS_FRAGMENT: _fits,
    Keys.VALUE_MODEL_CV_FRAGMENT: _cv,
    Keys.VALUE_MODEL_SURPRISES_FRAGMENT: _surprises,
    Keys.VALUE_MODEL_LINE_FRAGMENT: _line,
}
