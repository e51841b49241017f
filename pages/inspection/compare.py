"""Compare: two sessions at one step, or two steps of one session, and the difference of any tensor."""

from dataclasses import replace

import streamlit as st

from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.compare import comparable, difference, scalar_differences, value_range
from ipo.inspector.inspected import Inspected
from ipo.keys import Keys
from ipo.ui.components.tensors.component import Colours, Figure, ScaleMode, TensorId
from ipo.ui.inspection.step_figures import figure, with_values
from ipo.ui.panels import table
from ipo.ui.runtime.widgets import show_in
from ipo.ui.text import in_words, plain
from pages.inspection import state
from pages.inspection.section import draw_in_section
from pages.inspection.state import Shown
from pages.inspection.tensor_figures import draw_figures

OTHER_SESSION, OTHER_STEP = "the session beside it", "another step"
FIRST = [StepTensorKey.ENCODER_WEIGHTS]


def draw_compare() -> None:
    draw_in_section("Compare", Keys.INSPECT_SECTION_COMPARE, _draw)


def _draw(session: Inspected) -> None:
    _draw_parting(session)
    here = state.shown(session, state.view())
    if here.snapshot is None:
        st.caption(plain(here.missing))
        return
    there = _draw_choice(here)
    if there.snapshot is None:
        st.caption(plain(there.missing))
    else:
        _draw_differences(here, there)


def _draw_parting(session: Inspected) -> None:
    """Where the session beside it becomes another one; that takes a look at every bit."""
    other, inspecting = state.inspecting().inspector.other, state.inspecting()
    if other is None:
        return
    found = inspecting.partings.of(session, other)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Find where they part",
            key=Keys.INSPECT_COMPARE_PARTING,
            icon=":material/call_split:",
            on_click=_look_for_parting,
            disabled=inspecting.work.lasting or found is not None,
            help="The first step, tensor and element in which the two sessions are not equal, bit for bit.",
        )
        if found is not None:
            st.caption(plain(found.says))


def _look_for_parting() -> None:
    here, there = state.session(), state.inspecting().inspector.other
    if here is not None and there is not None:
        state.inspecting().partings.look(here, there)


def _draw_choice(here: Shown) -> Shown:
    """What to compare with."""
    other = state.inspecting().inspector.other
    with st.container(horizontal=True, vertical_alignment="center"):
        against = st.segmented_control(
            "Compare with",
            [OTHER_SESSION, OTHER_STEP] if other is not None else [OTHER_STEP],
            default=OTHER_STEP if other is None else OTHER_SESSION,
            required=True,
            key=Keys.INSPECT_COMPARE_WITH,
            label_visibility="collapsed",
        )
        if against == OTHER_SESSION and other is not None:
            return state.shown(other, here.view)
        retained = here.session.state().retained
        if Keys.INSPECT_COMPARE_STEP not in st.session_state:
            show_in(Keys.INSPECT_COMPARE_STEP, retained[0])
        step = int(
            st.number_input(
                "Step",
                0,
                key=Keys.INSPECT_COMPARE_STEP,
                label_visibility="collapsed",
                width=130,
                help="The step that the step on view is compared with.",
            )
        )
    return state.at_step(here.session, step, here.view)


def _draw_differences(here: Shown, there: Shown) -> None:
    assert here.snapshot is not None and there.snapshot is not None
    specs = here.session.specs
    names = [f"{in_words(view.session.condition)}, step {view.step}" for view in (here, there)]
    table(
        ["", *names, "difference"],
        [
            [specs[row.key].label, f"{row.here:.4g}", f"{row.there:.4g}", f"{row.here - row.there:+.4g}"]
            for row in scalar_differences(here.snapshot, there.snapshot, specs)
        ],
    )
    keys = comparable(here.snapshot, there.snapshot, specs)
    chosen = st.multiselect(
        "Tensors",
        keys,
        default=[key for key in FIRST if key in keys],
        key=Keys.INSPECT_COMPARED,
        format_func=lambda key: specs[key].label,
        label_visibility="collapsed",
        placeholder="Choose tensors to compare",
    )
    for key in chosen:
        st.caption(plain(specs[key].label))
        compared = [
            _compared(here, here.snapshot, key, names[0], "here"),
            _compared(there, there.snapshot, key, names[1], "there"),
        ]
        both = value_range([one.tensor.values for one in compared])
        draw_figures(
            [
                *(replace(one, panels=both) for one in compared),
                _difference(here, here.snapshot, there, there.snapshot, key),
            ],
            key=f"{Keys.INSPECT_COMPARE_FIGURES}_{key}",
            scale_mode=ScaleMode.PANELS,
        )


def _compared(shown: Shown, snapshot: Snapshot, key: str, name: str, place: str) -> Figure:
    """A figure with a scale of its own choice, also beside one of the same session."""
    drawn = figure(shown.session, snapshot, key)
    id_ = TensorId(f"{shown.session.id}-{place}", snapshot.step, key)
    return replace(with_values(drawn, drawn.tensor.values, id_), name=name)


def _difference(here: Shown, first: Snapshot, there: Shown, second: Snapshot, key: str) -> Figure:
    like = figure(here.session, first, key)
    id_ = TensorId(f"{here.session.id}-{there.session.id}-{there.step}", first.step, key)
    values = difference(first, second, key).reshape(like.tensor.values.shape)
    drawn = with_values(like, values, id_)
    return replace(drawn, name="difference", colours=Colours.DIVERGING, fixed=None)
