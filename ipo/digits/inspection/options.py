"""What can be chosen of the recipe `ssvae`: which terms of the loss act, and what is overridden."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ipo.digits.config import Hyperparameters, SSVAEConfig
from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.recipes.options import option, parse_options

NAME = "ssvae"
MINE = 0  # for `labels`: those of the project folder
STARTS = ("fresh", "checkpoint")

CONDITIONS: Mapping[str, Mapping[str, float]] = {
    "full": {},
    "no_consistency": {"consistency_weight": 0.0},
    "no_contrast": {"contrast_weight": 0.0},
    "supervised": {
        "consistency_weight": 0.0,
        "contrast_weight": 0.0,
        "recon_weight": 0.0,
        "kl_weight": 0.0,
    },
    "generative": {"consistency_weight": 0.0, "contrast_weight": 0.0, "label_weight": 0.0},
}


@dataclass(frozen=True)
class Options:
    """What can be overridden. `None`: that of the condition."""

    labels: int = option(100, f"True labels, balanced ({MINE}: yours)")
    start: str = option("fresh", "Start from", choices=STARTS)
    recon_weight: float | None = option(None, "Weight of the reconstruction")
    kl_weight: float | None = option(None, "Weight of KL")
    label_weight: float | None = option(None, "Weight of labels")
    consistency_weight: float | None = option(None, "Weight of consistency")
    contrast_weight: float | None = option(None, "Weight of contrast")
    learning_rate: float | None = option(None, "Learning rate of Adam")
    threshold: float = option(0.95, "Certain from so many times the usual certainty on")
    latent_dim: int = option(16, "Dimensions of the latent")
    labelled_batch: int = option(32, "Labelled images of a batch")
    unlabelled_batch: int = option(128, "Unlabelled images of a batch")


OF_A_MODEL = ("latent_dim", "labelled_batch", "unlabelled_batch", "threshold")


def validate(condition: str, overrides: Mapping[str, Any]) -> None:
    """Raises `ValueError` that says what would be right."""
    given = {name: value for name, value in overrides.items() if name != "data"}
    options = parse_options(Options, given, NAME)
    if condition not in CONDITIONS:
        raise UnknownName(unknown("condition", condition, CONDITIONS, owner=NAME))
    if isinstance(options.labels, bool) or not isinstance(options.labels, int) or options.labels < 0:
        raise ValueError(
            f"labels is {options.labels!r}; a whole number from 1 on, or {MINE} for yours, would be right."
        )
    if options.start == "checkpoint":
        for name in OF_A_MODEL:
            if name in given:
                raise ValueError(f"{name} is that of the checkpoint; leave it out, or start fresh.")
    config(options, 0, (28, 28), 10)
    knobs(condition, options)


def config(options: Options, seed: int, shape: tuple[int, int], classes: int) -> SSVAEConfig:
    """Of a model that starts fresh. Raises `ValueError` for what is impossible."""
    return SSVAEConfig(
        image_shape=shape,
        classes=classes,
        latent_dim=options.latent_dim,
        labelled_batch=options.labelled_batch,
        unlabelled_batch=options.unlabelled_batch,
        threshold=options.threshold,
        seed=seed,
    )


def knobs(condition: str, options: Options) -> Hyperparameters:
    """Those of a condition with what is overridden. Raises `ValueError` for what is impossible."""
    overridden = {field.name: getattr(options, field.name) for field in fields(Hyperparameters)}
    given = {name: value for name, value in overridden.items() if value is not None}
    return replace(Hyperparameters(), **{**CONDITIONS[condition], **given})
