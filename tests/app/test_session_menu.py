"""The session menu: what a user does with whole sessions, from the sidebar."""

import json
from pathlib import Path

import pytest

from background import Lane
from ipo.keys import Keys
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionKey, list_sessions
from ipo.services.transfers import Task, start_renaming
from ipo.ui.preference import open_tabs
from tests.support.lanes import held
from tests.support.page import BAD, GOOD, PreferencesPage
from tests.support.rows import SIZE, fill_session
from tests.support.sessions import changed, compared_session, exported, judged_session, opened

EXPORTS = [Task.ZIP, Task.TABLE, Task.IMAGEFOLDER, Task.PICKAPIC]
ZIP, TABLE, IMAGEFOLDER, PICKAPIC = (f"{Keys.SESSION_MENU_EXPORT}_{task}" for task in EXPORTS)

UNARCHIVE = Keys.SESSION_MENU_UNARCHIVE


def choices(page: PreferencesPage) -> list[str]:
    return list(page.app.selectbox(key=Keys.CURATION_SESSION_CHOICE).options)


def press(page: PreferencesPage, key: str) -> None:
    page.app.button(key=key).click().run()
    page.settle()


def rename(page: PreferencesPage, title: str) -> None:
    page.app.text_input(key=Keys.SESSION_MENU_TITLE).set_value(title).run()
    page.settle()


def bring(page: PreferencesPage, archive: bytes) -> None:
    uploads = page.app.session_state[Keys.SESSION_MENU_UPLOADS] if _imported_before(page) else 0
    uploader = page.app.file_uploader(key=f"{Keys.SESSION_MENU_UPLOAD}_{uploads}")
    uploader.set_value(("session.zip", archive, "application/zip")).run()
    page.settle()


def _imported_before(page: PreferencesPage) -> bool:
    return Keys.SESSION_MENU_UPLOADS in page.app.session_state


def export_of(page: PreferencesPage, task: Task) -> bytes:
    job = page.workspace.session_jobs.last(task, page.session.key.id)
    assert job is not None
    return bytes(job.last.path.read_bytes())


def downloads(page: PreferencesPage) -> list[str]:
    return [button.label for button in page.app.get("download_button")]


# Names


def test_a_new_title_is_in_the_list_and_an_empty_one_brings_the_prompt_back(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD])
    rename(page, "Harbours, by Ada")
    assert choices(page) == ["Harbours, by Ada"]
    assert SessionFolder(page.workspace.home, page.session.key).title() == "Harbours, by Ada"
    rename(page, "")
    assert choices(page) == [f"misty harbour at dawn · {SIZE}²"]


def test_a_title_given_elsewhere_outlives_a_message_that_left_before_it_was_heard_of(
    page: PreferencesPage,
) -> None:
    page.judge([GOOD, BAD])
    late = page.app._tree.get_widget_states()  # an empty title is among all that a browser holds
    start_renaming(page.workspace, page.session.key, "Harbours, by Ada")
    page.settle()
    page.app._run(late)
    page.settle()
    assert SessionFolder(page.workspace.home, page.session.key).title() == "Harbours, by Ada"
    (box,) = (box for box in page.app.text_input if box.label == "Title")
    assert box.value == "Harbours, by Ada" and choices(page) == ["Harbours, by Ada"]


def test_a_title_is_there_after_a_restart(home: Path) -> None:
    key = fill_session(home, rows=2, size=SIZE)
    SessionFolder(home, key).rename("Harbours, by Ada")
    page = PreferencesPage.opened()
    assert choices(page) == ["Harbours, by Ada"]
    assert page.app.text_input(key=Keys.SESSION_MENU_TITLE).value == "Harbours, by Ada"


def test_a_title_that_cannot_be_written_is_named_and_stays_in_the_box(page: PreferencesPage) -> None:
    page.judge([GOOD])
    about = SessionFolder(page.workspace.home, page.session.key).path / "session.json"
    about.unlink()
    about.mkdir()
    rename(page, "Harbours, by Ada")
    assert "Is a directory" in page.words()
    assert page.app.text_input(key=Keys.SESSION_MENU_TITLE).value == "Harbours, by Ada"
    assert choices(page) == [f"misty harbour at dawn · {SIZE}²"]


# Duplicates


def test_a_duplicate_is_gone_to_and_the_original_stays_as_it_is(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    original = page.session
    press(page, Keys.SESSION_MENU_DUPLICATE)
    page.settle()
    assert not page.app.exception
    copy = page.session
    assert copy.key != original.key and copy.key.prompt == original.key.prompt
    assert page.metric("Good / Bad") == "2 / 1"
    assert set(choices(page)) == {
        f"Copy of misty harbour at dawn · {SIZE}²",
        f"misty harbour at dawn · {SIZE}²",
    }
    page.judge([BAD])
    assert (copy.state.counts(), original.state.counts()) == ((2, 2), (2, 1))


def test_a_tab_stays_with_a_duplicate_until_another_session_is_chosen(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD])
    page.settle()
    original = page.session.key
    press(page, Keys.SESSION_MENU_DUPLICATE)
    copy = page.session.key
    page.app.run()
    assert page.session.key == copy
    sessions = page.app.selectbox(key=Keys.CURATION_SESSION_CHOICE)
    sessions.select(f"misty harbour at dawn · {SIZE}²").run()
    assert page.session.key == original
    sessions = page.app.selectbox(key=Keys.CURATION_SESSION_CHOICE)
    sessions.select(f"Copy of misty harbour at dawn · {SIZE}²").run()
    assert page.session.key == copy
    page.app.text_input(key=Keys.CURATION_PROMPT).set_value("paper lanterns").run()
    assert page.session.key == SessionKey("paper lanterns", SIZE, "procedural")
    page.app.text_input(key=Keys.CURATION_PROMPT).set_value(original.prompt).run()
    assert page.session.key == original


def test_an_address_leads_to_a_duplicate(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD])
    page.settle()
    press(page, Keys.SESSION_MENU_DUPLICATE)
    copy = page.session.key
    assert PreferencesPage.visited(session=copy.id).session.key == copy


# Exports


@pytest.mark.parametrize("key", [Keys.SESSION_MENU_DUPLICATE, ZIP, TABLE, IMAGEFOLDER])
def test_a_session_without_rows_is_neither_copied_nor_exported(page: PreferencesPage, key: str) -> None:
    press(page, key)
    assert "This session has no rows yet; judge an image first." in page.words()
    assert len(choices(page)) == 1 and downloads(page) == []
    page.judge([GOOD])
    press(page, key)
    assert "no rows yet" not in page.words()


def test_exports_offer_a_download_that_says_what_is_in_it(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    assert downloads(page) == []
    press(page, ZIP)
    press(page, TABLE)
    assert [label.split()[0] for label in downloads(page)] == ["Save", "Save"]
    assert all("3 rows as they were at " in button.help for button in page.app.get("download_button"))
    assert export_of(page, Task.ZIP)[:2] == b"PK"
    assert export_of(page, Task.TABLE)[:4] == b"PAR1"


def test_exports_for_training_say_how_many_rows_and_pairs_they_hold(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    compared_session(page.workspace.home, pairs=3, key=page.session.key)
    press(page, IMAGEFOLDER)
    press(page, PICKAPIC)
    images, pairs = page.app.get("download_button")
    assert images.help.startswith("3 rows and 2 pairs as they were at ")
    assert pairs.help.startswith("2 pairs as they were at ")
    assert export_of(page, Task.IMAGEFOLDER)[:2] == b"PK"
    assert export_of(page, Task.PICKAPIC)[:4] == b"PAR1"


def test_a_session_without_pairs_says_how_to_get_some_for_an_export(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD])
    page.settle()
    press(page, PICKAPIC)
    assert "prefer an image to another in the mode Pair first" in page.words()
    assert downloads(page) == []


def test_a_damaged_row_that_an_export_left_out_is_named(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    folder = SessionFolder(page.workspace.home, page.session.key).path
    (folder / "rows" / "000002" / "image.png").unlink()
    press(page, IMAGEFOLDER)
    assert "1 left out of imagefolder:  \nrows/000002: image.png is missing" in page.words()


def test_an_export_that_waits_can_be_cancelled(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD])
    page.settle()
    with held(page.workspace.background, Lane.CV):
        page.app.button(key=ZIP).click().run()
        assert page.app.button(key=ZIP).disabled
        page.app.button(key=f"{Keys.SESSION_MENU_CANCEL_EXPORT}_{Task.ZIP}").click().run()
    page.settle()
    assert "Cancelled; nothing was changed." in page.words()
    assert downloads(page) == []
    assert not page.app.button(key=ZIP).disabled


# Imports


@pytest.fixture
def elsewhere(tmp_path: Path) -> bytes:
    """The export of a session of five rows, judged on another machine under the default prompt."""
    key = fill_session(tmp_path / "elsewhere", rows=5, size=SIZE, seed=3)
    return exported(tmp_path / "elsewhere", key)


def test_an_imported_session_is_gone_to_with_its_rows(page: PreferencesPage, tmp_path: Path) -> None:
    key = fill_session(tmp_path / "elsewhere", rows=4, size=320)
    SessionFolder(tmp_path / "elsewhere", key).rename("From Ada")
    bring(page, exported(tmp_path / "elsewhere", key))
    page.settle()
    assert not page.app.exception
    assert page.session.key == key
    assert page.metric("Dataset rows") == "4"
    assert page.app.selectbox(key=Keys.CURATION_SESSION_CHOICE).value == key.id
    assert "From Ada" in choices(page)
    assert "From Ada: 4 rows added." in page.words()


def test_rows_imported_into_the_open_session_are_there_at_once_in_every_tab(
    page: PreferencesPage, elsewhere: bytes
) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    other = PreferencesPage.opened()
    session, queue = page.session, page.session.view([]).queue
    bring(page, elsewhere)
    assert page.session is session  # what other tabs hold goes on
    other.settle()
    assert (page.metric("Dataset rows"), other.metric("Dataset rows")) == ("8", "8")
    assert session.view([]).queue[0].candidate.id == queue[0].candidate.id
    page.settle()
    assert session.state.train_status["ridge"].rows == 8
    page.judge([BAD])
    assert len(opened(page.workspace.home, session.key).rows) == 9


def test_importing_what_is_here_already_says_so(page: PreferencesPage, elsewhere: bytes) -> None:
    bring(page, elsewhere)
    page.judge([BAD])
    page.settle()
    bring(page, elsewhere)
    assert f"misty harbour at dawn · {SIZE}²: 0 rows added, 5 here already." in page.words()
    assert page.metric("Dataset rows") == "6"


def test_an_image_in_hand_that_was_judged_elsewhere_leaves_the_hand(
    page: PreferencesPage, tmp_path: Path
) -> None:
    """Two machines that went on from one export show the same images."""
    first = page.session.view([]).queue[0].candidate
    key = page.session.key
    SessionFolder(tmp_path / "elsewhere", key).create()
    store = RowStore(SessionFolder(tmp_path / "elsewhere", key).path, page.session.shape)
    store.create()
    store.save(first, BAD, "elsewhere:0")
    bring(page, exported(tmp_path / "elsewhere", key))
    page.settle()
    assert first.id not in [shown.candidate.id for shown in page.session.view([]).queue]
    assert page.metric("Good / Bad") == "0 / 1"


def test_damaged_rows_of_an_archive_are_named_and_the_rest_is_there(
    page: PreferencesPage, elsewhere: bytes
) -> None:
    bring(page, changed(elsewhere, {"rows/000002/image.png": None}))
    words = page.words()
    assert "4 rows added." in words
    assert "rows/000002: image.png is missing" in words
    assert page.metric("Dataset rows") == "4"


def test_a_file_that_is_no_export_is_refused_and_the_session_stays(page: PreferencesPage) -> None:
    page.judge([GOOD])
    page.settle()
    key = page.session.key
    bring(page, b"a holiday picture")
    assert "This is not a zip file, or not all of one" in page.words()
    assert (page.session.key, page.metric("Dataset rows")) == (key, "1")


def test_a_session_of_a_decoder_that_is_not_here_is_refused(page: PreferencesPage, elsewhere: bytes) -> None:
    about = json.dumps({"prompt": "moss", "size": 448, "decoder": "dreams"}).encode()
    bring(page, changed(elsewhere, {"session.json": about}))
    assert (
        "Decoder 'dreams' is not here; "
        "procedural or diffusion or remote or ssvae would be right." in page.words()
    )
    assert list_sessions(page.workspace.home) == []


# Archiving, deleting and restoring


@pytest.fixture
def two(home: Path) -> PreferencesPage:
    """A page at work on one session, with another one in the list."""
    other = SessionKey("moss and rust", SIZE, "procedural")
    judged_session(home, rows=4, key=other)
    page = PreferencesPage.visited(prompt="paper lanterns", size=str(SIZE))
    page.settle()
    page.judge([GOOD, BAD])
    page.settle()
    return page


def delete(page: PreferencesPage, typed: str) -> None:
    page.app.text_input(key=Keys.SESSION_MENU_DELETE_TITLE).set_value(typed).run()
    press(page, Keys.SESSION_MENU_DELETE)
    page.settle()


def restore(page: PreferencesPage) -> None:
    buttons = [str(button.key) for button in page.app.button]
    press(page, next(key for key in buttons if key.startswith((Keys.SESSION_MENU_RESTORE, UNARCHIVE))))
    page.settle()


def test_a_deleted_session_is_left_for_another_and_comes_back_from_the_trash(two: PreferencesPage) -> None:
    key = two.session.key
    delete(two, "Paper  lanterns")
    assert two.session.key.prompt == "moss and rust"
    assert choices(two) == [f"moss and rust · {SIZE}²"]
    assert not SessionFolder(two.workspace.home, key).path.exists()
    restore(two)
    assert (two.session.key, two.metric("Good / Bad")) == (key, "1 / 1")
    assert len(choices(two)) == 2


def test_a_session_is_deleted_only_when_its_title_is_typed(two: PreferencesPage) -> None:
    rename(two, "Lanterns, by Ada")
    delete(two, "paper lanterns")
    assert "That is not its title; Lanterns, by Ada would be right." in two.words()
    assert len(choices(two)) == 2


def test_the_only_session_begins_anew_when_it_is_deleted_and_makes_room_when_it_is_restored(
    page: PreferencesPage,
) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    key = page.session.key
    delete(page, "misty harbour at dawn")
    page.app.selectbox(key=Keys.CURATION_SIZE).set_value(str(SIZE)).run()
    page.settle()
    assert page.session.key == key and page.metric("Dataset rows") == "0"
    restore(page)
    assert page.session.key == key and page.metric("Good / Bad") == "2 / 1"


def test_a_session_with_a_running_job_is_not_deleted(two: PreferencesPage) -> None:
    with held(two.workspace.background, Lane.CV):
        two.app.button(key=ZIP).click().run()
        assert (
            "This session is being exported as a zip. Wait until that is done, or cancel it." in two.words()
        )
        assert Keys.SESSION_MENU_DELETE not in [button.key for button in two.app.button]


def test_a_session_that_another_tab_works_on_is_not_deleted(
    two: PreferencesPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(open_tabs._sessions, "another tab", two.session.key)
    two.app.run()
    assert "This session is open in another tab." in two.words()
    assert Keys.SESSION_MENU_DELETE not in [button.key for button in two.app.button]


def test_an_archived_session_is_out_of_the_list_until_it_is_brought_back(two: PreferencesPage) -> None:
    key = two.session.key
    press(two, Keys.SESSION_MENU_ARCHIVE)
    two.settle()
    assert choices(two) == [f"moss and rust · {SIZE}²"]
    assert SessionFolder(two.workspace.home, key).path.exists()
    restore(two)
    assert two.session.key == key and len(choices(two)) == 2
