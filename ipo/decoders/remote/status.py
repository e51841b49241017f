"""What is known of each image server, as plain data that a page can draw."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable


class ServerState(StrEnum):
    """Whether a server gets work."""

    READY = "ready"
    BUSY = "busy"  # its queue is full, or it is being stopped
    FAILING = "failing"  # it did not answer
    REFUSED = "refused"  # it answers, and cannot be used: another token, other weights


@dataclass(frozen=True)
class ServerStatus:
    """One image server as its client sees it. `says` is a sentence for the user."""

    url: str
    state: ServerState
    says: str
    seconds_per_image: float | None  # median of the last answers, waiting and transfer included
    images: int  # that it made for this process
    retry_in: float | None  # seconds; `None` unless nothing is sent to it for a while
    decoder: str  # name and version; empty until it answered
    weights_hash: str
    device: str


@runtime_checkable
class ServedDecoder(Protocol):
    """A decoder that draws by servers."""

    def servers(self) -> tuple[ServerStatus, ...]:
        """Which servers answer, and how fast."""
