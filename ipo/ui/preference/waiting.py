"""What a page shows while the session of this tab cannot be opened yet."""

from functools import partial

import streamlit as st

from ipo.decoders.versioned import NoModel
from ipo.keys import Keys
from ipo.preference.storage.sessions import SessionKey
from ipo.registry import FAMILIES
from ipo.services.workspace import Workspace
from ipo.ui.preference import selection
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace


@live_panel(Keys.CURATION_AWAITED_PANEL, lambda: partial(_arrived, workspace(), selection.awaited()))
def render_waiting() -> None:
    """The weights are read that the session begins with, or servers are asked: a moment, or some seconds."""
    key = selection.awaited()
    if key is None or _arrived(workspace(), key):
        st.rerun()
    reads = key.decoder in FAMILIES
    says = "Reading the model that draws these images …" if reads else "Asking the servers that draw …"
    st.info(says, icon=":material/hourglass_top:")


def _arrived(space: Workspace, key: SessionKey | None) -> bool:
    """Whether there is an answer, if only why there is none."""
    if key is None or key.decoder not in FAMILIES:
        return key is None or not space.decoders.asking(key)
    try:
        return space.latest_weights.name(key.decoder) is not None
    except NoModel:
        return True
