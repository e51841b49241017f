"""What is to be said of the tensors of a step: which could not be had, which are infinite, and why."""

from collections.abc import Mapping

import streamlit as st

from ipo.ui.text import plain
from pages.inspection import state

NAMED = 4  # tensors of one reason


def draw_notes() -> None:
    """A line for each reason; nothing where there is nothing to say."""
    session = state.session()
    if session is None:
        return
    snapshot = state.shown(session).snapshot
    if snapshot is not None and snapshot.notes:
        lines = [f"- {plain(line)}" for line in described(snapshot.notes)]
        st.caption("Of this step:\n" + "\n".join(lines))


def described(notes: Mapping[str, str]) -> list[str]:
    """`a/output, b/output and 3 more: it was not called in this step`, by reason."""
    by_reason: dict[str, list[str]] = {}
    for key, reason in notes.items():
        by_reason.setdefault(reason, []).append(key)
    return [f"{_listed(keys)}: {reason}" for reason, keys in by_reason.items()]


def _listed(keys: list[str]) -> str:
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return ", ".join(keys[:NAMED]) + more
