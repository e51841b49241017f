"""Which image and which feature are followed through all figures of a page."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ipo.ui.components.tensors.figure import FEATURE, IMAGE


@dataclass(frozen=True)
class Followed:
    """A place per axis. After a click the browser is ahead for a moment: the higher number counts.

    One lives in the state of each tab; what it becomes keeps its `origin`.
    """

    places: Mapping[str, int] = field(default_factory=dict)
    number: int = 0
    origin: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def image(self) -> int | None:
        return self.places.get(IMAGE)

    @property
    def feature(self) -> int | None:
        return self.places.get(FEATURE)

    def follow(self, axis: str, place: int | None) -> "Followed":
        """Follow a place of an axis, or let go with `None`."""
        places = {name: at for name, at in self.places.items() if name != axis}
        return replace(
            self, places=places if place is None else {**places, axis: place}, number=self.number + 1
        )

    def updated(self, message: object) -> "Followed":
        """What the browser says is followed, unless this is newer or `message` is malformed."""
        if not isinstance(message, Mapping) or message.get("origin") != self.origin:
            return self
        places, number = message.get("places"), message.get("number")
        if not isinstance(places, Mapping) or not isinstance(number, int) or number < self.number:
            return self
        if not all(isinstance(at, int) and at >= 0 for at in places.values()):
            return self
        return replace(self, places={str(axis): at for axis, at in places.items()}, number=number)
