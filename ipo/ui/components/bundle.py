"""The JavaScript that components share; each component is one script, and has it before its own."""

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
