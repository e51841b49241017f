"""Widgets over values that all tabs share: a title, how images are proposed, hyper-parameters.

Every message of a browser carries the values of all its widgets. One that left before the browser heard of a
change elsewhere carries the old value, and Streamlit takes that for somebody's choice. Therefore a widget has
another key for each value that came from elsewhere: what a browser sends names the value that was on screen,
and is refused where the tab shows another by now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ipo.keys import Keys


@dataclass(frozen=True)
class SharedValue:
    """A shared value as a widget of this tab shows it."""

    name: str
    about: str  # the session that it is a value of; empty for the app
    version: int  # how many values came from elsewhere before this one
    value: Any  # which the widget shows until somebody chooses another

    @property
    def key(self) -> str:
        """Of the widget."""
        return f"{self.name}-{self.version}" if self.version else self.name

    @property
    def chosen(self) -> Any:
        """What the widget shows now."""
        return st.session_state.get(self.key, self.value)


def shared_value(name: str, value: Any, about: str = "") -> SharedValue:
    """What the widget that is drawn next is to show, where the value is this one now."""
    shown = _shown(name)
    if shown is None:
        shown = SharedValue(name, about, 0, value)
    elif shown.about != about or shown.chosen != value:
        shown = SharedValue(name, about, shown.version + 1, value)
    st.session_state.setdefault(Keys.WIDGETS_SHARED, {})[name] = shown
    return shown


def unsettled_value(name: str, value: Any, about: str = "") -> SharedValue:
    """The same while what was chosen here is on its way: it stays on screen."""
    shown = _shown(name)
    if shown is not None and shown.about == about:
        value = shown.chosen
    return shared_value(name, value, about)


def on_choice(shared: SharedValue, act: Callable[[Any], None]) -> None:
    """The callback of a widget: hands over what somebody chose, unless they had another value on screen."""
    if _shown(shared.name) == shared:
        act(st.session_state[shared.key])


def _shown(name: str) -> SharedValue | None:
    shown: dict[str, SharedValue] = st.session_state.get(Keys.WIDGETS_SHARED, {})
    return shown.get(name)
