"""Components of Streamlit whose data are plain JSON.

Streamlit writes `NaN` where a number is not there, and the text of the whole data where JSON has no word for
a part of them. Every component of the app is a `Component`, and says `null`.
"""

from typing import Any

import streamlit as st

from ipo.api.browser_json import browser_json


class Component:
    """A component of Streamlit (v2), made of these sources, whose data are plain JSON."""

    def __init__(
        self, name: str, *, html: str, js: str, css: str | None = None, isolate_styles: bool = True
    ) -> None:
        """With `isolate_styles` it lives in a shadow root, where styles of the page do not apply."""
        self.name = name
        self._mount = st.components.v2.component(
            name, html=html, css=css, js=js, isolate_styles=isolate_styles
        )

    def __call__(self, *, data: Any = None, **how: Any) -> Any:
        """Draw it with `data`. Raises `TypeError` for data that JSON has no word for."""
        return self._mount(data=browser_json(data, self.name), **how)
