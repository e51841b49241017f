"""What the timeline is made of, for pages and for files."""

from pathlib import Path

from ipo.ui.components.bundle import sources

_HERE = Path(__file__).parent

TIMELINE = sources(
    _HERE,
    (_HERE / "timeline.html").read_text(),
    "timeline.css",
    ("mount", "keyboard", "numbers"),
    "timeline.js",
)
