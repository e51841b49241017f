"""Values of the rows of a session by the model in use, and how sure they are, computed when asked for."""

import threading
from collections.abc import Mapping
from functools import partial

from ipo.jobs import Submit
from ipo.preference.analysis.row_predictions import deviation_of_row, predict_rows
from ipo.preference.session import PreferenceSession
from ipo.preference.state import MODELS, RIDGE
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.value.ridge import RidgeFit

_Values = Mapping[str, float]  # by candidate id
_Generations = tuple[int | None, int]  # of the fit and of the labels
_ValuesCache = BackgroundCache[_Generations, _Values]
_DeviationCache = BackgroundCache[int | None, float | None]  # by the generation of Ridge's fit

_NOTHING: _Values = {}


class RowPredictions:
    """Of one session. Every public method is quick and safe to call from any thread."""

    def __init__(self, session: PreferenceSession, submit: Submit) -> None:
        self._session, self._submit = session, submit
        self._values: Mapping[str, _ValuesCache] = {
            model: BackgroundCache(submit, partial(self._prepare_values, model)) for model in MODELS
        }
        self._deviations: dict[str, _DeviationCache] = {}  # by candidate id, of rows that somebody looked at
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether something that was asked for is on its way."""
        return any(cache.running for cache in self._caches())

    @property
    def version(self) -> int:
        """Another one whenever a prediction, or `running`, may be another."""
        return sum(cache.version for cache in self._caches())

    def values(self) -> _Values:
        """Values of rows by the model in use: by its fit before while newer ones are being predicted."""
        model, state = self._session.queue.proposing.model, self._session.state
        with state.w_lock:
            generations = state.train_status[model].generation, state.pool.generation
            fitted = model in state.models
        values = self._values[model].get(generations) if fitted else None
        return _NOTHING if values is None else values

    def deviation(self, id_: str) -> float | None:
        """Standard deviation of a row's value; `None` before it was computed, or if the model knows none."""
        model, state = self._session.queue.proposing.model, self._session.state
        with state.w_lock:
            generation, fitted = state.train_status[model].generation, state.models.get(model)
        if not isinstance(fitted, RidgeFit):
            return None
        with self._lock:
            if id_ not in self._deviations:
                prepare = partial(self._prepare_deviation, id_)
                self._deviations[id_] = BackgroundCache(self._submit, prepare)
        return self._deviations[id_].get(generation)

    def _caches(self) -> list[_ValuesCache | _DeviationCache]:
        with self._lock:
            return [*self._values.values(), *self._deviations.values()]

    def _prepare_values(self, model: str, _: _Generations) -> PortableJob[_Values]:
        state = self._session.state
        with state.w_lock:
            rows, fitted = state.pool.snapshot(), state.models.get(model)
            images = state.image_values(model)
        return PortableJob("value rows", partial(predict_rows, fitted, rows, images))

    def _prepare_deviation(self, id_: str, _: int | None) -> PortableJob[float | None]:
        state = self._session.state
        with state.w_lock:
            rows, fitted, images = state.pool.snapshot(), state.models.get(RIDGE), state.image_values()
        place = rows.index[rows.ids.index(id_)] if id_ in rows.ids else None  # undone meanwhile
        features = None if place is None else rows.features[place]
        fit = fitted if isinstance(fitted, RidgeFit) else None
        return PortableJob("measure certainty", partial(deviation_of_row, id_, fit, features, images))
