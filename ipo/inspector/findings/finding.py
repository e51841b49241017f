"""What a rule says of a training: what is wrong, where, how much, and what people do about it."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad it is: something to know, something that costs, something that makes the training worthless."""

    NOTE = 1
    WARNING = 2
    CRITICAL = 3


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong at one step. `rule` and `subject` say whether two findings are the same one."""

    rule: str
    severity: Severity
    subject: str  # the layer, the parameter or the part of the training that it is about
    says: str  # one sentence
    evidence: str  # the number, with what it is to be compared with
    remedy: str  # what people do about it
    tensor: str = ""  # key of the tensor that shows it
    feature: int | None = None  # of the layer: the unit to look at
    rows: tuple[int, ...] = ()  # of the batch, those that it is about, worst first
    missing: str = ""  # a number that would belong here and could not be had, and why
