"""Buttons that step the training. A press travels by HTTP and is answered with what the panels show then."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ipo.services.inspector.live_content import LiveContent
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts
from ipo.ui.components.live_source import live_source

_HERE = Path(__file__).parent
_stepper = Component(
    "ipo_stepper",
    html='<div class="stepper"></div>\n',
    css=(_HERE / "stepper.css").read_text(),
    js=shared_scripts("mount", "keyboard", "versions", "live") + (_HERE / "stepper.js").read_text(),
)


def stepper(live: LiveContent, counts: Sequence[int], enabled: Callable[[], bool], *, key: str) -> None:
    """A button for each of `counts`; the first is one step and has the shortcut S."""

    def content() -> dict[str, Any]:
        return {"enabled": enabled()}

    _stepper(
        key=key, data={"counts": list(counts), "source": live_source(live, key, content)}, width="content"
    )
