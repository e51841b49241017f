"""When the panels are drawn again: each fragment with the version of what it shows.

A version holds the results themselves, not whether work is under way: work may begin and end unseen.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from background import Job, Lane
from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.preference.state import MODELS, RIDGE
from ipo.ui.preference import selection
from ipo.ui.runtime import fragments
from ipo.ui.runtime.process import workspace

SURPRISING = 8  # rows


@contextlib.contextmanager
def drawing(fragment: Keys) -> Iterator[PreferenceSession]:
    """The session that a fragment is about. Its version is noted once it is drawn."""
    session = selection.selected()
    if session is None:
        st.stop()
    with fragments.drawing(fragment, VERSIONS[fragment](session)):
        yield session


def due(session: PreferenceSession) -> list[str]:
    """Fragments that show something older than what is there."""
    return fragments.due({fragment: version(session) for fragment, version in VERSIONS.items()})


def busy(session: PreferenceSession) -> bool:
    """Whether something that the page shows is in flight."""
    space = workspace()
    study, cv = space.study(session), cv_job(session)
    opening = not session.opened and not session.table([]).error
    fitting = any(status.in_flight for status in session.state.train_status.values())
    computing = study.tracing or study.learning is not None or (cv is not None and cv.in_flight)
    drawing = space.line(session).working or not all(_thumbs(session).values())
    return opening or fitting or computing or drawing


def cv_job(session: PreferenceSession) -> Job | None:
    """The last cross-validation, the one under way included."""
    return workspace().background.latest(Lane.CV, session.state)


def stale_models(session: PreferenceSession) -> list[str]:
    """Models whose rows, labels or settings have changed since the last cross-validation."""
    cv = session.state.cv
    if cv is None:
        return []
    return [model for model in MODELS if cv.fingerprints[model] != session.state.fingerprint(model)]


def _scores(session: PreferenceSession) -> Any:
    job, state = cv_job(session), session.state
    progress = None if job is None else (id(job), job.status, job.fraction, job.message)
    about = session.opened, session.notices
    return progress, _cv(session), dict(state.train_status), state.counts(), about


def _cv(session: PreferenceSession) -> Any:
    return session.state.cv, stale_models(session)


def _learning(session: PreferenceSession) -> Any:
    study = workspace().study(session)
    work = study.learning
    progress = None if work is None else (id(work), work.fraction, work.message)
    return progress, study.learned, study.stale, study.problem, session.state.counts()


def _path(session: PreferenceSession) -> Any:
    study, state = workspace().study(session), session.state
    fit = state.train_status[RIDGE]
    return study.known_path, study.path_problem, fit.generation, fit.in_flight, state.params.ridge_lambda


def _fits(session: PreferenceSession) -> Any:
    state = session.state
    with state.w_lock:
        return state.train_status[RIDGE].generation, list(state.history)[-1:]


def _surprises(session: PreferenceSession) -> Any:
    state = session.state
    return state.train_status[RIDGE].generation, state.pool.generation, _thumbs(session)


def _line(session: PreferenceSession) -> Any:
    line = workspace().line(session)
    return line.ready, line.working, line.stale, line.problem, line.strip


def _thumbs(session: PreferenceSession) -> dict[str, bool]:
    """Whether the thumbnails of the surprising rows on screen are made."""
    shown: Sequence[str] = st.session_state.get(Keys.VALUE_MODEL_SURPRISES, ())
    rows = [row for id_ in shown if (row := session.row(id_)) is not None]
    made = workspace().sheet(session).thumbnails.of(rows) if rows else {}
    return {row.candidate_id: row.candidate_id in made for row in rows}


VERSIONS: Mapping[Keys, Callable[[PreferenceSession], Any]] = {
    Keys.VALUE_MODEL_SCORES_FRAGMENT: _scores,
    Keys.VALUE_MODEL_LEARNING_FRAGMENT: _learning,
    Keys.VALUE_MODEL_PATH_FRAGMENT: _path,
    Keys.VALUE_MODEL_FITS_FRAGMENT: _fits,
    Keys.VALUE_MODEL_LAST_FITS_FRAGMENT: _fits,
    Keys.VALUE_MODEL_CV_FRAGMENT: _cv,
    Keys.VALUE_MODEL_SURPRISES_FRAGMENT: _surprises,
    Keys.VALUE_MODEL_LINE_FRAGMENT: _line,
}
