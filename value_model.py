"""The one door for value-model fits: `train_and_record`, `cross_validate`, `ridge_fit`.

Fits take an immutable snapshot and the generation it was taken at; a result is adopted under the
session's `w_lock` only if no newer one was. While a fit is in flight further labels mark the model dirty,
and one more fit follows: never more than one is queued per model. No page calls a fit.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from background import Background, Job, JobStatus, Lane
from ipo.cores import numeric_threads
from ipo.error_text import error_text
from ipo.jobs import Progress, portable
from ipo.preference.embeddings.image_values import embeddings_at
from ipo.preference.state import MODELS, RIDGE, XGB, ModelParams, PreferenceState, fingerprint, rows_hash
from ipo.preference.training_set import TrainingSnapshot
from ipo.value import boosting, ridge
from ipo.value.gram import Gram, gram
from ipo.value.kernel import Points
from ipo.value.kernel_choice import chosen_gram
from ipo.value.lambda_path import lambda_path
from ipo.value.ridge import RidgeFit, ridge_fit
from ipo.value.ridge_model import RidgeModel
from ipo.value.scores import Score, enough_to_hold_out, folds, score
from ipo.value.status import CrossValidation, FitRecord, FitState, ValueModel
from ipo.value.two_kernels import LATENT, MOST, TwoKernelFit, fit_two_kernels, mix

__all__ = ["MODELS", "cross_validate", "request_cross_validation", "ridge_fit", "train_and_record"]

logger = logging.getLogger("ipo.value_model")


@dataclass(frozen=True)
class Fitted:
    """What a fit brings."""

    model: ValueModel
    seconds: float
    score: Score | None = None  # by five folds
    held_out: dict[str, float] = field(default_factory=dict)  # candidate id → value by all other rows
    ridge: RidgeModel | None = None  # what the next Ridge fit goes on from
    images: TwoKernelFit | None = None  # Ridge on embeddings too, where a session wants it


LANE_OF = {RIDGE: Lane.RIDGE, XGB: Lane.XGB}
FOLDS = 5


def train_and_record(
    state: PreferenceState, background: Background, on_adopt: Callable[[], None] = lambda: None
) -> None:
    """See to it that every model gets fitted to the labels as they are now. Returns at once.

    `on_adopt()` runs on the lane's thread each time a newer fit was adopted.
    """
    for model in MODELS:
        _train(state, background, model, on_adopt)


def _train(state: PreferenceState, background: Background, model: str, on_adopt: Callable[[], None]) -> None:
    with state.w_lock:
        if state.train_status[model].in_flight:
            state.dirty.add(model)
            return
        rows = state.pool.snapshot()
        ready = trainable(model, rows)
        if not ready:
            state.models.pop(model, None)
            if model == RIDGE:
                state.held_out, state.image_fit = {}, None
            state.update_status(
                model, state=FitState.UNTRAINED, generation=rows.generation, rows=0, score=None, error=""
            )
        else:
            state.update_status(model, state=FitState.QUEUED)
        state.dirty.discard(model)
        work = _prepare(state, model, rows)
    if not ready:
        on_adopt()
        return

    def begin() -> None:
        state.update_status(model, state=FitState.RUNNING)

    def adopt(fitted: Fitted) -> None:
        if _adopt(state, model, rows, fitted):
            on_adopt()

    def end(job: Job) -> None:
        _settle(state, model, job)
        with state.w_lock:
            again = model in state.dirty and job.status != JobStatus.CANCELLED
        if again:
            _train(state, background, model, on_adopt)
        else:
            _cross_validate_after_fit(state, background)

    label = f"fit {model} to {len(rows)} rows"
    background.submit(LANE_OF[model], work, on_begin=begin, on_done=adopt, on_end=end, label=label)


def _prepare(state: PreferenceState, model: str, rows: TrainingSnapshot) -> "partial[Fitted]":
    """The fit of a model as a portable job. The caller holds the lock."""
    if model == RIDGE:
        return partial(fit_ridge_model, state.ridge, rows, state.params, _embeddings(state))
    return partial(fit_trees, state.gram, rows, state.params)


def _embeddings(state: PreferenceState) -> dict[str, NDArray[np.float32]]:
    """By candidate id, where the session reads them. The caller holds the lock."""
    return {} if state.params.features == LATENT else dict(state.embeddings)


def _adopt(state: PreferenceState, model: str, rows: TrainingSnapshot, fitted: Fitted) -> bool:
    """Swap a fit in, unless a newer one is there. True if it was adopted."""
    with state.w_lock:
        newest = state.train_status[model].generation
        if newest is not None and newest >= rows.generation:
            logger.info("%s: generation %d is older than %d, dropped", model, rows.generation, newest)
            return False
        state.models[model] = fitted.model
        if fitted.ridge is not None:
            state.held_out, state.ridge, state.gram = fitted.held_out, fitted.ridge, fitted.ridge.gram
            state.image_fit = fitted.images
        ended_at, seconds = time.time(), fitted.seconds
        state.update_status(
            model,
            generation=rows.generation,
            rows=len(rows),
            score=fitted.score,
            seconds=seconds,
            ended_at=ended_at,
        )
        relative = fitted.model.relative_lambda if isinstance(fitted.model, RidgeFit) else None
        state.history.append(
            FitRecord(model, rows.generation, len(rows), seconds, ended_at, fitted.score, relative)
        )
        return True


def _settle(state: PreferenceState, model: str, job: Job) -> None:
    with state.w_lock:
        if job.error is not None:
            state.update_status(model, state=FitState.ERROR, error=error_text(job.error))
            return
        trained = model in state.models
        state.update_status(model, state=FitState.OK if trained else FitState.UNTRAINED, error="")


def trainable(model: str, rows: TrainingSnapshot) -> bool:
    """A fit needs at least one Good and one Bad; for Ridge a pair will do."""
    both = bool((rows.y > 0).any() and (rows.y < 0).any())
    return both or (model == RIDGE and len(rows.pairs) > 0)


@portable
def fit_trees(gram: Gram, rows: TrainingSnapshot, params: ModelParams, progress: Progress) -> Fitted:
    """Fit XGBoost."""
    began = time.perf_counter()
    gram.grow(rows.features)
    K = gram.between(rows.index, rows.index)
    trees = boosting.fit(rows.X, K, rows.y, params.boost, threads=numeric_threads(), progress=progress)
    return Fitted(trees, time.perf_counter() - began)


def fit_ridge_model(
    model: RidgeModel,
    rows: TrainingSnapshot,
    params: ModelParams,
    embeddings: Mapping[str, NDArray[np.float32]] = MappingProxyType({}),
) -> Fitted:
    """Fit Ridge, going on from the fit before; it brings its held-out values with it, in closed form.

    With embeddings by candidate id these are of the values that read what images show; latents are fitted
    all the same, for proposals.
    """
    began = time.perf_counter()
    fitted = model.refit(
        rows.features,
        np.append(rows.index, rows.pairs),
        np.append(rows.y, np.ones(len(rows.pairs), np.float32)),
        params.ridge_lambda,
        np.append(np.ones(len(rows)), np.zeros(len(rows.pairs))),
        rows.points,
        params.kernel,
    )
    images = None
    if embeddings:
        known = embeddings_at(rows, embeddings, fitted.places)
        images = fit_two_kernels(fitted, model.gram, known, params.features, params.ridge_lambda)
    used, places = (fitted, fitted.places) if images is None else (images, fitted.places[images.rows])
    labelled = np.flatnonzero(used.dual.constant)  # pairs teach in every fold and are never held out
    held_out = None
    if enough_to_hold_out(used.y[labelled]):
        parts = [labelled[part] for part in folds(used.y[labelled], FOLDS)]
        predicted = ridge.held_out(used.dual, used.y, parts)
        held_out = score(used.y[labelled], predicted[labelled])
    id_at = dict(zip(rows.index.tolist(), rows.ids, strict=True))
    values = used.held_out
    able = labelled[np.isfinite(values[labelled])]  # the only row of a session cannot be held out
    by_id = {id_at[int(places[row])]: float(values[row]) for row in able}
    return Fitted(fitted, time.perf_counter() - began, held_out, by_id, model, images)


def cross_validate(
    X: NDArray[np.float32],
    y: NDArray[np.float32],
    params: ModelParams,
    progress: Progress,
    k: int = FOLDS,
    seed: int = 0,
    points: Points | None = None,
    embeddings: NDArray[np.float32] | None = None,
) -> Mapping[str, Score]:
    """Held-out scores of every model on the same shuffled stratified folds of X `(n, d)`, y `(n,)`.

    Ridge in closed form from the Gram matrix, XGBoost by refitting inside each fold. With the coordinates
    `points` `(n, 2, m)` of the rows Ridge may be curved; with `embeddings` `(n, e)` it reads them too.
    Raises `ValueError` for fewer than two rows of either label.
    """
    parts = folds(y, k, seed)
    progress.report(0.02, "gram matrix")
    K = gram(X)
    own = chosen_gram(K, y, points, params.kernel, params.ridge_lambda)
    if embeddings is not None:
        shown, newest = gram(embeddings), np.arange(len(y))[-MOST:]
        own = mix(own, shown, y, np.ones(len(y)), params.features, newest).of(own, shown)
    by_ridge = ridge.held_out(_dual(own, y, params.ridge_lambda), y, parts)
    progress.check()
    by_trees = boosting.held_out(X, K, y, params.boost, parts, threads=numeric_threads(), progress=progress)
    return {RIDGE: score(y, by_ridge), XGB: score(y, by_trees)}


def _dual(K: NDArray[np.float64], y: NDArray[np.float32], relative: float | None) -> ridge.Dual:
    """The Ridge fit in the Gram space; λ is chosen by leave-one-out if none is given."""
    lam = ridge.absolute_lambda(K, lambda_path(K, y).best if relative is None else relative)
    return ridge.solve(ridge.inverse(K, lam), y, lam)


@portable
def validate_rows(
    rows: TrainingSnapshot,
    params: ModelParams,
    progress: Progress,
    embeddings: Mapping[str, NDArray[np.float32]] = MappingProxyType({}),
) -> CrossValidation:
    """Cross-validate every model on labelled rows; with embeddings by candidate id, on those that have one.

    Raises `ValueError` for fewer than two of either label.
    """
    began = time.perf_counter()
    X, y, points, known = rows.X, rows.y, rows.row_points, None
    if embeddings:
        known = embeddings_at(rows, embeddings, rows.index)
        there = np.isfinite(known).all(1)
        X, y, known = X[there], y[there], known[there]
        points = None if points is None else points[there]
    scores = cross_validate(X, y, params, progress, points=points, embeddings=known)
    hashed = rows_hash(rows)
    fingerprints = {model: fingerprint(hashed, model, params) for model in MODELS}
    return CrossValidation(scores, fingerprints, time.time(), time.perf_counter() - began, FOLDS)


def request_cross_validation(state: PreferenceState, background: Background) -> Job | None:
    """*Compute CV now*: queue a cross-validation of the rows as they are, unless one is in flight."""
    with state.w_lock:
        rows, params, embeddings = state.pool.snapshot(), state.params, _embeddings(state)
        work = partial(validate_rows, embeddings=embeddings) if embeddings else validate_rows

    def adopt(result: CrossValidation) -> None:
        with state.w_lock:
            state.cv = result

    def end(job: Job) -> None:
        if job.status == JobStatus.OK and state.pool.generation != rows.generation:
            _cross_validate_after_fit(state, background)

    label = f"cross-validate {len(rows)} rows"
    with state.w_lock:  # two lanes may end at the same instant
        last = background.latest(Lane.CV, state)
        if last is not None and last.in_flight:
            return None
        return background.submit(
            Lane.CV, work, rows, params, on_done=adopt, on_end=end, owner=state, label=label
        )


def _cross_validate_after_fit(state: PreferenceState, background: Background) -> None:
    """The toggle *CV after each fit*: once all fits have ended, and again if rows came meanwhile."""
    with state.w_lock:
        fitting = any(status.in_flight for status in state.train_status.values())
        enough = enough_to_hold_out(state.pool.snapshot().y)
    if state.cv_after_fit and enough and not fitting:
        request_cross_validation(state, background)
