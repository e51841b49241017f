"""What the buttons of the page do: ask a service, then note in the state of this tab what was asked."""

import streamlit as st

from ipo.keys import Keys
from ipo.mail.training.params import TrainParams
from ipo.mail.training.run import TrainRun
from ipo.services.mail.service import MailService
from ipo.ui.mail.chosen import require_service
from ipo.ui.runtime.widgets import assign
from pages.training.train_stage import state


def request_training() -> None:
    """One fit: with the settings as edited, on the labels as they are."""
    ss, service = st.session_state, require_service()
    if service.training.busy:
        return
    service.train(state.parse_train_params(ss))
    state.pin_run(ss, None)
    state.note_training(ss, busy=service.training.busy)


def cancel_training() -> None:
    """End the training under way; the run that is shown stays."""
    require_service().training.cancel()


def resume(service: MailService) -> None:
    """Take over what came of a training meanwhile, in whichever tab it was asked for."""
    ss = st.session_state
    shown = state.follow_set(ss, service.name)
    wanted = shown.pinned or service.runs.newest
    if wanted is None:
        state.forget_run(ss)
    elif wanted != ss[Keys.TRAIN_STORY_RUN_ID]:
        run = service.runs.run(wanted)
        if run is not None:
            state.persist_training_outcome(ss, run)
            state.register_training_refresh(ss, run)
            state.reset_meaning_map_flags(ss)
            assign(f"{Keys.TRAIN_STAGE_PARAM}_assist_center", ss[Keys.GUARD_PARAMS]["assist_center"])
    awaited = ss[Keys.TRAIN_IN_PROGRESS] and _is_being_read(service, wanted)
    state.note_training(ss, busy=service.training.busy or awaited)


def _is_being_read(service: MailService, id_: str | None) -> bool:
    """Whether a run that this tab waits for is not shown yet, and will be."""
    shown = st.session_state[Keys.TRAIN_STORY_RUN_ID]
    return id_ is not None and id_ != shown and not service.runs.run_problem(id_)


def shown_run(service: MailService) -> TrainRun | None:
    """The run that this tab shows, once it is read."""
    id_ = st.session_state[Keys.TRAIN_STORY_RUN_ID]
    return None if id_ is None else service.runs.run(id_)


def recalibrate(threshold: float) -> None:
    """Train again with the threshold that costs ask for."""
    state.set_train_param(st.session_state, "threshold", threshold)
    _show_params()
    request_training()


def change_param(name: str, key: str) -> None:
    """Take over what a widget shows."""
    state.set_train_param(st.session_state, name, st.session_state[key])


def change_shift(clue: str, key: str) -> None:
    """Take over what the presence of a clue moves the threshold by."""
    state.set_shift(st.session_state, clue, st.session_state[key])


def change_hold_out() -> None:
    """Take over the share, which the slider shows in per cent."""
    state.set_train_param(st.session_state, "hold_out", st.session_state[Keys.TRAIN_STAGE_HOLD_OUT] / 100)


def use_params(params: TrainParams) -> None:
    """Settings of a run, or the defaults."""
    state.reset_train_params(st.session_state, params)
    _show_params()


def _show_params() -> None:
    """Have the widgets of settings show them, also those that are not on screen."""
    ss = st.session_state
    training, guard = ss[Keys.TRAIN_PARAMS], ss[Keys.GUARD_PARAMS]
    for name, value in {**training, **guard, **guard["shifts"]}.items():
        assign(f"{Keys.TRAIN_STAGE_PARAM}_{name}", value)
    assign(Keys.TRAIN_STAGE_HOLD_OUT, round(100 * training["hold_out"]))
    assign(Keys.TRAIN_STAGE_MASK, training["mask"])


def choose_mail(id_: str | None) -> None:
    """Look at a mail of the map."""
    state.select_mail(st.session_state, id_)


def open_run(id_: str | None) -> None:
    """Show a run; `None`: the newest, from now on."""
    state.pin_run(st.session_state, id_)


def delete_run(id_: str) -> None:
    """Delete a run; where it is shown, the newest is shown then."""
    ss = st.session_state
    if ss[Keys.TRAIN_STAGE_SHOWN].pinned == id_:
        state.pin_run(ss, None)
    require_service().runs.delete(id_)
