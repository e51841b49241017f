"""The keys of a page under “?”: a button, and a list that it opens above the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts

_HERE = Path(__file__).parent
_key_list = Component(
    "ipo_key_list",
    html=(_HERE / "key_list.html").read_text(),
    css=(_HERE / "key_list.css").read_text(),
    js=shared_scripts("mount", "keyboard") + (_HERE / "key_list.js").read_text(),
)


@dataclass(frozen=True)
class KeyGroup:
    """Keys that belong together: what is on each, and what it does."""

    title: str
    lines: tuple[tuple[str, str], ...]


def key_list(groups: Sequence[KeyGroup], *, key: str) -> None:
    data = [{"title": group.title, "lines": group.lines} for group in groups]
    _key_list(key=key, data={"groups": data}, width="content")
