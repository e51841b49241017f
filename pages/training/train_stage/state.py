"""What one tab knows of its training: settings as edited, the run that is shown, switches of the map.

The only writer of these keys. Runs themselves live in the service and on disk; `model` and `split_cache`
refer to those of the run that is shown. Settings are changed in place: versions of panels read them.
"""

from collections.abc import MutableMapping
from dataclasses import asdict, dataclass
from typing import Any

from ipo.keys import Keys
from ipo.mail.embedding.tokens import TokenBudget
from ipo.mail.training import params as train_params
from ipo.mail.training.params import PARAM_RANGES, TrainParams
from ipo.mail.training.run import TrainRun
from ipo.services.mail.service import MailService

State = MutableMapping[str | int, Any]

UMAP = "umap"  # of the run, computed once it is chosen
PROJECTIONS = {"pca": "most variance", "decision": "decision axis", UMAP: "UMAP"}
_MAP_DEFAULTS: dict[Keys, Any] = {
    Keys.MEANING_MAP_EXAMPLES: False,
    Keys.MEANING_MAP_CENTRES: False,
    Keys.MEANING_MAP_BORDERLINE: True,
    Keys.MEANING_MAP_NEAREST_PAIR: False,
    Keys.MEANING_MAP_SELECTED: None,
}
MEANING_MAP_STATE_KEYS = tuple(_MAP_DEFAULTS)
_RUN_KEYS = (Keys.MODEL, Keys.SPLIT_CACHE, Keys.TRAIN_STORY_RUN_ID, Keys.EVAL_TIMESTAMP)


class BrokenState(RuntimeError):
    """Keys of this page contradict each other: somebody else wrote them. Reload the page."""


@dataclass
class ShownRun:
    """Which set of mails and which of its runs a tab looks at."""

    set_name: str
    pinned: str | None = None  # a run that somebody opened; else the newest is shown


def ensure_train_stage_state(ss: State, *, threshold: float) -> None:
    """Seed every key that is not there."""
    default = _plain(TrainParams(threshold=threshold))
    ss.setdefault(Keys.GUARD_PARAMS, default.pop("guard") | {"assist_center": threshold})
    ss.setdefault(Keys.TRAIN_PARAMS, default)
    for key in (Keys.TRAIN_IN_PROGRESS, Keys.TRAIN_REFRESH_EXPECTED, Keys.TRAIN_FLASH_FINISHED):
        ss.setdefault(key, False)
    for key in _RUN_KEYS:
        ss.setdefault(key, None)
    ss.setdefault(Keys.EVAL_TEMP_THRESHOLD, threshold)
    ss.setdefault(Keys.MEANING_MAP_PROJECTION, "pca")
    for key, value in _MAP_DEFAULTS.items():
        ss.setdefault(key, value)


def validate_invariants(ss: State) -> None:
    """Raises `BrokenState` where keys contradict each other."""
    present = {key: ss[key] is not None for key in _RUN_KEYS}
    if len(set(present.values())) > 1:
        raise BrokenState(f"A run is shown in parts: {present}.")
    if ss[Keys.TRAIN_REFRESH_EXPECTED] and ss[Keys.TRAIN_STORY_RUN_ID] is None:
        raise BrokenState("A refresh is expected of no run.")
    bounds = PARAM_RANGES["threshold"]
    if not bounds.low <= ss[Keys.EVAL_TEMP_THRESHOLD] <= bounds.high:
        raise BrokenState(f"The threshold looked at is {ss[Keys.EVAL_TEMP_THRESHOLD]}.")
    try:
        parse_train_params(ss)
    except ValueError as error:
        raise BrokenState(str(error)) from error


def follow_set(ss: State, name: str) -> ShownRun:
    """What this tab looks at of a set. A run of another set is forgotten."""
    shown = ss.get(Keys.TRAIN_STAGE_SHOWN)
    if shown is None or shown.set_name != name:
        shown = ss[Keys.TRAIN_STAGE_SHOWN] = ShownRun(name)
        forget_run(ss)
    return shown


def parse_train_params(ss: State) -> TrainParams:
    """The settings as edited. Raises `ValueError` with a sentence."""
    return train_params.parse_train_params({**ss[Keys.TRAIN_PARAMS], "guard": ss[Keys.GUARD_PARAMS]})


def set_train_param(ss: State, name: str, value: Any) -> None:
    """Change one setting of the training or of its guardrail."""
    bundle = ss[Keys.GUARD_PARAMS] if name in ss[Keys.GUARD_PARAMS] else ss[Keys.TRAIN_PARAMS]
    bundle[name] = value


def set_shift(ss: State, clue: str, shift: float) -> None:
    """Change what the presence of a clue moves the threshold by."""
    ss[Keys.GUARD_PARAMS]["shifts"][clue] = shift


def reset_train_params(ss: State, params: TrainParams) -> None:
    """Go back to the settings of a run, or to the defaults."""
    values = _plain(params)
    ss[Keys.GUARD_PARAMS].update(values.pop("guard"))
    ss[Keys.TRAIN_PARAMS].update(values)


def note_training(ss: State, *, busy: bool) -> None:
    """Note whether a training is under way."""
    ss[Keys.TRAIN_IN_PROGRESS] = busy


def persist_training_outcome(ss: State, run: TrainRun) -> None:
    """Show a run: its model, its split, and the centre that its gate has."""
    ss[Keys.MODEL], ss[Keys.SPLIT_CACHE] = run.model, run.mails
    if ss[Keys.GUARD_PARAMS]["assist_center_mode"] == "auto":
        ss[Keys.GUARD_PARAMS]["assist_center"] = run.model.guard.assist_center


def register_training_refresh(ss: State, run: TrainRun) -> None:
    """Note what has to be drawn anew for a run."""
    ss[Keys.TRAIN_STORY_RUN_ID] = run.id
    ss[Keys.EVAL_TIMESTAMP] = run.created
    ss[Keys.EVAL_TEMP_THRESHOLD] = run.params.threshold
    ss[Keys.TRAIN_FLASH_FINISHED] = bool(ss[Keys.TRAIN_IN_PROGRESS])
    ss[Keys.TRAIN_REFRESH_EXPECTED] = True
    ss[Keys.TRAIN_IN_PROGRESS] = False


def reset_meaning_map_flags(ss: State) -> None:
    """Put the switches of the map as they are at first; before they are drawn."""
    for key, value in _MAP_DEFAULTS.items():
        ss[key] = value


def finish_refresh(ss: State) -> bool:
    """The run is drawn; whether this tab waited for it."""
    flash = bool(ss[Keys.TRAIN_FLASH_FINISHED])
    ss[Keys.TRAIN_FLASH_FINISHED] = ss[Keys.TRAIN_REFRESH_EXPECTED] = False
    return flash


def forget_run(ss: State) -> None:
    """Show no run."""
    for key in _RUN_KEYS:
        ss[key] = None
    ss[Keys.TRAIN_FLASH_FINISHED] = ss[Keys.TRAIN_REFRESH_EXPECTED] = False


def pin_run(ss: State, id_: str | None) -> None:
    """Show this run until another is chosen; `None`: always the newest."""
    ss[Keys.TRAIN_STAGE_SHOWN].pinned = id_


def select_mail(ss: State, id_: str | None) -> None:
    """Look at the mail whose point was clicked."""
    ss[Keys.MEANING_MAP_SELECTED] = id_


def compute_token_budget_summary(ss: State, service: MailService) -> TokenBudget | None:
    """How long the mails are for the embedder that is chosen; `None` while they are counted."""
    params = ss[Keys.TRAIN_PARAMS]
    return service.token_budget(embedder=params["embedder"], mask=params["mask"])


def _plain(params: TrainParams) -> dict[str, Any]:
    """Settings as mappings that are this tab's own."""
    return asdict(params)
