"""The state of a tab on Train › Mail: whatever somebody does in whichever order, its keys agree."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from background import Background, Lane
from ipo.keys import Keys
from ipo.mail.training.params import PARAM_RANGES, TrainParams
from ipo.services.mail.services import MailServices
from ipo.ui.runtime.process import workspace
from pages.training.train_stage import state
from tests.app.test_train_stage import MailPage
from tests.support.lanes import drain, held
from tests.support.mails import NAME, with_small_mails


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Two runs of one set, the second with another threshold."""
    home = tmp_path_factory.mktemp("home")
    with_small_mails(home)
    background = Background()
    service = MailServices(home, background).service(NAME)
    service.look()
    drain(background)
    for threshold in (0.6, 0.5):
        service.train(replace(TrainParams(), threshold=threshold))
        drain(background)
    found = []
    for summary in service.runs.summaries:
        service.runs.run(summary.id)
        drain(background)
        found.append(service.runs.run(summary.id))
    background.shutdown()
    return found


def _setting() -> st.SearchStrategy[Callable[[state.State, list[Any]], None]]:
    def change(name: str, share: float) -> Callable[[state.State, list[Any]], None]:
        bounds = PARAM_RANGES[name]
        value = bounds.low + share * (bounds.high - bounds.low)
        return lambda ss, runs: state.set_train_param(ss, name, int(value) if bounds.whole else value)

    return st.builds(change, st.sampled_from(sorted(PARAM_RANGES)), st.floats(0, 1))


def _outcome(place: int) -> Callable[[state.State, list[Any]], None]:
    def show(ss: state.State, runs: list[Any]) -> None:
        state.persist_training_outcome(ss, runs[place])
        state.register_training_refresh(ss, runs[place])
        state.reset_meaning_map_flags(ss)

    return show


ACTIONS = st.one_of(
    _setting(),
    st.sampled_from([0, 1]).map(_outcome),
    st.booleans().map(lambda busy: lambda ss, runs: state.note_training(ss, busy=busy)),
    st.just(lambda ss, runs: state.finish_refresh(ss)),
    st.just(lambda ss, runs: state.forget_run(ss)),
    st.just(lambda ss, runs: state.follow_set(ss, "another")),
    st.sampled_from([None, "run"]).map(lambda id_: lambda ss, runs: state.pin_run(ss, id_)),
    st.just(lambda ss, runs: state.reset_train_params(ss, runs[0].params)),
    st.just(lambda ss, runs: state.select_mail(ss, runs[0].mails.ids[0])),
)


@given(actions=st.lists(ACTIONS, max_size=12))
@settings(max_examples=100, deadline=None)
def test_keys_agree_after_any_actions(
    runs: list[Any], actions: list[Callable[[state.State, list[Any]], None]]
) -> None:
    ss: state.State = {}
    state.ensure_train_stage_state(ss, threshold=0.6)
    state.follow_set(ss, NAME)
    for act in actions:
        act(ss, runs)
        state.ensure_train_stage_state(ss, threshold=0.6)
        state.validate_invariants(ss)
        shown = [run for run in runs if run.id == ss[Keys.TRAIN_STORY_RUN_ID]]
        assert (ss[Keys.MODEL] is None) == (not shown)
        if shown:
            assert ss[Keys.MODEL] is shown[0].model and ss[Keys.SPLIT_CACHE] is shown[0].mails


def test_keys_that_somebody_else_wrote_are_noticed(runs: list[Any]) -> None:
    ss: state.State = {}
    state.ensure_train_stage_state(ss, threshold=0.6)
    ss[Keys.MODEL] = runs[0].model
    with pytest.raises(state.BrokenState, match="A run is shown in parts"):
        state.validate_invariants(ss)


def test_settings_of_a_run_come_back_as_they_were(runs: list[Any]) -> None:
    ss: state.State = {}
    state.ensure_train_stage_state(ss, threshold=0.6)
    state.set_train_param(ss, "uncertainty_band", 0.2)
    state.set_shift(ss, "length", 0.3)
    state.reset_train_params(ss, runs[0].params)
    assert state.parse_train_params(ss) == runs[0].params
    assert ss[Keys.GUARD_PARAMS]["shifts"] is not runs[0].params.guard.shifts


PRESSES = (
    "train",
    "hold out",
    "mask",
    "band",
    "open the first",
    "newest",
    "map",
    "train and cancel",
    "other tab",
)


@pytest.mark.parametrize("seed", range(3))
def test_the_page_stands_whatever_is_pressed(seed: int, home: Path) -> None:
    with_small_mails(home)
    page = MailPage()
    for press in np.random.default_rng(seed).choice(PRESSES, 5):
        _press(page, str(press))
        _check(page)


def _press(page: MailPage, press: str) -> None:
    app, runs = page.app, page.service.runs.summaries
    if press == "train":
        page.press(Keys.TRAIN_STAGE_TRAIN)
    elif press == "hold out":
        app.slider(key=Keys.TRAIN_STAGE_HOLD_OUT).set_value(40)
    elif press == "mask":
        toggle = app.toggle(key=Keys.TRAIN_STAGE_MASK)
        toggle.set_value(not toggle.value)
    elif press == "band":
        page.open_tab("Nerd Mode")
        app.slider(key=f"{Keys.TRAIN_STAGE_PARAM}_uncertainty_band").set_value(0.2)
    elif press == "open the first" and runs:
        app.session_state[Keys.TRAIN_STAGE_SHOWN].pinned = runs[-1].id
    elif press == "newest":
        app.session_state[Keys.TRAIN_STAGE_SHOWN].pinned = None
    elif press == "map":
        page.open_tab("Meaning map")
        if runs:
            app.toggle(key=Keys.MEANING_MAP_CENTRES).set_value(True)
    elif press == "train and cancel":
        app.button(key=Keys.TRAIN_STAGE_TRAIN).click()
        with held(workspace().background, Lane.TRAIN):
            page.beat()
            app.button(key=Keys.TRAIN_STAGE_CANCEL).click().run()
    elif press == "other tab":
        page.open_tab("Threshold")
    page.draw()


def _check(page: MailPage) -> None:
    ss, runs = page.app.session_state, page.service.runs.summaries
    state.validate_invariants(ss)
    wanted = ss[Keys.TRAIN_STAGE_SHOWN].pinned or page.service.runs.newest
    assert ss[Keys.TRAIN_STORY_RUN_ID] == wanted
    assert (ss[Keys.MODEL] is None) == (not runs)
    assert not ss[Keys.TRAIN_IN_PROGRESS]
    assert "could not be drawn" not in page.words()
