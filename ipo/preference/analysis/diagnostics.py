"""What a look at a session's Ridge model brings that takes time: its λ path and its learning curve.

Both are made on the `cv` lane from the Gram matrix. The λ path belongs to the rows and labels of the newest
fit and is made when it is asked for; a learning curve is made on demand and kept under a fingerprint.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ipo.error_text import error_text
from ipo.jobs import Cancelled, Progress
from ipo.preference.analysis.gallery import disagreement
from ipo.preference.state import RIDGE, PreferenceState, fingerprint, rows_hash
from ipo.preference.training_set import TrainingSnapshot
from ipo.value import ridge
from ipo.value.curves import Calibration, LearningCurve, calibration, learning_curve
from ipo.value.ridge import LambdaPath, RidgeFit

logger = logging.getLogger("ipo.preference.analysis.diagnostics")


class Work(Protocol):
    """Work under way, and how far it is."""

    fraction: float
    message: str

    @property
    def in_flight(self) -> bool: ...

    @property
    def eta(self) -> float | None: ...

    def cancel(self) -> None: ...


class Submit(Protocol):
    """Queues work on the `cv` lane; `on_done` or `on_error` runs there when it ends."""

    def __call__(
        self,
        fn: Callable[..., Any],
        /,
        *,
        on_done: Callable[[Any], None],
        on_error: Callable[[BaseException], None],
        label: str,
    ) -> Work: ...


@dataclass(frozen=True, eq=False)
class LearningCurveResult:
    """A learning curve, and what it was computed for."""

    curve: LearningCurve
    rows: int
    fingerprint: str
    ended_at: float  # seconds since the epoch
    seconds: float


@dataclass(frozen=True, eq=False)
class Disagreement:
    """A row whose label contradicts its held-out value."""

    id: str
    label: int
    held_out: float


class RidgeDiagnostics:
    """One session under study. Every public method is quick and safe to call from any thread."""

    def __init__(self, state: PreferenceState, submit: Submit) -> None:
        self.state = state
        self.learned: LearningCurveResult | None = None  # the last learning curve
        self.problem = ""  # why the last learning curve came to nothing; empty if it did not
        self.path_problem = ""
        self._submit = submit
        self._lock = threading.RLock()
        self._learning: Work | None = None
        self._tracing: Work | None = None
        self.known_path: LambdaPath | None = None  # of the newest fit that has one
        self._path_rows: bytes | None = None  # which rows and labels it was asked for

    @property
    def learning(self) -> Work | None:
        """The learning curve under way."""
        with self._lock:
            return self._learning if self._learning is not None and self._learning.in_flight else None

    @property
    def tracing(self) -> bool:
        """Whether a λ path is under way."""
        with self._lock:
            return self._tracing is not None and self._tracing.in_flight

    @property
    def stale(self) -> bool:
        """Whether rows, labels or λ have changed since the learning curve was computed."""
        learned = self.learned
        return learned is not None and learned.fingerprint != self.state.fingerprint(RIDGE)

    def path(self) -> LambdaPath | None:
        """The λ path of the newest fit; of the one before, or `None`, while it is being made."""
        belief = self.state.belief
        if belief is None:
            return None
        with self._lock:
            asked = _rows_of(belief)
            if asked != self._path_rows and not self.tracing:
                self._path_rows, self.path_problem = asked, ""
                self._tracing = self._submit(
                    lambda: self._trace(belief),
                    on_done=self._adopt_path,
                    on_error=self._failed_to_trace,
                    label=f"λ path of {len(belief.y)} rows",
                )
            return self.known_path

    def learn(self) -> None:
        """*Compute curve*: a learning curve of the rows as they are, unless one is under way."""
        rows, params = self.state.snapshot(), self.state.params

        def work(progress: Progress) -> LearningCurveResult:
            began = time.perf_counter()
            self.state.gram.grow(rows.features)
            products = self.state.gram.between(rows.index, rows.index)
            curve = learning_curve(products, rows.y, progress, relative=params.ridge_lambda)
            mark = fingerprint(rows_hash(rows), RIDGE, params)
            return LearningCurveResult(curve, len(rows), mark, time.time(), time.perf_counter() - began)

        with self._lock:
            if self.learning is not None:
                return
            self.problem = ""
            self._learning = self._submit(
                work,
                on_done=self._adopt_curve,
                on_error=self._failed_to_learn,
                label=f"learning curve of {len(rows)} rows",
            )

    def _trace(self, belief: RidgeFit) -> LambdaPath:
        products = self.state.gram.between(belief.places, belief.places)
        return ridge.lambda_path(products, belief.y, constant=belief.constant)

    def _adopt_path(self, path: LambdaPath) -> None:
        with self._lock:
            self.known_path = path

    def _failed_to_trace(self, error: BaseException) -> None:
        logger.warning("no λ path: %s", error)
        with self._lock:
            self.known_path, self.path_problem = None, f"No λ path: {error_text(error)}"

    def _adopt_curve(self, learned: LearningCurveResult) -> None:
        with self._lock:
            self.learned = learned

    def _failed_to_learn(self, error: BaseException) -> None:
        with self._lock:
            self.problem = "Cancelled." if isinstance(error, Cancelled) else f"No curve: {error_text(error)}"


def calibrated(rows: TrainingSnapshot, held_out: Mapping[str, float]) -> Calibration | None:
    """Held-out values against the share of Good; `None` while no row has one."""
    _, y, values = _with_held_out(rows, held_out)
    return calibration(values, y) if len(values) else None


def disagreements(rows: TrainingSnapshot, held_out: Mapping[str, float], most: int = 8) -> list[Disagreement]:
    """The rows whose label contradicts their held-out value, the most surprising first."""
    ids, y, values = _with_held_out(rows, held_out)
    order = disagreement(y.astype(np.int8), values)[:most]
    found = [Disagreement(ids[place], int(y[place]), float(values[place])) for place in order]
    return [one for one in found if one.held_out * one.label < 0]


def _with_held_out(
    rows: TrainingSnapshot, held_out: Mapping[str, float]
) -> tuple[list[str], NDArray[np.float32], NDArray[np.float64]]:
    """The rows that have a held-out value: ids, labels `(m,)` and these values `(m,)`."""
    ids = [id_ for id_ in rows.ids if id_ in held_out]
    there = np.array([id_ in held_out for id_ in rows.ids], bool)
    return ids, rows.y[there], np.array([held_out[id_] for id_ in ids], np.float64)


def _rows_of(belief: RidgeFit) -> bytes:
    """Which rows with which labels a fit has seen, whatever their order."""
    return np.sort(2 * belief.places + (belief.y > 0)).tobytes()
