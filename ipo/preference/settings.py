"""How a session proposes and fits, as its `session.json` keeps it."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ipo.preference.notices import settings_unreadable, settings_wrong
from ipo.preference.proposals.generate import Proposing
from ipo.preference.proposals.proposers import PROPOSERS
from ipo.preference.state import MODELS, ModelParams
from ipo.preference.storage.sessions import SessionFolder
from ipo.value.boosting import BoostParams
from ipo.value.kernel_choice import KERNELS
from ipo.value.two_kernels import FEATURES
from ipo.visible import visible

SETTINGS = "settings"  # in `session.json`
_LARGEST = sys.float_info.max  # a whole number of JSON may be larger
EXPLORE_STEPS = 20  # of the slider from 0 to 1


@dataclass(frozen=True)
class Settings:
    """What a user has set for a session."""

    proposing: Proposing = field(default_factory=Proposing)
    params: ModelParams = field(default_factory=ModelParams)
    cv_after_fit: bool = False

    def record(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "proposer": self.proposing.how.proposer,
            "explore": self.proposing.how.explore,
            "value_model": self.proposing.model,
            "relative_lambda": self.params.ridge_lambda,
            "kernel": self.params.kernel,
            "features": self.params.features,
            "raw_latents": self.params.boost.components is None,
            "cv_after_fit": self.cv_after_fit,
        }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


_Right = Mapping[str, tuple[Callable[[Any], bool], str]]
_RIGHT: _Right = {
    "explore": (lambda value: _is_number(value) and 0 <= value <= 1, "a number from 0 to 1"),
    "value_model": (lambda value: value in MODELS, f"one of {', '.join(MODELS)}"),
    "relative_lambda": (
        lambda value: value is None or (_is_number(value) and value > 0),
        "a number above 0, or null to have it chosen,",
    ),
    "kernel": (lambda value: value in KERNELS, f"one of {', '.join(KERNELS)}"),
    "features": (lambda value: value in FEATURES, f"one of {', '.join(FEATURES)}"),
    "raw_latents": (lambda value: isinstance(value, bool), "true or false"),
    "cv_after_fit": (lambda value: isinstance(value, bool), "true or false"),
}


def load_settings(folder: SessionFolder, proposers: Sequence[str] = PROPOSERS) -> tuple[Settings, str]:
    """The settings in `session.json`, and what is wrong with them, for the user; defaults where nothing is.

    `proposers` are those of the session.

    Raises `OSError` for a session that is new, or that cannot be read.
    """
    try:
        settings, wrong = parse_settings(folder.about().get(SETTINGS, {}), proposers)
    except ValueError as error:
        return Settings(), settings_unreadable(error)
    return settings, settings_wrong(wrong) if wrong else ""


def save_settings(folder: SessionFolder, settings: Settings) -> None:
    """Write them to `session.json`. Raises `OSError` or `ValueError`."""
    folder.keep(**{SETTINGS: settings.record()})


def parse_settings(record: Any, proposers: Sequence[str] = PROPOSERS) -> tuple[Settings, list[str]]:
    """Settings as they were kept, with defaults for what is missing or wrong, and what is wrong with them."""
    defaults = Settings().record()
    if not isinstance(record, dict):
        return Settings(), [f"{SETTINGS} is {_short(record)}; an object would be right"]
    checks: _Right = {
        "proposer": (lambda value: value in proposers, f"one of {', '.join(proposers)}"),
        **_RIGHT,
    }
    wrong = [
        f"{name} is {_short(record[name])}; {right} would be right"
        for name, (fits, right) in checks.items()
        if name in record and not fits(record[name])
    ]
    values = {
        name: record[name] if name in record and checks[name][0](record[name]) else default
        for name, default in defaults.items()
    }
    how = replace(
        Proposing().how,
        proposer=values["proposer"],
        explore=round(round(values["explore"] * EXPLORE_STEPS) / EXPLORE_STEPS, 2),
    )
    boost = replace(BoostParams(), components=None) if values["raw_latents"] else BoostParams()
    relative = values["relative_lambda"]
    params = ModelParams(
        None if relative is None else float(relative), values["kernel"], boost, values["features"]
    )
    return Settings(Proposing(how, values["value_model"]), params, values["cv_after_fit"]), wrong


def _short(value: Any) -> str:
    text = visible(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= 40 else f"{text[:40]}…"
