"""What was exported or imported, and what of it was damaged, in words."""

from collections.abc import Sequence

import streamlit as st

from ipo.preference.storage.numbered_folders import Damaged
from ipo.ui.text import plain

NAMED = 6  # damaged rows and pairs that are named in full


def rows_text(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def pairs_text(count: int) -> str:
    return "1 pair" if count == 1 else f"{count:,} pairs"


def draw_damaged(title: str, folders: Sequence[Damaged]) -> None:
    """Which they are and why, a line for each of the first."""
    lines = [f"{plain(one.folder)}: {plain(one.reason)}" for one in folders[:NAMED]]
    more = len(folders) - NAMED
    lines += [f"and {more:,} more"] if more > 0 else []
    st.caption(f"{plain(title)}:  \n" + "  \n".join(lines))
