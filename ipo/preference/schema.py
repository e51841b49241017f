"""What the JSON files of a session say, with their kinds: the one schema for opening and for importing.

Fields that are not listed here are passed over when a record is read, and stay where it is appended to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, JsonValue, TypeAdapter, with_config

from ipo.records import STRICT, fits

_HEX_16 = re.compile(r"[0-9a-f]{16}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DESCRIBED = ("name", "version", "weights_hash")  # of a decoder, in text


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_moment(text: str) -> bool:
    datetime.fromisoformat(text)
    return True


def _has_whole_size(settings: Mapping[str, Any]) -> bool:
    size = settings.get("size", 0)
    return isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**31


def _is_described_in_text(decoder: Mapping[str, Any]) -> bool:
    return all(isinstance(decoder.get(name, ""), str) for name in _DESCRIBED)


def _has_numeric_theta(parameters: Mapping[str, Any]) -> bool:
    return parameters.get("theta") is None or _is_number(parameters["theta"])


Id = Annotated[str, fits(lambda text: _HEX_16.fullmatch(text) is not None, "16 hexadecimal digits")]
Moment = Annotated[str, fits(_is_moment, "a time like 2026-01-31T12:00:00+00:00")]
Name = Annotated[str, Field(max_length=1000)]
Label = Annotated[int, fits(lambda label: label in (1, -1), "1 or -1")]
Object = dict[str, JsonValue]


@with_config(STRICT)
@dataclass(frozen=True)
class CandidateRecord:
    """Everything about a candidate but its latent and its image."""

    id: Id
    session: Name
    prompt: Name
    anchor: Name
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    decoder: Annotated[Object, fits(_is_described_in_text, f"an object with {', '.join(_DESCRIBED)} in text")]
    settings: Annotated[Object, fits(_has_whole_size, "an object with a whole number as size")]
    proposer: Name
    proposer_parameters: Annotated[Object, fits(_has_numeric_theta, "an object with a number as theta")]
    value: float | None
    sd: Annotated[float, Field(ge=0)] | None
    value_model: Name | None
    created_at: Moment


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One act on a row, a pair or a skip. `label` is that of the row from then on; others have none.

    `act` counts the acts of a session; what was done to several images at once shares it.
    """

    at: Moment
    action: Name
    event: Name
    label: Label | None = None
    act: Annotated[int, Field(ge=1, lt=2**53)] | None = None  # older versions did not count

    def record(self) -> dict[str, Any]:
        """As it is kept in a history."""
        label = {} if self.label is None else {"label": self.label}
        act = {} if self.act is None else {"act": self.act}
        return {"at": self.at, "action": self.action, **label, "event": self.event, **act}


@with_config(STRICT)
@dataclass(frozen=True)
class FileRecord:
    """Length in bytes and sha256 of a file when it was saved."""

    bytes: Annotated[int, Field(ge=1)]
    sha256: Annotated[str, fits(lambda text: _SHA256.fullmatch(text) is not None, "64 hexadecimal digits")]


History = Annotated[tuple[HistoryEntry, ...], Field(min_length=1)]


def _files_of(*names: str) -> AfterValidator:
    """Demands that certain files are described."""
    return fits(lambda files: all(name in files for name in names), f"an object with {', '.join(names)}")


@with_config(STRICT)
@dataclass(frozen=True)
class RowRecord:
    """`row.json`"""

    candidate: CandidateRecord
    label: Label
    judged_at: Moment
    history: History
    files: Annotated[dict[str, FileRecord], _files_of("image.png", "latent.npy")]

    @property
    def about(self) -> str:
        """The id of the candidate."""
        return self.candidate.id


@with_config(STRICT)
@dataclass(frozen=True)
class PairRecord:
    """`pair.json`"""

    preferred: CandidateRecord
    other: CandidateRecord
    side: Annotated[int, fits(lambda side: side in (-1, 0, 1), "-1, 0 or 1")]
    judged_at: Moment
    history: History
    files: Annotated[
        dict[str, FileRecord], _files_of("preferred.png", "other.png", "preferred.npy", "other.npy")
    ]

    @property
    def about(self) -> str:
        """The ids of both candidates."""
        return f"{self.preferred.id}-{self.other.id}"


@with_config(STRICT)
@dataclass(frozen=True)
class SkipRecord:
    """`skip.json`"""

    candidate: CandidateRecord
    history: History
    files: Annotated[dict[str, FileRecord], _files_of("image.png", "latent.npy")]

    @property
    def about(self) -> str:
        """The id of the candidate."""
        return self.candidate.id


@with_config(STRICT)
@dataclass(frozen=True)
class Acts:
    """The history in a record of any kind."""

    history: History


@with_config(STRICT)
@dataclass(frozen=True)
class KeyRecord:
    """Which session a `session.json` describes."""

    prompt: str
    size: Annotated[int, Field(ge=1, le=65_536)]
    decoder: Name
    copy: str = ""
    decoder_settings: dict[Name, bool | int | float | str] = field(default_factory=dict)


@with_config(STRICT)
@dataclass(frozen=True)
class Sequence128:
    """The inner state of a PCG64."""

    state: Annotated[int, Field(ge=0, lt=2**128)]
    inc: Annotated[int, Field(ge=0, lt=2**128)]


@with_config(STRICT)
@dataclass(frozen=True)
class GeneratorRecord:
    """`generator.json`: where the random sequence of a session has come to."""

    bit_generator: Annotated[str, fits(lambda name: name == "PCG64", '"PCG64"')]
    state: Sequence128
    has_uint32: Annotated[int, Field(ge=0, le=1)]
    uinteger: Annotated[int, Field(ge=0, lt=2**32)]


OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, JsonValue])  # `session.json`, whatever is in it
KEY = TypeAdapter(KeyRecord)
GENERATOR = TypeAdapter(GeneratorRecord)
CANDIDATE = TypeAdapter(CandidateRecord)
ACTS = TypeAdapter(Acts)
ROW = TypeAdapter(RowRecord)
PAIR = TypeAdapter(PairRecord)
SKIP = TypeAdapter(SkipRecord)
