"""XGBoost on principal scores against XGBoost on raw latents: time of one fit, and held-out AUC.

Rows are prior draws judged by simulated tastes (the hidden tastes of `bench.tastes` on the procedural
decoder, one label in ten flipped). Time: n = 1,000 rows of 16,384 features, with the Gram matrix that the
session keeps, one core free for the page. AUC: five folds, mean over the tastes, at 224².
"""

import time

import numpy as np
from numpy.typing import NDArray

from bench.report import publish, quick
from bench.tastes import TASTES, Taste
from ipo.cores import numeric_threads
from ipo.decoders.procedural import ProceduralDecoder
from ipo.preference import latents
from ipo.progress import SILENT
from ipo.value import boosting
from ipo.value.boosting import BoostParams
from ipo.value.gram import gram
from ipo.value.scores import folds, score

PROMPT = "misty harbour at dawn"
SIZE = 224
ROWS, FEATURES = 1000, 16_384
FLIPPED = 0.1


def main() -> None:
    short = quick()
    figures = timed(rows=300 if short else ROWS)
    judged = 120 if short else 300
    tastes = dict(list(TASTES.items())[:2]) if short else dict(TASTES)
    scores, raw = zip(*(held_out_auc(taste, judged) for taste in tastes.values()), strict=True)
    figures |= {
        "auc": float(np.mean(scores)),
        "auc_raw": float(np.mean(raw)),
        "auc_se": float(np.std(scores) / np.sqrt(len(scores))),
        "auc_raw_se": float(np.std(raw) / np.sqrt(len(raw))),
    }
    for name, on_scores, on_raw in zip(tastes, scores, raw, strict=True):
        figures[f"auc_{name.replace(' ', '_')}"] = on_scores
        figures[f"auc_raw_{name.replace(' ', '_')}"] = on_raw
    publish("xgb", figures, quick=short)


def timed(rows: int) -> dict[str, float]:
    """One fit of either kind on the same rows."""
    rng = np.random.default_rng(0)
    draws = rng.standard_normal((rows, 4, 64, 64), np.float32)
    X = latents.features(draws)
    y = np.where(X @ rng.standard_normal(FEATURES) > 0, 1, -1).astype(np.float32)
    K = gram(X)
    seconds = {}
    for name, components in (("scores", BoostParams().components), ("raw", None)):
        params = BoostParams(components=components)
        began = time.perf_counter()
        boosting.fit(X, K, y, params, threads=numeric_threads(), progress=SILENT)
        seconds[name] = time.perf_counter() - began
    return {
        "fit_s": seconds["scores"],
        "fit_raw_s": seconds["raw"],
        "fit_speedup_vs_raw": seconds["raw"] / seconds["scores"],
    }


def held_out_auc(taste: Taste, rows: int) -> tuple[float, float]:
    """Five-fold AUC on principal scores and on raw latents, same rows and folds."""
    z, y = judged(taste, rows)
    X = latents.features(z)
    K, parts = gram(X), folds(y, 5)
    found = []
    for components in (BoostParams().components, None):
        predicted = boosting.held_out(
            X,
            K,
            y,
            BoostParams(components=components),
            parts,
            threads=numeric_threads(),
            progress=SILENT,
        )
        found.append(score(y, predicted).auc)
    return found[0], found[1]


def judged(
    taste: Taste, rows: int, seed: int = 0, flipped: float = FLIPPED
) -> tuple[latents.Latent, NDArray[np.float32]]:
    """Prior draws `(n, c, h, w)`, and labels: Good above the 60th percentile of the taste, some flipped."""
    rng, decoder = np.random.default_rng(seed), ProceduralDecoder()
    z = np.stack([latents.prior(latents.grid_shape(SIZE), rng) for _ in range(rows)])
    images = (decoder.decode(one[None], PROMPT, {"size": SIZE}, context=SILENT)[0] for one in z)
    likes = np.array([taste(image.astype(np.float32) / 255) for image in images])
    y = np.where(likes > np.percentile(likes, 60), 1, -1)
    y[rng.random(rows) < flipped] *= -1
    return z, y.astype(np.float32)


if __name__ == "__main__":
    main()
