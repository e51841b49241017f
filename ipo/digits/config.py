"""What a model is (fixed from its first step on) and what can be turned while it trains."""

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

MOST_EPOCHS = 200  # of one training


@dataclass(frozen=True)
class SSVAEConfig:
    """Architecture, batches and split of one model. Changing any of it is another model."""

    image_shape: tuple[int, int] = (28, 28)
    classes: int = 10
    latent_dim: int = 16  # with 2 the latent is the map
    width: int = 16  # channels of the first convolution; the others have twice and four times as many
    features: int = 128  # what classifier, latent and map read
    hidden: int = 256  # of the decoder
    labelled_batch: int = 32
    unlabelled_batch: int = 224
    threshold: float = 0.95  # from so many times its usual certainty on a guess counts as a pseudo-label
    balance: float = 1.0  # how far pseudo-labels are drawn to equal shares of the classes: 0 not at all, 1
    averaging: float = 0.999  # decay of the averaged weights, which predict
    validation: float = 0.1  # of all images, never trained on
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_shape", tuple(self.image_shape))
        for name in ("latent_dim", "width", "features", "hidden", "labelled_batch", "unlabelled_batch"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}; a whole number from 1 on would be right.")
        if not 0 <= self.validation <= 0.5:
            raise ValueError(f"validation is {self.validation!r}; 0 to 0.5 would be right.")
        for name in ("threshold", "balance", "averaging"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ValueError(f"{name} is {value!r}; 0 to 1 would be right.")
        if not 2 <= self.classes <= 127 or min(self.image_shape) < 4:
            raise ValueError(f"Images of {self.image_shape} in {self.classes} classes cannot be learnt.")

    def record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self) | {"image_shape": list(self.image_shape)}


def config_of(record: Mapping[str, Any]) -> SSVAEConfig:
    """The config of a record. Raises `ValueError` for one of another version."""
    names = {field.name for field in fields(SSVAEConfig)}
    if record.keys() != names:
        other = ", ".join(sorted(names ^ record.keys()))
        raise ValueError(f"The config is of another version of ipo: it differs in {other}.")
    return SSVAEConfig(**record)


@dataclass(frozen=True)
class Hyperparameter:
    """One number that can be turned during training."""

    name: str
    label: str
    low: float
    high: float
    help: str
    logarithmic: bool = False


KNOBS = (
    Hyperparameter("recon_weight", "Reconstruction", 0, 5000, "Its weight in the loss."),
    Hyperparameter("kl_weight", "KL", 0, 1, "Its weight: how strongly latents are kept near N(0, 1)."),
    Hyperparameter("label_weight", "Labels", 0, 1000,
         "Its weight: how much labelled images count (their cross-entropy)."),
    Hyperparameter("consistency_weight", "Consistency", 0, 1000,
         "Its weight: how much agreement of two views of an unlabelled image counts."),
    Hyperparameter("contrast_weight", "Contrast", 0, 100,
         "Its weight: how strongly views of one image are drawn together and other images pushed apart."),
    Hyperparameter("learning_rate", "Learning rate", 1e-4, 1e-2,
         "The size of a step of the optimizer (Adam).", logarithmic=True),
)  # fmt: skip


@dataclass(frozen=True)
class KnobTurn:
    """A knob that was turned while a model trained."""

    step: int  # the first one that saw it
    name: str
    before: float
    after: float

    @property
    def text(self) -> str:
        label = next((knob.label for knob in KNOBS if knob.name == self.name), self.name)
        return f"{label} {self.before:g} → {self.after:g}"


def turns_between(before: "Hyperparameters", after: "Hyperparameters", step: int) -> tuple[KnobTurn, ...]:
    """What was turned to get from one to the other."""
    one, other = before.record(), after.record()
    return tuple(KnobTurn(step, name, one[name], other[name]) for name in one if one[name] != other[name])


@dataclass(frozen=True)
class Hyperparameters:
    """Weights of L = recon·recon_weight + KL·kl_weight + CE·label_weight + agreement·consistency_weight
    + contrast·contrast_weight."""

    recon_weight: float = 100.0
    kl_weight: float = 0.1
    label_weight: float = 100.0
    consistency_weight: float = 100.0
    contrast_weight: float = 10.0
    learning_rate: float = 2e-3

    def __post_init__(self) -> None:
        for knob in KNOBS:
            value = getattr(self, knob.name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not abs(value) <= sys.float_info.max:  # which NaN is not either
                raise ValueError(f"{knob.name} is {value!r}; a number would be right.")
            if not knob.low <= value <= knob.high:
                raise ValueError(f"{knob.name} is {value:g}; {knob.low:g} to {knob.high:g} would be right.")

    def turned(self, **changes: float) -> "Hyperparameters":
        """With other values. Raises `ValueError` for a knob or a value that does not exist."""
        known = [knob.name for knob in KNOBS]
        for name in changes:
            if name not in known:
                raise ValueError(f"There is no {name!r} to turn; there are {', '.join(known)}.")
        return replace(self, **changes)

    def record(self) -> dict[str, float]:
        return asdict(self)
