"""What a preference session has learnt so far: its labelled rows as arrays and the models fitted to them."""

import hashlib
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.preference.embeddings.image_values import ImageValues
from ipo.preference.training_set import TrainingSet, TrainingSnapshot
from ipo.value.boosting import BoostParams
from ipo.value.gram import Gram
from ipo.value.kernel_choice import STRAIGHT
from ipo.value.ridge import RidgeFit
from ipo.value.ridge_model import RidgeModel
from ipo.value.status import CrossValidation, FitRecord, FitStatus, ValueModel
from ipo.value.two_kernels import LATENT, TwoKernelFit

RIDGE, XGB = "ridge", "xgb"
MODELS = (RIDGE, XGB)
NAMES = {RIDGE: "Ridge", XGB: "XGBoost"}  # for people
HISTORY = 1000  # adopted fits that are remembered


@dataclass(frozen=True)
class ModelParams:
    """Hyper-parameters of all value models of a session."""

    ridge_lambda: float | None = None  # relative to the mean of the centred Gram's diagonal; None: chosen
    kernel: str = STRAIGHT  # one of `KERNELS`, of Ridge
    boost: BoostParams = field(default_factory=BoostParams)
    features: str = LATENT  # one of `FEATURES`, that Ridge's values are learnt from

    def for_model(self, model: str) -> Any:
        return (self.ridge_lambda, self.kernel, self.features) if model == RIDGE else self.boost


class PreferenceState:
    """Labels, models and their status. Read and write under `w_lock`; results swap in whole.

    With a `projection` `(d, m)` of features to a few coordinates values may be curved.
    """

    def __init__(self, d: int, projection: NDArray[np.float32] | None = None) -> None:
        self.w_lock = threading.RLock()
        self.may_curve = projection is not None
        self.pool = TrainingSet(d, projection)
        self.gram = Gram()
        self.ridge = RidgeModel(self.gram, projection)  # belongs to the ridge lane
        self.models: dict[str, ValueModel] = {}
        self.embeddings: dict[str, NDArray[np.float32]] = {}  # by candidate id, as far as they are known
        self.image_fit: TwoKernelFit | None = None  # Ridge on embeddings too, beside that on latents alone
        self.held_out: dict[str, float] = {}  # candidate id → Ridge's value with that row left out of its fit
        self.train_status = {model: FitStatus() for model in MODELS}
        self.dirty: set[str] = set()  # models whose fit in flight is older than the labels
        self._params = ModelParams()
        self.cv: CrossValidation | None = None
        self.history: deque[FitRecord] = deque(maxlen=HISTORY)  # newest last
        self.cv_after_fit = False
        self._hashed: tuple[int, str] = (-1, "")

    @property
    def belief(self) -> RidgeFit | None:
        """Which way values rise and how sure that is, once a Ridge fit was adopted that says so."""
        model = self.models.get(RIDGE)
        return model if isinstance(model, RidgeFit) and model.w.any() else None

    def image_values(self, model: str = RIDGE) -> ImageValues | None:
        """The values of a model that reads what images show; `None` if it reads latents alone."""
        with self.w_lock:
            if model != RIDGE or self.image_fit is None:
                return None
            return ImageValues(self.image_fit, dict(self.embeddings))

    def add_embeddings(self, embeddings: Mapping[str, NDArray[np.float32]]) -> bool:
        """Take in embeddings by candidate id; whether the next fit has more to read by them."""
        with self.w_lock:
            new = embeddings.keys() - self.embeddings.keys()
            self.embeddings |= embeddings
            judged = self.params.features != LATENT and not new.isdisjoint(self.pool.candidates())
            self.pool.generation += judged
            return judged

    def without_embedding(self) -> set[str]:
        """The ids of candidates that were judged and have no embedding yet."""
        with self.w_lock:
            return self.pool.candidates() - self.embeddings.keys()

    def snapshot(self) -> TrainingSnapshot:
        with self.w_lock:
            return self.pool.snapshot()

    def counts(self) -> tuple[int, int]:
        """How many rows are Good and how many Bad."""
        with self.w_lock:
            return self.pool.count(1), self.pool.count(-1)

    def pairs(self) -> int:
        """How many pairs were judged."""
        with self.w_lock:
            return self.pool.count_pairs()

    @property
    def params(self) -> ModelParams:
        return self._params

    @params.setter
    def params(self, params: ModelParams) -> None:
        """The next fit uses them, and is newer than those before it."""
        with self.w_lock:
            self._params = params
            self.pool.generation += 1

    def update_status(self, model: str, **changes: Any) -> None:
        with self.w_lock:
            self.train_status[model] = replace(self.train_status[model], **changes)

    def fingerprint(self, model: str) -> str:
        """What a result for `model` depends on: rows, labels, model and hyper-parameters."""
        with self.w_lock:
            if self._hashed[0] != self.pool.generation:
                self._hashed = (self.pool.generation, rows_hash(self.pool.snapshot()))
            return fingerprint(self._hashed[1], model, self.params)


def rows_hash(rows: TrainingSnapshot) -> str:
    """Hash of which rows are labelled how, whatever their order."""
    pairs = sorted(f"{id_}:{label:+.0f}" for id_, label in zip(rows.ids, rows.y, strict=True))
    return hashlib.sha256("\n".join(pairs).encode()).hexdigest()


def fingerprint(rows: str, model: str, params: ModelParams) -> str:
    return hashlib.sha256(f"{rows} {model} {params.for_model(model)}".encode()).hexdigest()[:16]
