"""The algorithm trace: what one batch went through, section by section, in order of computation."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from ipo.inspector.capture.tensors import Phase
from ipo.inspector.inspected import Inspected
from ipo.keys import Keys
from ipo.ui.components.live_html.component import live_html
from ipo.ui.inspection.sections import (
    SECTIONS,
    TRACED,
    Section,
    by_phase,
    drawable,
    first_of,
    is_traced,
    phase_title,
)
from ipo.ui.panels import heading
from ipo.ui.runtime.widgets import default_of
from ipo.ui.text import in_words, plain
from pages.inspection import state
from pages.inspection.notes import notes
from pages.inspection.plan import draw_whole_button
from pages.inspection.section import draw_caption, draw_in_section
from pages.inspection.state import Shown
from pages.inspection.tensor_figures import draw_tensors


def draw_heading() -> None:
    """The heading of the trace, with a button for all sections at once."""
    opened = all(st.session_state.get(key, False) for key in _sections())
    with st.container(horizontal=True, vertical_alignment="center"):
        heading(
            "Algorithm trace",
            "What this batch went through, in order of computation. A closed section computes nothing.",
        )
        st.button(
            "Close all" if opened else "Open all",
            key=Keys.INSPECT_OPEN_ALL,
            type="tertiary",
            icon=":material/unfold_less:" if opened else ":material/unfold_more:",
            on_click=_open_all,
            args=(not opened,),
        )


def _open_all(opened: bool) -> None:
    """Open or close every section, each a panel of its own."""
    for key in _sections():
        st.session_state[key] = opened
    st.rerun()


def _sections() -> list[str]:
    """The sections of the trace: the nine, or those of `draw_others`."""
    session = state.session()
    if session is None or is_traced(session.specs):
        return [section.key for section in SECTIONS]
    return [_section(f"{Keys.INSPECT_OTHERS}_{phase}") for phase in by_phase(session.specs)]


def draw_section(number: int, section: Section) -> None:
    """A section; closed it computes nothing. Recipes that have none of its kind have `draw_others`."""
    session = state.session()
    if session is not None and not is_traced(session.specs):
        return
    draw_in_section(f"{number} {plain(section.title)}", section.key, partial(_draw_rows, section))


def _draw_rows(section: Section, session: Inspected) -> None:
    draw_caption(partial(_says, section), key=f"{section.key}_caption")
    for place, row in enumerate(section.rows):
        present = [key for key in row if key in session.specs]
        if present:
            draw_tensors(present, key=f"{section.key}_{place}")


def _says(section: Section, shown: Shown) -> str:
    assert shown.snapshot is not None
    if any(key in shown.snapshot for row in section.rows for key in row):
        return section.says
    return f"{in_words(shown.session.condition)} does not compute this."


def draw_others() -> None:
    """The tensors outside of the nine sections: all of a recipe that has none of these, by phase."""
    session = state.session()
    if session is None:
        return
    live_html(state.view().live, state.live(notes), key=Keys.INSPECT_NOTES)
    for name, choice in _choices(session).items():
        phase = name.removeprefix(Keys.INSPECT_OTHERS).strip("_")
        title = phase_title(Phase(phase)) if phase else "All tensors"
        draw_in_section(plain(title), _section(name), partial(_draw_chosen, name, choice))


@dataclass(frozen=True)
class Choice:
    """A box of tensors to draw: its key, what it offers, and what it has to begin with."""

    key: str
    tensors: list[str]
    first: list[str]


def choice_of(session: Inspected, tensor: str) -> Choice | None:
    """The box that a tensor may be chosen from; `None` where one of the nine draws it, or none does."""
    found = (name for name, choice in _choices(session).items() if tensor in choice.tensors)
    name = next(found, None)
    return (
        None if name is None or (is_traced(session.specs) and tensor in TRACED) else _choices(session)[name]
    )


def section_of(session: Inspected, tensor: str) -> str:
    """The key of the section with that box; empty where there is none."""
    found = (name for name, choice in _choices(session).items() if tensor in choice.tensors)
    return next((_section(name) for name in found), "")


def _choices(session: Inspected) -> dict[str, Choice]:
    """By the name of their section: one of all tensors beside the nine, or one of each phase."""
    if is_traced(session.specs):
        return {Keys.INSPECT_OTHERS: Choice(f"{Keys.INSPECT_OTHERS}_choice", drawable(session.specs), [])}
    return {
        name: Choice(f"{name}_choice", keys, first_of(keys))
        for phase, keys in by_phase(session.specs).items()
        if (name := f"{Keys.INSPECT_OTHERS}_{phase}")
    }


def _section(name: str) -> str:
    return f"{name}_section"


def _draw_chosen(key: str, choice: Choice, session: Inspected) -> None:
    specs = session.specs
    chosen = st.multiselect(
        "Tensors",
        choice.tensors,
        default=default_of(choice.key, choice.first, None),
        key=choice.key,
        format_func=lambda name: specs[name].label,
        label_visibility="collapsed",
        placeholder="Choose tensors to draw",
    )
    says = [f"{specs[name].label}: {specs[name].look_for}" for name in chosen if specs[name].look_for]
    draw_caption(lambda _: "\n".join(says), key=f"{key}_caption")
    if chosen:
        draw_tensors(chosen, key=f"{key}_figures")
        draw_whole_button(chosen, key)
