"""The JavaScript that components share; each component is one script, and has it before its own."""

from dataclasses import dataclass
from pathlib import Path

_SHARED = Path(__file__).parent / "shared"

# What a component has where images are judged.
JUDGING_SCRIPTS = (
    "mount",
    "storage",
    "event_log",
    "versions",
    "connection",
    "keyboard",
    "images",
    "act_table",
    "undo_redo",
    "announcements",
)


def shared_scripts(*names: str) -> str:
    """The text of `ipo/ui/components/shared/<name>.js`, one after the other. Raises `FileNotFoundError`."""
    return "".join((_SHARED / f"{name}.js").read_text() for name in names)


@dataclass(frozen=True)
class Sources:
    """What a component that shows live content is made of; see `shared/live.js`."""

    html: str
    css: str
    shared: tuple[str, ...]  # besides what brings the content
    js: str

    @property
    def live_script(self) -> str:
        """With content from the server."""
        return shared_scripts(*self.shared, "versions", "live") + self.js


def sources(folder: Path, html: str, css: str, shared: tuple[str, ...], *scripts: str) -> Sources:
    """`css` and `scripts` are files in `folder`. Raises `FileNotFoundError`."""
    js = "".join((folder / name).read_text() for name in scripts)
    return Sources(html, (folder / css).read_text(), shared, js)
