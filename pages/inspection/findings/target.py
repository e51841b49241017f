"""Where a finding is to be seen: the panel that shows its tensor, and what is to be followed there."""

import streamlit as st

from ipo.inspector.capture.tensors import Renderer, StepTensorKey
from ipo.inspector.findings.finding import Finding
from ipo.inspector.findings.log import Held
from ipo.inspector.inspected import Inspected
from ipo.keys import Keys
from ipo.ui.components.tensors.figure import IMAGE
from ipo.ui.inspection.sections import SECTIONS, is_traced
from ipo.ui.inspection.step_figures import axis
from ipo.ui.runtime.widgets import assign
from pages.inspection import state
from pages.inspection.trace import choice_of, section_of

_OF_BATCH = (StepTensorKey.BATCH_IMAGES, StepTensorKey.BATCH_LABELS)


def panel_of(session: Inspected, finding: Finding) -> str:
    """The key of the panel that shows a finding; empty where the session has none of its tensor."""
    spec = session.specs.get(finding.tensor)
    if finding.tensor in _OF_BATCH:
        return Keys.INSPECT_BATCH_AND_FEATURES
    if spec is None:
        return Keys.INSPECT_TIMELINE_BAR if finding.tensor == StepTensorKey.LOSS else ""
    if spec.renderer == Renderer.SCALAR:
        return Keys.INSPECT_TIMELINE_BAR
    return _section(session, finding.tensor)


def show(session: Inspected, held: Held) -> None:
    """Open that panel, at a step at which it held, and follow what it is about. Callback."""
    finding, view = held.finding, state.view()
    retained = session.state().retained
    state.choose(held.last if held.last in retained else None)
    if finding.rows:
        view.followed = view.followed.follow(IMAGE, finding.rows[0])
    panel = panel_of(session, finding)
    spec = session.specs.get(finding.tensor)
    if spec is not None and panel not in (Keys.INSPECT_TIMELINE_BAR, Keys.INSPECT_BATCH_AND_FEATURES, ""):
        if finding.feature is not None and spec.dims:
            units = spec.dims[-1] if finding.tensor.endswith("/output") else spec.dims[0]
            view.followed = view.followed.follow(axis(units), finding.feature)
        st.session_state[panel] = True
        choice = choice_of(session, finding.tensor)
        if choice is not None:
            chosen = list(st.session_state.get(choice.key, choice.first))
            if finding.tensor not in chosen:
                assign(choice.key, [*chosen, finding.tensor])
    st.rerun()


def _section(session: Inspected, tensor: str) -> str:
    """The section that draws a tensor: one of the nine, or that of its phase."""
    if is_traced(session.specs):
        for section in SECTIONS:
            if any(tensor == key for row in section.rows for key in row):
                return section.key
    return section_of(session, tensor)
