"""How few labels does the spam filter need? Suggested mails against mails drawn at random.

The SpamAssassin corpus without its labels. What a user does: label the mails that Mailbox suggests, train,
label the next ones, train again. Suggestions, settings and split are the app's; what is suggested is
labelled right. F1 is that of the guarded filter on a seventh of the corpus that nobody can be asked about,
near-duplicates apart. `labels_to_95` is the fewest labels with which F1 reached 0.95, those that the filter
holds out for itself included; left out where most seeds never did.

python -m bench.mail_labels [--quick]
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bench import report
from ipo.mail import corpus, mail_sets
from ipo.mail.acquisition.pool import MailPool, decision_margins
from ipo.mail.acquisition.strategies import default_strategy, suggest
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.embedding.protocol import Encoded
from ipo.mail.evaluation.metrics import f1
from ipo.mail.features import MailFeatures, mail_features
from ipo.mail.mails import NONE, SPAM, MailSet
from ipo.mail.splits import three_way_split
from ipo.mail.training.params import TrainParams
from ipo.mail.training.pipeline import TrainingData, execute_training_pipeline
from ipo.mail.training.readiness import NotReady
from ipo.mail.training.run import TrainRun
from ipo.project import project_folder

GOAL = 0.95
FIRST, GROWTH, MOST = 12, 0.15, 1_500  # labels of a batch at least, as a share of those there are, in all
NEVER = float("inf")

Rows = NDArray[np.int64]
Choose = Callable[["Study", NDArray[np.int8], TrainRun | None, int, np.random.Generator], Rows]


@dataclass(frozen=True, eq=False)
class Study:
    """The mails, what is read of them, and those that test."""

    mails: MailSet
    features: MailFeatures
    encoded: Encoded
    cache: EmbeddingCache
    asked: NDArray[np.bool_]  # (n,) whether somebody can be asked about a mail


def main() -> None:
    quick = report.quick()
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        mails = mail_sets.load(project_folder(), corpus.NAME)
        features = mail_features(mails, mask=False)
        cache = EmbeddingCache(Path(folder), open_embedder("wordllama"))
        encoded = cache.encode("bench", features.texts)
        needed: dict[str, list[float]] = {"labels_to_95": [], "random_labels_to_95": []}
        for seed in range(1 if quick else 5):
            split = three_way_split(mails.given, features.groups, 2 / 7, seed)
            asked = np.ones(len(mails), bool)
            asked[split.test] = False
            study = Study(mails, features, encoded, cache, asked)
            for name, choose in {"labels_to_95": suggested, "random_labels_to_95": drawn}.items():
                needed[name].append(_labels_to_goal(study, choose, name, seed, 300 if quick else MOST))
        report.publish("mail_labels", _medians(needed), quick=quick)


def _medians(needed: Mapping[str, list[float]]) -> Mapping[str, float]:
    medians = {name: float(np.median(values)) for name, values in needed.items()}
    return {name: value for name, value in medians.items() if np.isfinite(value)}


def _labels_to_goal(study: Study, choose: Choose, name: str, seed: int, most: int) -> float:
    for count, score in _teach(study, choose, seed, most):
        print(json.dumps({"seed": seed, "choice": name, "labels": count, "f1": round(score, 4)}), flush=True)
        if score >= GOAL:
            return float(count)
    return NEVER


def _teach(study: Study, choose: Choose, seed: int, most: int) -> Iterator[tuple[int, float]]:
    """Labels, and F1 on the mails that test, after each batch."""
    labels = np.full(len(study.mails), NONE, np.int8)
    rng = np.random.default_rng(seed)
    run: TrainRun | None = None
    while (known := int((labels != NONE).sum())) < most:
        rows = choose(study, labels, run, max(FIRST, int(GROWTH * known)), rng)
        labels[rows] = study.mails.given[rows]
        data = TrainingData("bench", study.mails, study.features, labels)
        try:
            run = execute_training_pipeline(data, TrainParams(seed=seed), study.cache)
        except NotReady:  # a class is missing as yet
            continue
        test = np.flatnonzero(~study.asked)
        scores = run.model.score(study.encoded.rows(test), study.features.clues[test])
        spam = study.mails.given[test] == SPAM
        yield int((labels != NONE).sum()), float(f1(spam, scores.spam, np.ones((1, len(test))))[0])


def suggested(
    study: Study, labels: NDArray[np.int8], run: TrainRun | None, count: int, rng: np.random.Generator
) -> Rows:
    """What the app suggests, of the mails that somebody can be asked about."""
    rows = np.flatnonzero(study.asked)
    margins = None
    if run is not None:
        margins = decision_margins(run.model.score(study.encoded.rows(rows), study.features.clues[rows]))
    pool = MailPool(study.encoded.vectors[rows], study.features.groups[rows], labels[rows], margins)
    strategy, _ = default_strategy(pool)
    return rows[[one.row for one in suggest(strategy, pool, count, rng)]]


def drawn(
    study: Study, labels: NDArray[np.int8], run: TrainRun | None, count: int, rng: np.random.Generator
) -> Rows:
    """Unlabelled mails at random."""
    return rng.choice(np.flatnonzero(study.asked & (labels == NONE)), count, replace=False)


if __name__ == "__main__":
    main()
