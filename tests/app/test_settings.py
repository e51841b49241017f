"""Settings of a session as a user meets them: as they were left, also by a server that is gone."""

import json
from pathlib import Path

import pytest

from ipo.keys import Keys
from ipo.ui.page_paths import VALUE_MODEL
from ipo.ui.runtime.process import forget_workspaces
from tests.support.page import PreferencesPage
from tests.support.rows import SIZE, fill_session


@pytest.fixture
def filled(home: Path) -> PreferencesPage:
    fill_session(home, rows=12, size=SIZE)
    return visited()


def visited() -> PreferencesPage:
    page = PreferencesPage.visited(size=str(SIZE))
    page.settle()
    assert not page.app.exception
    return page


def restarted() -> PreferencesPage:
    """A first visit after the server was started again."""
    forget_workspaces()
    return visited()


def test_every_choice_is_there_after_the_server_was_restarted(filled: PreferencesPage) -> None:
    app = filled.app
    app.selectbox(key=Keys.CURATION_PROPOSER).select("thompson").run()
    app.selectbox(key=Keys.CURATION_VALUE_MODEL).select("xgb").run()
    app.select_slider(key=Keys.CURATION_EXPLORE).set_value(0.7).run()
    filled.unfold(Keys.SIDEBAR_TRAIN_RESULTS)
    app.toggle(key=Keys.SIDEBAR_RAW_LATENTS).set_value(True).run()
    app.toggle(key=Keys.SIDEBAR_CV_AFTER_FIT).set_value(True).run()
    app.switch_page(VALUE_MODEL)
    filled.settle()
    app.button_group(key=Keys.VALUE_MODEL_LAMBDA).set_value("manual").run()
    filled.settle()
    app.select_slider(key=Keys.VALUE_MODEL_RELATIVE_LAMBDA).set_value(10.0).run()
    filled.settle()

    again = restarted()
    app = again.app
    assert again.session is not filled.session
    assert app.selectbox(key=Keys.CURATION_PROPOSER).value == "thompson"
    assert app.selectbox(key=Keys.CURATION_VALUE_MODEL).value == "xgb"
    assert app.select_slider(key=Keys.CURATION_EXPLORE).value == 0.7
    again.unfold(Keys.SIDEBAR_TRAIN_RESULTS)
    assert app.toggle(key=Keys.SIDEBAR_RAW_LATENTS).value is True
    assert app.toggle(key=Keys.SIDEBAR_CV_AFTER_FIT).value is True
    belief = again.session.state.belief
    assert belief is not None and belief.relative_lambda == 10.0
    app.switch_page(VALUE_MODEL)
    again.settle()
    assert app.button_group(key=Keys.VALUE_MODEL_LAMBDA).value == "manual"
    assert "set by hand" in again.words()


def test_a_damaged_choice_is_named_and_the_default_is_used(filled: PreferencesPage) -> None:
    about = filled.session.folder.path / "session.json"
    settings = {"proposer": "dice", "explore": 0.7}
    about.write_text(json.dumps({**json.loads(about.read_text()), "settings": settings}))
    again = restarted()
    assert 'proposer is "dice"; one of ucb, thompson' in again.words().replace("\\", "")
    assert again.app.selectbox(key=Keys.CURATION_PROPOSER).value == "ucb"
    assert again.app.select_slider(key=Keys.CURATION_EXPLORE).value == 0.7
