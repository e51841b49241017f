"""How good is the spam filter? Test metrics with the page's defaults, against simple filters on the same
mails.

The SpamAssassin corpus, cleaned as in the app: no headers, no footers of lists, no addresses. Each seed
splits it anew, near- duplicates on one side. Peers learn from the same training part and decide about the
same test part: naive Bayes, logistic regression, and a linear SVM (calibrated on the tune part), each on
tf-idf of words. `hard_ham_kept` is the share of safe mails that look like spam (newsletters, offers) which
the filter lets pass, over all seeds. `…_by_date` learns from the older mails and tests on the newest.

Times are of one core: `embed_s` of reading all mails, `train_s` of a training after that, `score_per_s` of
mails that come as they are, cleaning and clues included.

python -m bench.train_stage [--quick]
"""

import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from bench import report
from ipo.mail import corpus, mail_sets
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.evaluation.baselines import word_vectorizer
from ipo.mail.features import mail_features
from ipo.mail.mails import MailSet, collect
from ipo.mail.model.calibration import fit_calibration
from ipo.mail.saved_filter import SavedFilter
from ipo.mail.training.params import TrainParams
from ipo.mail.training.pipeline import TrainingData, execute_training_pipeline
from ipo.mail.training.run import TEST, TRAIN, TUNE, TrainRun
from ipo.project import project_folder

SEEDS = (42, 0, 1, 2, 3)
HARD = "hard-ham"
SCORED = 1_000  # mails that are scored as they come

Flags = NDArray[np.bool_]
Decide = Callable[[TrainRun, list[str]], Flags]


def main() -> None:
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        quick = report.quick()
        report.publish("train_stage", measure(Path(folder), quick=quick), quick=quick)


def measure(folder: Path, *, quick: bool) -> Mapping[str, float]:
    """All figures, each seed on a line of its own before them."""
    mails = mail_sets.load(project_folder(), corpus.NAME)
    if quick:
        mails = _every(mails, 3)
    features = mail_features(mails, mask=False)
    cache = EmbeddingCache(folder, open_embedder("wordllama"))
    figures: dict[str, float] = {}
    began = time.perf_counter()
    cache.encode("bench", features.texts)
    figures["embed_s"] = time.perf_counter() - began
    data = TrainingData("bench", mails, features, mails.given)
    found: dict[str, list[float]] = defaultdict(list)
    for seed in SEEDS[:1] if quick else SEEDS:
        for name, value in _compare(data, TrainParams(seed=seed), cache).items():
            found[name].append(value)
        print(json.dumps({"seed": seed} | {name: values[-1] for name, values in found.items()}), flush=True)
    kept = np.sum([found.pop("hard_ham_kept"), found.pop("hard_ham")], axis=1)
    figures |= {
        f"{name}_median" if name.startswith(("f1", "ece")) else name: float(np.median(values))
        for name, values in found.items()
    }
    figures["hard_ham_kept"] = float(kept[0] / kept[1]) if kept[1] else float("nan")
    by_date = _compare(data, TrainParams(by_date=True), cache)
    figures |= {f"{name}_by_date": value for name, value in by_date.items() if name.startswith("f1")}
    figures["score_per_s"] = _scoring(data, cache)
    return figures


def _compare(data: TrainingData, params: TrainParams, cache: EmbeddingCache) -> dict[str, float]:
    """One split: the filter, what the gate adds, and the peers."""
    began = time.perf_counter()
    run = execute_training_pipeline(data, params, cache)
    train_s = time.perf_counter() - began
    rows = np.array([data.mails.row(id_) for id_ in run.mails.ids])
    texts = [data.features.texts[row] for row in rows]
    test = run.mails.places(TEST)
    spam, decided = run.mails.spam[test], run.scores.spam[test]
    hard = np.array([HARD in data.mails.sources[row] for row in rows[test]]) & ~spam
    figures = {
        "f1_guarded": run.metrics.guarded["f1"].value,
        "f1_text": run.metrics.text["f1"].value,
        "ece": run.metrics.guarded["ece"].value,
        "gate_delta": run.metrics.effect.delta.value,
        "gate_consulted": run.metrics.effect.consulted,
        "hard_ham_kept": float((hard & ~decided).sum()),
        "hard_ham": float(hard.sum()),
        "train_s": train_s,
    }
    for name, decide in PEERS.items():
        figures[f"f1_{name}"] = _f1(spam, decide(run, texts)[test])
    return figures


def _naive_bayes(run: TrainRun, texts: list[str]) -> Flags:
    words, train = _words(run, texts)
    return np.asarray(MultinomialNB(alpha=0.01).fit(words[train], run.mails.spam[train]).predict(words), bool)


def _logistic_regression(run: TrainRun, texts: list[str]) -> Flags:
    words, train = _words(run, texts)
    model = LogisticRegression(C=10, max_iter=1_000).fit(words[train], run.mails.spam[train])
    return np.asarray(model.predict(words), bool)


def _svm(run: TrainRun, texts: list[str]) -> Flags:
    words, train = _words(run, texts)
    margins = LinearSVC().fit(words[train], run.mails.spam[train]).decision_function(words)
    tune = run.mails.places(TUNE)
    return fit_calibration(margins[tune], run.mails.spam[tune]).probability(margins) >= 0.5


PEERS: Mapping[str, Decide] = {"tfidf_nb": _naive_bayes, "tfidf_lr": _logistic_regression, "svm": _svm}


def _words(run: TrainRun, texts: list[str]):  # type: ignore[no-untyped-def]  # a sparse matrix and indices
    train = run.mails.places(TRAIN)
    vectorizer = word_vectorizer().fit([texts[place] for place in train])
    return vectorizer.transform(texts), train


def _scoring(data: TrainingData, cache: EmbeddingCache) -> float:
    """Mails a second, from what was imported to the decision."""
    saved = SavedFilter(execute_training_pipeline(data, TrainParams(), cache))
    mails = [data.mails.mail(row) for row in range(min(SCORED, len(data.mails)))]
    began = time.perf_counter()
    saved.score(mails)
    return len(mails) / (time.perf_counter() - began)


def _f1(spam: Flags, decision: Flags) -> float:
    return float(2 * (spam & decision).sum() / max(1, spam.sum() + decision.sum()))


def _every(mails: MailSet, step: int) -> MailSet:
    return collect(mails.mail(row) for row in range(0, len(mails), step))


if __name__ == "__main__":
    main()
