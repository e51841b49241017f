"""Which image and which feature are followed through all figures of a page."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from ipo.ui.components.browser_data import Component
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


def draw_following(
    component: Component,
    data: Mapping[str, Any],
    followed: Followed,
    on_follow: Callable[[Followed], None],
    *,
    key: str,
) -> None:
    """Draw a component that shows what is followed and where others may be chosen.

    A choice in the browser shows at once and then calls `on_follow` with what is followed now, before the
    rerun of the fragment that this stands in.
    """

    def on_followed() -> None:
        state = st.session_state.get(key)
        update = followed.updated(state.get("followed") if state else None)
        if update is not followed:
            on_follow(update)

    places = {"places": dict(followed.places), "number": followed.number, "origin": followed.origin}
    component(
        key=key,
        data={**data, "key": key, "followed": places},
        on_followed_change=on_followed,
        on_redraw_change=lambda: None,  # values had left the store: drawing puts them back
    )
