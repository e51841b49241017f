"""What pages write: moments, durations, and text of the user's world in what Streamlit reads as Markdown.

Paths, titles, prompts, names of layers and the words of errors pass through `plain` on their way there;
`tests/unit/ui/test_markdown.py` holds every page to it.
"""

import re
import time
from datetime import datetime
from typing import Protocol

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!$:|~^&@])")
_LINES = re.compile(r"[ \t]*\r?\n\s*")

# Streamlit also changes text that has no mark left. What changes nothing on the page keeps it apart.
_NOTHING = ":gray[]"
_COMMAND = re.compile(r"ipo(?: [a-z]+)+ (?:\\-){2}[a-z]+(?:\\-[a-z]+)*(?: \d+)?")  # in what `plain` gives
_SYMBOLS = re.compile(r"(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)")  # drawn as arrows and the like
_ICONS = re.compile(r":material(?=[/_])|:[\w+-]+(?=:)")  # and emoji


def plain(text: object) -> str:
    """`str(text)` with nothing in it that Markdown or Streamlit would take for a mark; lines stay lines."""
    marked = _SYMBOLS.sub(lambda found: "\0".join(found[0]), str(text).replace("\0", ""))
    marked = _ICONS.sub(lambda found: f"{found[0]}\0", marked)
    lines = _LINES.split(_MARKS.sub(r"\\\1", marked).strip())
    return "\\\n".join(line for line in lines if line).replace("\0", _NOTHING)


def with_commands(text: object) -> str:
    """`plain(text)` with what can be typed on the command line as code, which no line ends within."""
    return _COMMAND.sub(lambda found: "`" + found[0].replace("\\", "") + "`", plain(text))


def in_words(name: str) -> str:
    """A name of code as people write it: `win_rate` is “win rate”."""
    return name.replace("_", " ")


class Timed(Protocol):
    """Work that knows how long it still takes."""

    @property
    def eta(self) -> float | None: ...


def clock(at: float) -> str:
    """A moment in seconds since the epoch: the time of the day, and the day if it was another."""
    when = datetime.fromtimestamp(at)
    return when.strftime("%H:%M:%S" if time.time() - at < 12 * 3600 else "%d %b %H:%M")


def time_left(work: Timed) -> str:
    """How long it still takes, to be put behind what it does; empty while nothing is known."""
    return "" if work.eta is None else f", {_duration(work.eta)} left"


def _duration(seconds: float) -> str:
    """In a unit of which there are at least two: `90 s`, `12 min`, `40 h`."""
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"
