"""How good values get with labels: held-out AUC of every value model against the number of labels.

Simulated judges with hidden tastes (`bench.tastes`) label prior draws of the procedural decoder, one label in
ten flipped; AUC is taken against the taste itself on 200 other draws. The peer is logistic regression on the
raw latents, as one would write it first. `ridge` reads latents; `embedding` reads what EfficientNet-lite0
says of an image, and `both` reads both, where its weights are. Figures of tastes that only content explains
have `_content` in their names.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bench.report import publish, quick
from bench.tastes import CONTENT_TASTES, TASTES, content_can_be_judged, efficientnet
from bench.xgb import drawn, judged
from ipo.cores import numeric_threads
from ipo.jobs import SILENT
from ipo.preference.latents import Latent, features
from ipo.value import boosting
from ipo.value.boosting import BoostParams
from ipo.value.gram import Gram, gram
from ipo.value.ridge_model import RidgeModel
from ipo.value.two_kernels import BOTH, EMBEDDING, fit_two_kernels

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Seen:
    """Images as value models see them."""

    z: Latent  # (n, c, h, w)
    embeddings: Array = field(default_factory=lambda: np.empty((0, 0), np.float32))  # (n, 1280), if any

    def first(self, count: int) -> "Seen":
        return Seen(self.z[:count], self.embeddings[:count])


Values = Callable[[Seen], NDArray[np.floating]]

LABELS = (10, 20, 50, 100, 200)
HELD_OUT = 200


def main() -> None:
    short = quick()
    labels = LABELS[:4] if short else LABELS
    embeds = content_can_be_judged()
    models = MODELS | (IMAGE_MODELS if embeds else {})
    tastes = list(TASTES)[: 2 if short else None]
    contents = list(CONTENT_TASTES)[: 1 if short else None] if embeds else []
    seeds = 1 if short else 3
    found: dict[tuple[str, str, int], list[float]] = {}
    for seed in range(seeds):  # the same images for every taste
        for name in [*tastes, *contents]:
            taste, kind = {**TASTES, **CONTENT_TASTES}[name], "_content" if name in contents else ""
            z, y = judged(taste, max(labels), seed)
            new, truth = judged(taste, HELD_OUT, seed + 100, flipped=0)
            seen = Seen(z, embedded(max(labels), seed)) if embeds else Seen(z)
            others = Seen(new, embedded(HELD_OUT, seed + 100)) if embeds else Seen(new)
            for count in labels:
                for model, train in models.items():
                    values = train(seen.first(count), y[:count])(others)
                    auc = float(roc_auc_score(truth > 0, values))
                    found.setdefault((model, kind, count), []).append(auc)
    figures = {}
    for (model, kind, count), aucs in found.items():
        figures[f"{model}{kind}_auc_at_{count}"] = float(np.mean(aucs))
        figures[f"{model}{kind}_auc_se_at_{count}"] = float(np.std(aucs) / np.sqrt(len(aucs)))
    publish("value_quality", figures, quick=short)


@lru_cache(maxsize=2)
def embedded(rows: int, seed: int) -> Array:
    """Embeddings `(n, 1280)` of what `judged` shows."""
    return efficientnet().embed(np.stack(drawn(rows, seed)[1]))


def ridge(seen: Seen, y: Array) -> Values:
    fitted = RidgeModel(Gram()).refit(features(seen.z), np.arange(len(y)), y)
    return lambda new: fitted.predict(features(new.z))


def with_embeddings(kind: str, seen: Seen, y: Array) -> Values:
    model = RidgeModel(Gram())
    latent = model.refit(features(seen.z), np.arange(len(y)), y)
    fitted = fit_two_kernels(latent, model.gram, seen.embeddings[latent.places], kind)
    assert fitted is not None, "both labels are there"
    return lambda new: fitted.predict(features(new.z), new.embeddings)


def xgb(seen: Seen, y: Array) -> Values:
    X = features(seen.z)
    fitted = boosting.fit(X, gram(X), y, BoostParams(), threads=numeric_threads(), progress=SILENT)
    return lambda new: fitted.predict(features(new.z))


def logistic(seen: Seen, y: Array) -> Values:
    fitted = LogisticRegression(max_iter=500).fit(seen.z.reshape(len(y), -1), y)
    return lambda new: fitted.decision_function(new.z.reshape(len(new.z), -1))


MODELS = {"ridge": ridge, "xgb": xgb, "logistic": logistic}
IMAGE_MODELS = {kind: partial(with_embeddings, kind) for kind in (EMBEDDING, BOTH)}


if __name__ == "__main__":
    main()
