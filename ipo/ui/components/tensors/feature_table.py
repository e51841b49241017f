"""The table of features: a row each, sorted in the browser, beside what is followed in the figures."""

from collections.abc import Callable, Mapping
from typing import Any

from ipo.services.inspector.live_content import LiveContent
from ipo.ui.components.browser_data import Component
from ipo.ui.components.live_source import live_source
from ipo.ui.components.tensors.linked_selection import Followed, draw_following
from ipo.ui.components.tensors.sources import FEATURE_TABLE

_feature_table = Component(
    "ipo_feature_table", html=FEATURE_TABLE.html, css=FEATURE_TABLE.css, js=FEATURE_TABLE.live_script
)


def draw_feature_table(
    live: LiveContent,
    content: Callable[[], Mapping[str, Any] | None],
    *,
    followed: Followed,
    on_follow: Callable[[Followed], None],
    key: str,
) -> None:
    """Show what `content` gives whenever that may be another: it is called on threads of the server.

    `{"columns": […], "rows": [[…], …], "looks": ["dead" | "winner" | "", …]}`, a number for each column in
    each row and a look for each row. A click on a row follows its feature, see `draw_following`.
    """
    draw_following(_feature_table, {"source": live_source(live, key, content)}, followed, on_follow, key=key)
