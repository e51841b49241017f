"""Who has what: one holder for a resource of the process, such as a model that is trained.

with claim("model:ssvae", "the inspector"):
    ...
"""

import threading
from types import TracebackType

_holders: dict[str, "Claim"] = {}
_lock = threading.Lock()


class Claimed(RuntimeError):
    """Somebody else has the resource. Wait for the holder, or end what it does there."""

    def __init__(self, resource: str, holder: str) -> None:
        super().__init__(f"{resource} is in use by {holder}. End that first.")
        self.resource = resource
        self.holder = holder


class Claim:
    """Holds a resource until it is released; releasing again does nothing."""

    def __init__(self, resource: str, owner: str) -> None:
        self.resource = resource
        self.owner = owner

    def release(self) -> None:
        with _lock:
            if _holders.get(self.resource) is self:
                del _holders[self.resource]

    def __enter__(self) -> "Claim":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def claim(resource: str, owner: str) -> Claim:
    """Hold `resource` as `owner`, named so that a message reads well. Raises `Claimed`."""
    with _lock:
        if resource in _holders:
            raise Claimed(resource, _holders[resource].owner)
        granted = _holders[resource] = Claim(resource, owner)
        return granted


def holder(resource: str) -> str | None:
    """Who holds a resource now."""
    with _lock:
        return _holders[resource].owner if resource in _holders else None
