"""Train › Mail: a spam filter is taught from labelled mails, and shows what it does and why."""

import streamlit as st

from ipo.mail.training.params import TrainParams
from ipo.ui.mail.chosen import chosen_service, draw_choice
from pages.training.train_stage.callbacks import resume
from pages.training.train_stage.empty import render_empty
from pages.training.train_stage.importing import render_import_menu
from pages.training.train_stage.panels import render_launchpad
from pages.training.train_stage.results import render_training_results
from pages.training.train_stage.state import ensure_train_stage_state, validate_invariants
from pages.training.train_stage.training import render_training


def render_train_stage_page() -> None:
    ensure_train_stage_state(st.session_state, threshold=TrainParams.threshold)
    validate_invariants(st.session_state)
    launchpad = st.container()
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row.container(width="content"):
        draw_choice()
    service = chosen_service()
    if service is None:
        render_empty()
        return
    service.look()
    resume(service)
    with launchpad:
        render_launchpad()
    with row:
        with st.container():
            render_training()
        with st.container(width="content"):
            render_import_menu()
    render_training_results()


render_train_stage_page()
