"""What a browser says of the page as a whole: that it shows it, and that the server is back.

A server that was started again knows nothing of this tab's fragments, and Streamlit runs nothing of an idle
tab by itself: whatever a fragment then asked for would come to nothing. So the whole page is run.
"""

from pathlib import Path

from ipo.api.addresses import arrival_address
from ipo.keys import Keys
from ipo.ui.components.browser_data import Component
from ipo.ui.runtime.live_page import page_arrival

_resume = Component(
    "ipo_resume", js=(Path(__file__).parent / "reconnect.js").read_text(), html="<span></span>"
)


def resume() -> None:
    """Must be drawn outside of fragments, after all else."""
    data = {"arrival": arrival_address(page_arrival())}
    _resume(key=Keys.SIDEBAR_RESUME, data=data, on_back_change=lambda: None, height=1)
