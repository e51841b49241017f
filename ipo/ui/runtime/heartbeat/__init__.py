"""A heartbeat for the fragment it stands in: reruns it while something is in flight, silent when idle.

`run_every` is fixed when the page runs; this follows the data, so that an idle page has no timers.
"""

from collections.abc import Callable
from pathlib import Path

from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts

_HERE = Path(__file__).parent
_pulse = Component(
    "ipo_pulse",
    js=shared_scripts("ticking") + (_HERE / "heartbeat.js").read_text(),
    html="<span></span>",
)


def pulse(seconds: float | None, *, key: str, on_tick: Callable[[], None]) -> None:
    """Call `on_tick` and rerun the enclosing fragment every `seconds`; never when `None`."""
    every = None if seconds is None else round(1000 * seconds)
    _pulse(key=key, data={"every": every}, on_tick_change=on_tick, height=1)
