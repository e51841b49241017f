"""How good values get with labels: held-out AUC of every value model against the number of labels.

Simulated judges with hidden tastes (`bench.tastes`) label prior draws of the procedural decoder, one label in
ten flipped; AUC is taken against the taste itself on 200 other draws. The peer is logistic regression on the
raw latents, as one would write it first.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bench.report import publish, quick
from bench.tastes import TASTES
from bench.xgb import judged
from ipo.cores import numeric_threads
from ipo.jobs import SILENT
from ipo.preference.latents import Latent, features, projection
from ipo.value import boosting
from ipo.value.boosting import BoostParams
from ipo.value.gram import Gram, gram
from ipo.value.kernel import as_points
from ipo.value.ridge_model import RidgeModel

Array = NDArray[np.float32]
Values = Callable[[Latent], NDArray[np.floating]]

LABELS = (10, 20, 50, 100, 200)
HELD_OUT = 200


def main() -> None:
    short = quick()
    labels = LABELS[:4] if short else LABELS
    tastes = list(TASTES.items())[: 2 if short else None]
    seeds = 1 if short else 3
    found: dict[tuple[str, int], list[float]] = {}
    for _, taste in tastes:
        for seed in range(seeds):
            z, y = judged(taste, max(labels), seed)
            new, truth = judged(taste, HELD_OUT, seed + 100, flipped=0)
            for count in labels:
                for name, train in MODELS.items():
                    values = train(z[:count], y[:count])(new)
                    found.setdefault((name, count), []).append(float(roc_auc_score(truth > 0, values)))
    figures = {}
    for (name, count), aucs in found.items():
        figures[f"{name}_auc_at_{count}"] = float(np.mean(aucs))
        figures[f"{name}_auc_se_at_{count}"] = float(np.std(aucs) / np.sqrt(len(aucs)))
    publish("value_quality", figures, quick=short)


def ridge(z: Latent, y: Array) -> Values:
    X, to_coordinates = features(z), projection(z.shape[1:])
    points = None if to_coordinates is None else as_points(X @ to_coordinates)
    fitted = RidgeModel(Gram(), to_coordinates).refit(X, np.arange(len(z)), y, points=points)
    return lambda new: fitted.predict(features(new))


def xgb(z: Latent, y: Array) -> Values:
    X = features(z)
    fitted = boosting.fit(X, gram(X), y, BoostParams(), threads=numeric_threads(), progress=SILENT)
    return lambda new: fitted.predict(features(new))


def logistic(z: Latent, y: Array) -> Values:
    fitted = LogisticRegression(max_iter=500).fit(z.reshape(len(z), -1), y)
    return lambda new: fitted.decision_function(new.reshape(len(new), -1))


MODELS = {"ridge": ridge, "xgb": xgb, "logistic": logistic}


if __name__ == "__main__":
    main()
