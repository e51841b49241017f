"""Public data sets: whether they are here, and the buttons that fetch them."""

import streamlit as st

from ipo.keys import Keys
from ipo.services.dataset_fetch import DatasetFetch
from ipo.services.workspace import Workspace
from ipo.ui.fetch import draw_fetch, draw_lines
from ipo.ui.text import plain


def draw_datasets(space: Workspace) -> None:
    st.subheader("Data sets", anchor=False)

    def draw(fetch: DatasetFetch, title: str, says: str, key: Keys, command: str) -> None:
        if fetch.available and not fetch.busy:
            st.caption(f":material/check_circle: {plain(says)}: here.")
            return
        st.caption(f"{plain(says)}: not here.")
        draw_fetch(title, fetch, space.folder_sizes.refresh, key=key, command=command)
        if fetch.problem:
            draw_lines(fetch.problem)

    draw(space.fetches.mnist, "MNIST", "70,000 digits", Keys.SETTINGS_FETCH_MNIST, "ipo fetch mnist")
    draw(space.fetches.mail, "mails", "6,000 mails", Keys.SETTINGS_FETCH_MAIL, "ipo fetch mail")
