"""What is drawn again: fragments that show something older than what is there, or the whole page.

Views compare versions: a fragment notes the version of what it is about to show. The page's heartbeat draws
again those whose version is another by now, and nothing else.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import streamlit as st

from ipo.keys import Keys


@contextlib.contextmanager
def drawing(fragment: str, version: Any) -> Iterator[None]:
    """Note what a fragment shows, once it is drawn: if a click cuts the drawing short, it is still due.

    `version` must have been read before anything that is drawn.
    """
    yield
    _drawn()[fragment] = version


def due(versions: Mapping[str, Any]) -> list[str]:
    """The fragments to draw again, given what they would show now."""
    drawn = _drawn()
    return [fragment for fragment, version in versions.items() if drawn.get(fragment) != version]


def only(*fragments: str) -> NoReturn:
    """Draw these fragments, the page's own, and those of the sidebar. For callbacks.

    The last two are drawn in any case: this cuts short a run under way, which may have been theirs; and if a
    widget of the sidebar changes at the same moment, Streamlit makes one run of both, of what is named here.
    """
    page = st.session_state[Keys.PAGE_FRAGMENT]
    st.rerun([*fragments, *([] if page is None else [page])])


def whole_page() -> None:
    """`on_change` of every widget outside of fragments.

    If an event whose callback names fragments arrives at the same moment, Streamlit draws nothing but these,
    unless the callback of another widget returned without a wish.
    """


def _drawn() -> dict[str, Any]:
    drawn: dict[str, Any] = st.session_state.setdefault(Keys.DRAWN_VERSIONS, {})
    return drawn
