"""Names the session at work in the address of the page, so that a reload comes back to it.

`st.query_params` would add a step to the way back at each change; this changes the address where it stands.
"""

from itertools import count
from pathlib import Path

from ipo.keys import Keys
from ipo.preference.storage.sessions import SessionKey
from ipo.ui.components.browser_data import Component
from ipo.ui.components.bundle import shared_scripts

_address = Component(
    "ipo_address",
    js=shared_scripts("mount") + (Path(__file__).parent / "page_url.js").read_text(),
    html="<span></span>",
)
_runs = count()


def name_in_address(session: SessionKey) -> None:
    """Have the address say `?session=<id>`, whatever else it says."""
    # Each run is news: it may be of another page.
    data = {"name": Keys.CURATION_ADDRESS, "id": session.id, "run": next(_runs)}
    _address(key=Keys.CURATION_ADDRESS_BAR, data=data, height=1)
