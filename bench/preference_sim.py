"""Do proposals beat chance? Scripted judges with a hidden taste label what each proposer shows them.

A judge sees four images at a time and says Good when the taste exceeds the 60th percentile of the last 24
that were shown, flipped with probability 0.1. After 20, 50, 100 and 200 labels, 16 more proposals are
measured: their mean taste in units of its standard deviation under the prior, above the prior's mean; and the
mean distance of the last ten images shown, two by two, in units of prior draws (1: as different as chance).
`classic` is z = anchor + 0.8·r̂, r̂ random with its sign chosen by ŵ, as in the program that inspired this one.
Tastes that are no straight lines (`CURVED_TASTES`) are judged for the default proposer, on their own.
With `--plot FILE.html` the curves are drawn. Sessions run side by side, one on each core.
`--features` compares values that are learnt from latents, from embeddings of EfficientNet-lite0, and from
both, with two tastes besides that only content explains (`CONTENT_TASTES`); embeddings rank what latents
propose.
"""

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from bench.report import publish
from bench.sitting import CLASSIC, MARKS, Reached, Sitting, sit
from bench.tastes import CONTENT_TASTES, CURVED_TASTES, TASTES, efficientnet
from ipo.preference.proposals.proposers import PROPOSERS, RANDOM, ProposerSettings
from ipo.value.two_kernels import BOTH, EMBEDDING, FEATURES, LATENT

DEFAULT = ProposerSettings().proposer
BETTER = (EMBEDDING, LATENT)  # of which `both` shall not be worse than the better one


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="end within 45 seconds on two cores")
    parser.add_argument("--plot", type=Path, help="where to draw the curves")
    parser.add_argument("--features", action="store_true", help="compare latents, embeddings and both")
    given = parser.parse_args()
    if given.features:
        compare_features(quick=given.quick)
        return
    proposers = (DEFAULT, RANDOM, CLASSIC) if given.quick else (*PROPOSERS, CLASSIC)
    seeds, labels = (1, 100) if given.quick else (3, 200)
    sittings = [
        Sitting(proposer, taste, seed, labels)
        for proposer in proposers
        for taste in TASTES
        for seed in range(seeds)
    ]
    curved_tastes = list(CURVED_TASTES)[: 1 if given.quick else None]
    bent = [Sitting(DEFAULT, taste, seed, 100) for taste in curved_tastes for seed in range(seeds)]
    curves = sit_all([*sittings, *bent])
    figures: dict[str, float] = {}
    for proposer in proposers:
        name = "default" if proposer == DEFAULT else proposer
        for mark in (mark for mark in MARKS if mark <= labels):
            reached = [measured(curves, proposer, taste, mark) for taste in TASTES]
            by_taste = np.array([[one.taste for one in seeds] for seeds in reached])
            figures[f"{name}_sd_at_{mark}"] = float(np.median(by_taste.mean(1)))
            figures[f"{name}_mean_at_{mark}"] = float(by_taste.mean())
            figures[f"{name}_se_at_{mark}"] = float(by_taste.std() / np.sqrt(by_taste.size))
            distances = [[one.distance for one in seeds] for seeds in reached]
            figures[f"{name}_distance_at_{mark}"] = float(np.mean(distances))
    for taste in (*TASTES, *curved_tastes):
        at_100 = measured(curves, DEFAULT, taste, 100)
        figures[f"default_{taste.replace(' ', '_')}_at_100"] = float(np.mean([one.taste for one in at_100]))
    publish("preference_sim", figures, quick=given.quick)
    if given.plot:
        draw(figures, proposers, given.plot)


def compare_features(quick: bool) -> None:
    """What each kind of features reaches for each taste, and by how much `both` misses the better one."""
    efficientnet()  # says what to type where there is none
    tastes = list(CONTENT_TASTES)[:1] if quick else [*TASTES, *CONTENT_TASTES]
    seeds, labels = (1, 20) if quick else (3, 100)
    kinds = (LATENT, EMBEDDING) if quick else FEATURES
    sittings = [
        Sitting(DEFAULT, taste, seed, labels, features)
        for taste in tastes
        for seed in range(seeds)
        for features in kinds
    ]
    curves = sit_all(sittings)
    figures: dict[str, float] = {}
    for mark in (mark for mark in MARKS if mark <= labels):
        for taste in tastes:
            name = taste.replace(" ", "_")
            for features in kinds:
                reached = [
                    curve[mark].taste
                    for sitting, curve in curves.items()
                    if (sitting.taste, sitting.features) == (taste, features)
                ]
                figures[f"{features}_{name}_at_{mark}"] = float(np.mean(reached))
            if not quick:
                better = max(figures[f"{features}_{name}_at_{mark}"] for features in BETTER)
                figures[f"both_short_{name}_at_{mark}"] = better - figures[f"{BOTH}_{name}_at_{mark}"]
    publish("preference_sim_features", figures, quick=quick)


def sit_all(sittings: Sequence[Sitting]) -> dict[Sitting, dict[int, Reached]]:
    """All of them, one on each core."""
    # Spawned, because a process that was forked from one with OpenMP threads may wait for them for ever.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return dict(zip(sittings, pool.map(sit, sittings), strict=True))


def measured(
    curves: dict[Sitting, dict[int, Reached]], proposer: str, taste: str, mark: int
) -> list[Reached]:
    """What one proposer reached for one taste after `mark` labels, seed by seed."""
    return [
        curve[mark]
        for sitting, curve in curves.items()
        if (sitting.proposer, sitting.taste) == (proposer, taste)
    ]


def draw(figures: dict[str, float], proposers: tuple[str, ...], path: Path) -> None:
    """Mean taste against labels, one line per proposer, with standard errors."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for proposer in proposers:
        name = "default" if proposer == DEFAULT else proposer
        marks = [mark for mark in MARKS if f"{name}_mean_at_{mark}" in figures]
        figure.add_scatter(
            x=marks,
            y=[figures[f"{name}_mean_at_{mark}"] for mark in marks],
            error_y={"array": [figures[f"{name}_se_at_{mark}"] for mark in marks]},
            name=proposer,
        )
    figure.update_layout(
        xaxis_title="labels",
        yaxis_title="hidden taste of proposals, sd above the prior mean",
        template="simple_white",
    )
    figure.write_html(path)


if __name__ == "__main__":
    main()
