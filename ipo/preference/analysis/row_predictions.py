"""What the model in use thinks of the rows of a session now, computed on the decode lane when asked for."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from ipo.jobs import Progress, Submit
from ipo.preference.session import PreferenceSession
from ipo.value.ridge import RidgeFit
from ipo.value.status import ValueModel

logger = logging.getLogger("ipo.preference.analysis.row_predictions")

_CHUNK = 512  # rows that are valued at a time: a model may make a copy of what it reads
_NOTHING: Mapping[str, float] = {}


@dataclass(frozen=True)
class _Values:
    """Values of all rows by one fit."""

    model: str = ""
    fit: int | None = None  # generation that the fit has seen
    rows: int = -1  # generation of the labels
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Deviations:
    """Standard deviations by one fit, of the rows that somebody looked at."""

    fitted: ValueModel | None = None
    by_id: dict[str, float | None] = field(default_factory=dict)


class RowPredictions:
    """Values of one session's rows. Every public method is quick and safe to call from any thread."""

    def __init__(self, session: PreferenceSession, submit: Submit) -> None:
        self._session, self._submit = session, submit
        self._lock = threading.Lock()
        self.finished = 0  # answers so far; a view that was drawn before the last one is out of date
        self._values, self._valuing = _Values(), False
        self._deviations, self._measuring = _Deviations(), False

    @property
    def busy(self) -> bool:
        """Whether something that was asked for is on its way."""
        with self._lock:
            return self._valuing or self._measuring

    def values(self) -> Mapping[str, float]:
        """Values of rows by the model in use: by its fit before while newer ones are being predicted."""
        model = self._session.queue.proposing.model
        state = self._session.state
        with state.w_lock:
            wanted = (model, state.train_status[model].generation, state.pool.generation)
            fitted = model in state.models
        with self._lock:
            known = self._values
            start = fitted and not self._valuing and wanted != (known.model, known.fit, known.rows)
            self._valuing |= start

        def failed(error: BaseException) -> None:
            logger.warning("rows have no values: %s", error)
            self._adopt(_Values(*wanted))  # the next fit or label tries again

        if start:
            self._submit(self._value, on_done=self._adopt, on_error=failed, label="value rows")
        return known.values if fitted and known.model == model else _NOTHING

    def deviation(self, id_: str) -> float | None:
        """Standard deviation of a row's value; `None` while it is computed, or if the model knows none."""
        state = self._session.state
        with state.w_lock:
            fitted = state.models.get(self._session.queue.proposing.model)
        if not isinstance(fitted, RidgeFit):
            return None
        with self._lock:
            if self._deviations.fitted is not fitted:
                self._deviations = _Deviations(fitted)
            known = self._deviations.by_id
            start = id_ not in known and not self._measuring
            self._measuring |= start

        def measure(progress: Progress) -> float | None:
            progress.check()
            rows = state.snapshot()
            if id_ not in rows.ids:
                return None  # undone meanwhile
            place = rows.index[rows.ids.index(id_)]
            return float(fitted.deviation(rows.features[place][None])[0])

        def adopt(deviation: float | None) -> None:
            with self._lock:
                known[id_], self._measuring = deviation, False
                self.finished += 1

        def failed(error: BaseException) -> None:
            logger.warning("the value of a row has no standard deviation: %s", error)
            adopt(None)

        if start:
            self._submit(measure, on_done=adopt, on_error=failed, label="measure certainty")
        return known.get(id_)

    def _value(self, progress: Progress) -> _Values:
        model = self._session.queue.proposing.model
        state = self._session.state
        with state.w_lock:
            rows, fitted = state.pool.snapshot(), state.models.get(model)
            generation = state.train_status[model].generation
        values: dict[str, float] = {}
        if fitted is not None:
            for start in range(0, len(rows), _CHUNK):
                progress.check()
                part = slice(start, start + _CHUNK)
                predicted = fitted.predict(rows.features[rows.index[part]])
                values |= zip(rows.ids[part], map(float, predicted), strict=True)
        return _Values(model, generation, rows.generation, values)

    def _adopt(self, values: _Values) -> None:
        with self._lock:
            self._values, self._valuing = values, False
            self.finished += 1
