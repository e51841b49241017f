"""HTML that changes in its place by itself, without a run of the page; its classes are in `page.css`."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ipo.services.inspector.live_content import LiveContent
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts
from ipo.ui.components.live_source import live_source
from ipo.ui.html import Html

_live_html = Component(
    "ipo_live_html",
    html='<div class="ipo-live"></div>\n',
    js=shared_scripts("mount", "versions", "live") + (Path(__file__).parent / "live_html.js").read_text(),
    isolate_styles=False,  # it looks as the page does
)


def live_html(
    live: LiveContent,
    content: Callable[[], Html | None],
    *,
    key: str,
    width: Literal["stretch", "content"] = "stretch",
) -> None:
    """Show what `content` gives whenever that may be another. It is called on threads of the server."""
    _live_html(key=key, data={"source": live_source(live, key, content)}, width=width)
