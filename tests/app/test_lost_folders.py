"""A folder that goes while the app runs: every page about the session says what is gone."""

import shutil

import pytest

from ipo.keys import Keys
from ipo.preference.notices import Notice
from ipo.services.transfers import Task
from ipo.ui.page_paths import INSPECTOR, PREFERENCES, SSVAE, VALUE_MODEL
from tests.support.page import BAD, GOOD, PreferencesPage

READ = f"{Keys.SESSION_NOTE_READ}_{Notice.LOST}"


def words(page: PreferencesPage) -> str:
    return page.words().replace("\\", "")


def test_the_page_says_what_is_gone_until_somebody_has_read_it(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    shutil.rmtree(page.workspace.home)
    page.judge([BAD])
    folder = page.session.folder.path
    assert f"Not saved: The folder {folder} is gone" in page.session.view(["test"]).notice
    page.app.run()
    assert page.metric("Dataset rows") == "3"
    page.session.retry()
    page.settle()
    assert f"The folder {folder} is gone" in words(page)
    assert "3 rows that were in it are no longer on disk" in words(page)
    assert (page.metric("Dataset rows"), page.metric("Train score")) == ("0", "n/a")
    page.judge([BAD])
    page.settle()
    assert (page.metric("Dataset rows"), len(list((folder / "rows").iterdir()))) == ("1", 1)
    page.app.switch_page(VALUE_MODEL)
    page.settle()
    assert "no longer on disk" in words(page)
    page.app.button(key=READ).click().run()
    assert "no longer on disk" not in words(page)


def test_a_data_folder_that_goes_costs_no_traceback_on_any_page(
    page: PreferencesPage, caplog: pytest.LogCaptureFixture
) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    shutil.rmtree(page.workspace.home)
    for script in (VALUE_MODEL, SSVAE, INSPECTOR, PREFERENCES):
        page.app.switch_page(script)
        page.settle()
        assert not page.app.exception
    page.judge([BAD])
    assert "Not saved:" in page.session.view(["test"]).notice
    second = PreferencesPage.opened()
    assert not second.app.exception
    assert "Traceback" not in caplog.text


def test_a_new_tab_finds_single_rows_that_are_gone(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    shutil.rmtree(page.session.folder.path / "rows" / "000002")
    second = PreferencesPage.opened()
    assert "1 row that was in" in words(second)
    assert second.metric("Dataset rows") == "2"


def test_an_export_from_a_folder_that_is_gone_says_so_too(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD])
    page.settle()
    shutil.rmtree(page.session.folder.path)
    page.app.button(key=f"{Keys.SESSION_MENU_EXPORT}_{Task.ZIP}").click().run()
    page.settle()
    assert "2 rows that were in it are no longer on disk" in words(page)
    assert "This session has no rows" in words(page)
