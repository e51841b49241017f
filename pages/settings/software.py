"""Versions of what computes here, and where it writes its log."""

from pathlib import Path

import streamlit as st

from ipo.cluster.versions import own_versions
from ipo.logs import LOG_NAME
from ipo.ui.text import plain


def draw_software(home: Path) -> None:
    st.subheader("Versions", anchor=False)
    st.markdown(" · ".join(f"{plain(name)} {plain(version)}" for name, version in own_versions().items()))
    log = plain(str(home / LOG_NAME))
    st.caption(f"The log is in {log}; “Debug logs” in the sidebar shows its last lines.")
