"""The workspace of the project folder, for pages: every tab and every reload shares it."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ipo.project import project_folder

if TYPE_CHECKING:
    from ipo.services.workspace import Workspace


@st.cache_resource(show_spinner=False)
def _workspace(home: str) -> "Workspace":
    from ipo.services.workspace import Workspace  # brings so much that the server begins to listen before

    # What was imported stays: 170,000 objects that no collection needs to visit, for 0.1 s each time.
    gc.freeze()
    return Workspace(Path(home))


def workspace() -> "Workspace":
    """The workspace of the project folder."""
    return _workspace(str(project_folder()))
