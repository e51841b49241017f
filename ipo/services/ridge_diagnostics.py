"""The λ path and the learning curve of a session's Ridge model, computed on the `cv` lane.

The path belongs to the rows and labels of the newest fit and is computed when it is asked for; the curve is
computed on demand.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ipo.error_text import error_text
from ipo.jobs import Cancelled, Submit, Work
from ipo.preference.analysis.diagnostics import (
    LearningCurveResult,
    compute_learning_curve,
    trace_lambda_path,
)
from ipo.preference.state import RIDGE, PreferenceState
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.value.gram import Vector
from ipo.value.kernel import Kernel, Points
from ipo.value.lambda_path import LambdaPath
from ipo.value.ridge import RidgeFit


@dataclass(frozen=True)
class _Fitted:
    """Which rows with which labels a fit has seen, whatever their order."""

    rows: bytes
    kernel: Kernel
    places: NDArray[np.intp] = field(compare=False)  # (n,)
    y: NDArray[np.float32] = field(compare=False)  # (n,)
    constant: Vector = field(compare=False)  # (n,)
    points: Points | None = field(compare=False)  # (n, 2, m), which a curved kernel needs


class RidgeDiagnostics:
    """Of one session. Every public method is quick and safe to call from any thread."""

    def __init__(self, state: PreferenceState, submit: Submit) -> None:
        self.state = state
        self._paths: BackgroundCache[_Fitted, LambdaPath] = BackgroundCache(submit, self._prepare_path)
        self._curves: BackgroundCache[str, LearningCurveResult] = BackgroundCache(submit, self._prepare_curve)

    @property
    def version(self) -> int:
        """Another one whenever a result, an error or what is under way may be another."""
        return self._paths.version + self._curves.version

    @property
    def learned(self) -> LearningCurveResult | None:
        """The last learning curve."""
        return self._curves.last

    @property
    def learning(self) -> Work | None:
        """The learning curve under way."""
        return self._curves.work

    @property
    def problem(self) -> str:
        """Why the last learning curve came to nothing; empty if it did not."""
        error = self._curves.error
        if isinstance(error, Cancelled):
            return "Cancelled."
        return "" if error is None else f"No curve: {error_text(error)}"

    @property
    def stale(self) -> bool:
        """Whether rows, labels or λ have changed since the learning curve was computed."""
        learned = self.learned
        return learned is not None and learned.fingerprint != self.state.fingerprint(RIDGE)

    @property
    def known_path(self) -> LambdaPath | None:
        """The last λ path. Computes nothing."""
        return self._paths.last

    @property
    def tracing(self) -> bool:
        """Whether a λ path is under way."""
        return self._paths.running

    @property
    def path_problem(self) -> str:
        """Why the last λ path came to nothing; empty if it did not."""
        error = self._paths.error
        return "" if error is None else f"No λ path: {error_text(error)}"

    def path(self) -> LambdaPath | None:
        """The λ path of the newest fit; of the one before, or `None`, while it is being computed."""
        belief = self.state.belief
        return None if belief is None else self._paths.get(_fitted(belief))

    def learn(self) -> None:
        """*Compute curve*: a learning curve of the rows as they are, unless one is under way."""
        if not self._curves.running:
            self._curves.refresh(self.state.fingerprint(RIDGE))

    def _prepare_path(self, fitted: _Fitted) -> PortableJob[LambdaPath]:
        work = partial(
            trace_lambda_path,
            self.state.gram,
            fitted.places,
            fitted.y,
            fitted.constant,
            fitted.kernel,
            fitted.points,
        )
        return PortableJob(f"λ path of {len(fitted.y)} rows", work)

    def _prepare_curve(self, _: str) -> PortableJob[LearningCurveResult]:
        with self.state.w_lock:
            rows, params = self.state.pool.snapshot(), self.state.params
        work = partial(compute_learning_curve, self.state.gram, rows, params)
        return PortableJob(f"learning curve of {len(rows)} rows", work)


def _fitted(fit: RidgeFit) -> _Fitted:
    rows = np.sort(2 * fit.places + (fit.y > 0)).tobytes()
    return _Fitted(rows, fit.kernel, fit.places, fit.y, fit.constant, fit.points)
