"""The page Train › Mail without a browser: from labelled mails to a run that is shown and looked into."""

import html
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from background import Lane
from ipo.keys import Keys
from ipo.mail import mail_sets
from ipo.mail.folder import MailFolder
from ipo.mail.mails import SPAM, collect
from ipo.mail.training.params import TrainParams
from ipo.mail.training.run_store import RunStore
from ipo.services.mail import training, umap_maps
from ipo.ui.runtime.process import workspace
from pages.training.train_stage import map_panel, state
from tests.support.lanes import held
from tests.support.mail_page import MailPage
from tests.support.mails import NAME, small_mails, with_small_mails


@pytest.fixture
def mail_page(home: Path) -> MailPage:
    with_small_mails(home)
    return MailPage()


def test_an_empty_folder_offers_to_fetch_a_corpus_and_to_bring_mails(home: Path) -> None:
    page = MailPage()
    assert not page.app.button(key=Keys.FETCH_MAIL).disabled
    assert "6,000 real mails" in page.words()
    assert page.app.get("file_uploader")


def test_one_click_trains_once_and_shows_what_came_of_it(
    mail_page: MailPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = []
    execute = training.execute_training_pipeline
    monkeypatch.setattr(
        training, "execute_training_pipeline", lambda *args: fits.append(args) or execute(*args)
    )
    assert "No run yet" in mail_page.words()
    mail_page.press(Keys.TRAIN_STAGE_TRAIN)
    assert len(fits) == 1
    words = mail_page.words()
    assert "F1 " in words and "The guardrail consulted" in words
    assert mail_page.state[Keys.TRAIN_STORY_RUN_ID] == mail_page.service.runs.newest
    mail_page.draw()
    assert len(fits) == 1


def test_the_happy_path_keeps_its_order(mail_page: MailPage, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def noted(module: Any, name: str) -> None:
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, **more: order.append(name) or function(*args, **more))

    noted(training, "execute_training_pipeline")
    for name in ("persist_training_outcome", "register_training_refresh", "reset_meaning_map_flags"):
        noted(state, name)
    mail_page.press(Keys.TRAIN_STAGE_TRAIN)
    assert order == [
        "execute_training_pipeline",
        "persist_training_outcome",
        "register_training_refresh",
        "reset_meaning_map_flags",
    ]
    assert mail_page.state[Keys.MODEL] is not None and mail_page.state[Keys.SPLIT_CACHE] is not None


def test_a_changed_setting_makes_the_run_stale_and_says_why(mail_page: MailPage) -> None:
    mail_page.press(Keys.TRAIN_STAGE_TRAIN)
    assert "current" in mail_page.words()
    mail_page.app.slider(key=Keys.TRAIN_STAGE_HOLD_OUT).set_value(40)
    mail_page.draw()
    assert "stale" in mail_page.words() and "hold out was 0.3, now it is 0.4" in mail_page.words()


def test_other_mails_make_the_run_stale(home: Path, mail_page: MailPage) -> None:
    mail_page.press(Keys.TRAIN_STAGE_TRAIN)
    with_small_mails(home, small_mails(140))
    mail_page.draw()
    assert "the mails are others" in mail_page.words()


def test_a_training_that_waits_can_be_cancelled_and_the_run_before_stands(mail_page: MailPage) -> None:
    mail_page.press(Keys.TRAIN_STAGE_TRAIN)
    before = mail_page.state[Keys.TRAIN_STORY_RUN_ID]
    with held(workspace().background, Lane.TRAIN):
        mail_page.app.button(key=Keys.TRAIN_STAGE_TRAIN).click().run()
        assert mail_page.state[Keys.TRAIN_IN_PROGRESS]
        assert mail_page.app.button(key=Keys.TRAIN_STAGE_TRAIN).disabled
        mail_page.app.button(key=Keys.TRAIN_STAGE_CANCEL).click().run()
    mail_page.draw()
    assert mail_page.state[Keys.TRAIN_STORY_RUN_ID] == before
    assert not mail_page.state[Keys.TRAIN_IN_PROGRESS]
    assert len(mail_page.service.runs.summaries) == 1


def test_too_few_labels_keep_training_from_beginning_and_say_how_many_are_missing(home: Path) -> None:
    mails = small_mails(20)
    few = [mail for row in range(20) if (mail := mails.mail(row)).given != SPAM or row < 6]
    mail_sets.store(home, NAME, collect(few), "few")
    page = MailPage()
    assert page.app.button(key=Keys.TRAIN_STAGE_TRAIN).disabled
    assert "3 more spam mails are needed: 3 of at least 6." in page.words()


@pytest.mark.parametrize("tab", ["Metrics", "Meaning map", "Threshold", "Mistakes", "Nerd Mode", "Runs"])
def test_every_tab_draws_with_a_run_and_without(mail_page: MailPage, tab: str) -> None:
    mail_page.open_tab(tab)
    mail_page.press(Keys.TRAIN_STAGE_TRAIN)
    assert "could not be drawn" not in mail_page.words()


def test_where_umap_is_missing_its_choice_names_the_command(
    mail_page: MailPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_panel, "umap_installed", lambda: False)
    mail_page.press(Keys.TRAIN_STAGE_TRAIN)
    mail_page.app.session_state[Keys.MEANING_MAP_PROJECTION] = state.UMAP
    mail_page.open_tab("Meaning map")
    assert "pip install 'ipo[umap]'" in html.unescape(mail_page.words())


def test_umap_of_a_run_is_computed_once_and_kept_beside_it(
    mail_page: MailPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def positions(joint: Any, seed: int, *_: Any) -> Any:
        asked.append(seed)
        return np.random.default_rng(seed).normal(size=(joint.shape[0], 2))

    monkeypatch.setattr(map_panel, "umap_installed", lambda: True)
    monkeypatch.setattr(umap_maps, "umap_positions", positions)
    mail_page.press(Keys.TRAIN_STAGE_TRAIN)
    assert asked == []
    mail_page.app.session_state[Keys.MEANING_MAP_PROJECTION] = state.UMAP
    mail_page.open_tab("Meaning map")
    assert asked == [TrainParams().seed] and "All labelled mails" in mail_page.words()
    service = mail_page.service
    run = service.runs.run(service.runs.newest or "")
    assert run is not None
    stored = RunStore(MailFolder(service.home, NAME).runs).load_umap(run.id, len(run.meaning_map.places))
    assert stored is not None
    mail_page.draw()
    assert len(asked) == 1


def test_umap_that_failed_says_why_and_can_be_asked_for_again(
    mail_page: MailPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise ValueError("UMAP came to nothing: no memory")

    monkeypatch.setattr(map_panel, "umap_installed", lambda: True)
    monkeypatch.setattr(umap_maps, "umap_positions", fail)
    mail_page.press(Keys.TRAIN_STAGE_TRAIN)
    mail_page.app.session_state[Keys.MEANING_MAP_PROJECTION] = state.UMAP
    mail_page.open_tab("Meaning map")
    assert "UMAP came to nothing: no memory" in mail_page.words()
    monkeypatch.setattr(umap_maps, "umap_positions", lambda joint, *_: np.zeros((joint.shape[0], 2)))
    mail_page.press(Keys.MEANING_MAP_RETRY)
    assert "All labelled mails" in mail_page.words()
