"""The version of what each panel shows, for any thread to read.

A version holds the results themselves, not whether work is under way: work may begin and end unseen.
"""

from typing import Any

from background import Job, Lane
from ipo.preference.session import PreferenceSession
from ipo.preference.state import MODELS, RIDGE
from ipo.ui.runtime.process import workspace
from ipo.value.two_kernels import LATENT


def cv_job(session: PreferenceSession) -> Job | None:
    """The last cross-validation, the one under way included."""
    return workspace().background.latest(Lane.CV, session.state)


def stale_models(session: PreferenceSession) -> list[str]:
    """Models whose rows, labels or settings have changed since the last cross-validation."""
    cv = session.state.cv
    if cv is None:
        return []
    return [model for model in MODELS if cv.fingerprints[model] != session.state.fingerprint(model)]


def scores(session: PreferenceSession) -> Any:
    job, state = cv_job(session), session.state
    progress = None if job is None else (id(job), job.status, job.fraction, job.message)
    about = session.opened, session.notices
    return progress, cross_validation(session), dict(state.train_status), state.counts(), about


def cross_validation(session: PreferenceSession) -> Any:
    return session.state.cv, stale_models(session)


def learning(session: PreferenceSession) -> Any:
    study = workspace().diagnostics(session)
    work = study.learning
    progress = None if work is None else (id(work), work.fraction, work.message)
    return progress, study.learned, study.stale, study.problem, session.state.counts()


def path(session: PreferenceSession) -> Any:
    study, state = workspace().diagnostics(session), session.state
    fit = state.train_status[RIDGE]
    asked = state.params.ridge_lambda, state.params.kernel, state.params.features
    return study.known_path, study.path_problem, fit.generation, fit.in_flight, asked, _embeddings(session)


def _embeddings(session: PreferenceSession) -> Any:
    if session.state.params.features == LATENT:
        return None
    return workspace().row_embeddings.status_of(session), session.queue.looking.proposals


def fits(session: PreferenceSession) -> Any:
    state = session.state
    with state.w_lock:
        return state.train_status[RIDGE].generation, list(state.history)[-1:]


def surprises(session: PreferenceSession) -> Any:
    state = session.state
    return state.train_status[RIDGE].generation, state.pool.generation


def line(session: PreferenceSession) -> Any:
    line = workspace().traversal(session)
    return line.ready, line.working, line.stale, line.problem, line.strip
