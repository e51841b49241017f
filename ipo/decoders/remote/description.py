"""What an image server says of its decoder: the answer to `GET /models`, written there and read here."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter, with_config

from ipo import records
from ipo.decoders.settings import Setting, Value


@with_config(records.STRICT)
@dataclass(frozen=True)
class Identity:
    """Which decoder makes the images: what rows keep. `version` ends with what the server chose otherwise."""

    name: str
    version: str
    weights_hash: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} (weights {self.weights_hash[:12] or 'unknown'})"

    def to_json(self) -> str:
        return json.dumps(asdict(self))


@with_config(records.STRICT)
@dataclass(frozen=True)
class DeclaredSetting:
    """A `Setting` in JSON, which has no infinity: a bound that is none is null."""

    name: str
    label: str
    default: Value
    help: str = ""
    choices: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None

    @classmethod
    def of_setting(cls, one: Setting) -> "DeclaredSetting":
        low, high = (bound if math.isfinite(bound) else None for bound in (one.low, one.high))
        return cls(one.name, one.label, one.default, one.help, one.choices, low, high, one.step)

    def setting(self) -> Setting:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return Setting(self.name, self.label, self.default, self.help, self.choices, low, high, self.step)


@with_config(records.STRICT)
@dataclass(frozen=True)
class ModelDescription:
    """A decoder behind a server, and what may be asked of it."""

    identity: Identity
    deterministic: bool
    settings: tuple[DeclaredSetting, ...]  # that clients may choose; all of them change pixels
    latent_shapes: Mapping[
        str, tuple[int, ...]
    ]  # image side → shape of one latent, of sizes that were asked for
    impossible_sizes: Mapping[str, str]  # image side → why there is no such image, of the others
    batch: int
    device: str
    memory: int | None
    seconds_per_image: float | None  # median of the last batches; `None` before the first


@with_config(records.STRICT)
@dataclass(frozen=True)
class Models:
    """All decoders behind a server: one, today."""

    models: tuple[ModelDescription, ...]


def parse_models(content: bytes) -> ModelDescription:
    """The decoder that an answer to `GET /models` describes. Raises `ValueError` for anything else."""
    models = records.parse(content, _MODELS, "its answer").models
    if len(models) != 1:
        raise ValueError(f"it offers {len(models)} decoders; one would be right")
    return models[0]


def parse_identity(content: bytes) -> Identity:
    """What `Identity.to_json` wrote. Raises `ValueError` for anything else."""
    return records.parse(content, _IDENTITY, "expected")


_MODELS = TypeAdapter(Models)
_IDENTITY = TypeAdapter(Identity)
