"""The project folder: where it is and what takes how much of it."""

import streamlit as st

from ipo.keys import Keys
from ipo.services.workspace import Workspace
from ipo.ui.job_panels import size_text
from ipo.ui.panels import table
from ipo.ui.text import plain

SHOWN = 8  # parts; the others are one line


def draw_project(space: Workspace) -> None:
    st.subheader("Project folder", anchor=False)
    st.code(str(space.home.resolve()), language=None, wrap_lines=True)
    sizes = space.folder_sizes.get()
    if space.folder_sizes.problem:
        st.caption(f":red[{plain(space.folder_sizes.problem)}]")
    elif sizes is None:
        st.caption("Measuring how large it is …")
        return
    if sizes:
        total = sum(size.bytes for size in sizes)
        rows = [(size.name, size_text(size.bytes), f"{size.files:,}") for size in sizes[:SHOWN]]
        if rest := sizes[SHOWN:]:
            files = sum(size.files for size in rest)
            rows.append((f"{len(rest)} more", size_text(sum(size.bytes for size in rest)), f"{files:,}"))
        table((f"{size_text(total)} in all", "Size", "Files"), rows)
    elif sizes is not None:
        st.caption("It is empty. Everything that you judge, label or train is kept there.")
    st.button(
        "Measure again",
        key=Keys.SETTINGS_MEASURE,
        icon=":material/refresh:",
        on_click=space.folder_sizes.refresh,
        disabled=space.folder_sizes.running,
    )
