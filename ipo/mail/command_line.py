"""What `ipo mail …` does, on the files that the app uses."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ipo.jobs import Progress
from ipo.mail import mail_sets
from ipo.mail.duplicates import text_groups
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.evaluation.metrics import Metric, resample
from ipo.mail.evaluation.metrics import evaluate as measure
from ipo.mail.feature_cache import FeatureCache
from ipo.mail.folder import MailFolder
from ipo.mail.importing.adding import add_to_set
from ipo.mail.importing.files import read_file
from ipo.mail.importing.report import ImportResult
from ipo.mail.importing.tables import parse_label
from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import LABEL_NAMES, NONE, SAFE, SPAM
from ipo.mail.saved_filter import open_filter
from ipo.mail.training.params import TrainParams, parse_train_params
from ipo.mail.training.pipeline import TrainingData, execute_training_pipeline
from ipo.mail.training.run import TrainRun
from ipo.mail.training.run_record import part_counts
from ipo.mail.training.run_store import RunStore
from ipo.regular_files import read_regular
from ipo.visible import visible

Say = Callable[[str], object]

_MOST_SETTINGS = 100_000  # bytes
_MOST_PROBLEMS = 20  # that are listed


def import_mails(
    home: Path, path: Path, title: str, label: str, as_json: bool, say: Say, warn: Say, progress: Progress
) -> None:
    """Add the mails of a file or folder to a set. Raises `ValueError`, `DatasetError` and `OSError`."""
    given = parse_label(label)
    if given is None:
        raise ValueError(f"The label {label!r} is none; spam or safe would be right.")
    result = read_file(path, progress, given)
    added = add_to_set(home, title, result)
    counts = {
        LABEL_NAMES[code] or "none": int(np.sum(added.mails.given == code)) for code in (SPAM, SAFE, NONE)
    }
    known = result.copies + len(result.mails) - added.new
    if as_json:
        problems = [{"place": problem.place, "reason": problem.reason} for problem in result.report]
        summary = {"name": added.name, "mails": len(added.mails), "added": added.new, "known": known}
        say(json.dumps({**summary, "labels": counts, "problems": problems}, indent=1))
        return
    _warn_of(result, warn)
    say(
        f"Mails added: {added.new:,}, known already: {known:,}. {title} has {counts['spam']:,} spam, "
        f"{counts['safe']:,} safe, {counts['none']:,} without a label: {mail_sets.path_in(home, added.name)}"
    )


def train(home: Path, name: str, settings: Path | None, as_json: bool, say: Say, progress: Progress) -> None:
    """Train and save a run. Raises `ValueError`, `DatasetError` and `OSError`."""
    params = TrainParams() if settings is None else _read_settings(settings)
    name = mail_sets.find(home, name)
    mails, folder = mail_sets.load(home, name), MailFolder(home, name)
    labels = LabelStore(folder.path).codes(mails)
    features = FeatureCache(folder.features).features(name, mails, mask=params.mask, progress=progress)
    cache = EmbeddingCache(folder.embeddings, open_embedder(params.embedder))
    run = execute_training_pipeline(TrainingData(name, mails, features, labels), params, cache, progress)
    RunStore(folder.runs).save(run)
    if as_json:
        say(json.dumps(_run_summary(run), indent=1))
        return
    say(
        f"Run {run.id}: F1 {_interval(run.metrics.guarded['f1'])} on {run.metrics.effect.mails:,} test mails."
    )
    say(run.metrics.effect.sentence)


def evaluate(
    home: Path, name: str, run_id: str, path: Path, as_json: bool, say: Say, warn: Say, progress: Progress
) -> None:
    """Metrics of a run on the labelled mails of a file. Raises `ValueError` and `OSError`."""
    saved, result = open_filter(home, mail_sets.find(home, name), run_id), read_file(path, progress)
    _warn_of(result, warn)
    mails = [mail for mail in result.mails if mail.given in (SPAM, SAFE)]
    if not mails:
        raise ValueError(
            f"{path.name} has no mail with a label; a column label or folders spam and ham would do."
        )
    scores = saved.score(mails)
    spam = np.array([mail.given == SPAM for mail in mails])
    groups = text_groups([f"{mail.title}\n{mail.body}" for mail in mails])
    metrics = measure(spam, scores.probability, scores.spam, resample(groups, saved.run.params.seed))
    known = len({mail.id for mail in mails} & set(saved.run.mails.ids))
    if known:
        warn(f"{known:,} of these mails were part of the run, so the figures are too good.")
    if as_json:
        summary = {"run": saved.run.id, "mails": len(mails), "known": known, "metrics": _numbers(metrics)}
        say(json.dumps(summary, indent=1))
        return
    for metric_name, metric in metrics.items():
        say(f"{metric_name:10} {_interval(metric)}")


def score(
    home: Path, name: str, run_id: str, path: Path, as_json: bool, say: Say, warn: Say, progress: Progress
) -> int:
    """How many mails of a file are spam; each is said on a line. Raises `ValueError` and `OSError`."""
    saved, result = open_filter(home, mail_sets.find(home, name), run_id), read_file(path, progress)
    _warn_of(result, warn)
    scores = saved.score(result.mails)
    for row, mail in enumerate(result.mails):
        verdict = LABEL_NAMES[SPAM if scores.spam[row] else SAFE]
        if as_json:
            entry = {
                "id": mail.id,
                "source": mail.source,
                "label": verdict,
                "probability": float(scores.probability[row]),
                "threshold": float(scores.threshold[row]),
                "by_text": float(scores.p_text[row]),
                "consulted": bool(scores.consulted[row]),
            }
            say(json.dumps(entry))
        else:
            say(f"{verdict}\t{scores.probability[row]:.4f}\t{visible(mail.source)}\t{visible(mail.title)}")
    return int(scores.spam.sum())


def _read_settings(path: Path) -> TrainParams:
    try:
        values = json.loads(read_regular(path, _MOST_SETTINGS))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name} is not JSON: {error}.") from error
    if not isinstance(values, dict):
        raise ValueError(f'{path.name} has no settings; {{"hold_out": 0.2}} would be right.')
    return parse_train_params(values)


def _run_summary(run: TrainRun) -> Mapping[str, object]:
    effect = run.metrics.effect
    return {
        "run": run.id,
        "set": run.set_name,
        "embedder": run.embedder,
        "mails": part_counts(run.mails),
        "text": _numbers(run.metrics.text),
        "guarded": _numbers(run.metrics.guarded),
        "baselines": {name: _numbers(table) for name, table in run.metrics.baselines.items()},
        "guardrail": {
            "center": run.model.guard.assist_center,
            "consulted": effect.consulted,
            "delta_f1": _number(effect.delta),
            "measurable": effect.measurable,
        },
        "seconds": dict(run.seconds),
    }


def _numbers(metrics: Mapping[str, Metric]) -> dict[str, dict[str, float | None]]:
    return {name: _number(metric) for name, metric in metrics.items()}


def _number(metric: Metric) -> dict[str, float | None]:
    """What could not be had is null."""
    return {name: None if math.isnan(value) else value for name, value in vars(metric).items()}


def _interval(metric: Metric) -> str:
    if math.isnan(metric.value):
        return "could not be had"
    return f"{metric.value:.3f} [{metric.low:.3f}, {metric.high:.3f}]"


def _warn_of(result: ImportResult, warn: Say) -> None:
    for problem in result.report[:_MOST_PROBLEMS]:
        warn(str(problem))
    if len(result.report) > _MOST_PROBLEMS:
        warn(f"… and {len(result.report) - _MOST_PROBLEMS:,} more like these; --json lists all.")
