"""The page and its sidebar: what they say in every state a user can bring about."""

import json
from pathlib import Path

import pytest

import value_model
from ipo.keys import Keys
from ipo.preference.storage.sessions import SessionFolder
from ipo.services.transfers import Task
from tests.support.page import BAD, GOOD, PreferencesPage
from tests.support.rows import SIZE, fill_session


def test_a_first_visit_has_images_in_hand_and_says_what_to_label(page: PreferencesPage) -> None:
    assert not page.app.exception
    assert len(page.session.view([]).queue) == 7
    assert (page.metric("Dataset rows"), page.metric("Train score")) == ("0", "n/a")
    page.unfold(Keys.SIDEBAR_TRAIN_RESULTS)
    assert page.words().count("Label at least one image Good and one Bad.") == 2


def test_the_status_panel_follows_each_model_from_untrained_to_ok(page: PreferencesPage) -> None:
    page.unfold(Keys.SIDEBAR_TRAIN_RESULTS)
    page.judge([GOOD])
    page.settle()
    assert page.words().count("Label at least one Bad too.") == 2
    page.judge([BAD])
    page.settle()
    assert page.words().count("Up to date.") == 2
    assert page.metric("Good / Bad") == "1 / 1"
    page.judge([GOOD, BAD])
    page.settle()
    assert page.words().count("4 rows in") == 2
    assert page.metric("Train score").endswith("%") and "%, n\u00a0=\u00a04" in page.words()


def test_compute_cv_now_shows_both_models_and_when_then_says_stale(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD] * 4)
    page.settle()
    page.app.button(key=Keys.SIDEBAR_COMPUTE_CV).click().run()
    page.settle()
    words = page.words()
    assert "Ridge" in words and "XGBoost" in words and "majority" in words
    assert "4-fold" in words or "5-fold" in words
    assert "stale" not in words
    page.judge([GOOD])
    page.settle()
    assert "stale" in page.words()


def test_cv_of_too_few_rows_says_how_many_are_needed(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    button = page.app.button(key=Keys.SIDEBAR_COMPUTE_CV)
    assert button.disabled
    assert button.help == "Cross-validation needs at least two Good and two Bad rows."
    page.judge([BAD])
    page.settle()
    assert not page.app.button(key=Keys.SIDEBAR_COMPUTE_CV).disabled


def test_a_failed_fit_keeps_the_last_good_model_and_offers_a_retry(
    page: PreferencesPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.unfold(Keys.SIDEBAR_TRAIN_RESULTS)
    page.judge([GOOD, BAD])
    page.settle()
    good_model = page.session.state.models["ridge"]

    def broken(*_: object) -> None:
        raise MemoryError("no memory for the Gram matrix")

    with monkeypatch.context() as broke:
        broke.setattr(value_model.ridge, "solve", broken)
        page.judge([GOOD])
        page.settle()
    assert "no memory for the Gram matrix" in page.words()
    assert page.session.state.models["ridge"] is good_model
    page.app.button(key=Keys.SIDEBAR_RETRY_FIT).click().run()
    page.settle()
    assert page.words().count("Up to date.") == 2


def test_step_scores_rise_along_the_direction_that_ridge_found(page: PreferencesPage) -> None:
    page.unfold(Keys.SIDEBAR_STEP_SCORES)
    assert "Not yet: label at least one image Good and one Bad." in page.words()
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    steps = page.session.queue.steps["ridge"]
    assert len(steps) == 9 and steps == sorted(steps)
    assert f"{steps[-1]:+.2f}" in page.words()


def test_debug_logs_show_what_happened(page: PreferencesPage) -> None:
    page.unfold(Keys.SIDEBAR_LOGS)
    page.app.checkbox(key=Keys.SIDEBAR_LOGS_DEBUG).check().run()
    page.judge([GOOD, BAD])
    page.settle()
    assert "fit ridge to 2 rows" in page.app.code[0].value
    page.app.checkbox(key=Keys.SIDEBAR_LOGS_DEBUG).uncheck().run()


def test_an_empty_prompt_is_named_and_the_session_stays(page: PreferencesPage) -> None:
    page.judge([GOOD])
    page.app.text_input(key=Keys.CURATION_PROMPT).set_value("   ").run()
    assert "The prompt is empty. Type what you would like to see." in page.words()
    assert page.metric("Dataset rows") == "1"
    page.app.text_input(key=Keys.CURATION_PROMPT).set_value("paper lanterns").run()
    page.settle()
    assert page.session.key.prompt == "paper lanterns"
    assert page.metric("Dataset rows") == "0"


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ("450", "Image size 450 is not a positive multiple of 8; 448 or 456 would be."),
        ("60000", "Image size 60000 is out of range; 64 to 2048 would be right."),
        ("big", "Image size 'big' is not a number of pixels; 448 would be right."),
    ],
)
@pytest.mark.usefixtures("home")
def test_an_impossible_size_is_named_with_what_would_be_right(size: str, says: str) -> None:
    page = PreferencesPage.visited(size=size)
    assert not page.app.exception
    assert says in page.words()


def test_a_truncated_image_is_set_aside_by_name_and_the_rest_loads(
    home: Path,
) -> None:
    key = fill_session(home, rows=4, size=SIZE)
    rows = SessionFolder(home, key).path / "rows"
    image = rows / "000002" / "image.png"
    image.write_bytes(image.read_bytes()[:-40])
    latent = rows / "000003" / "latent.npy"
    latent.write_bytes(latent.read_bytes()[:-4] + b"\x00\x00\xc0\x7f")  # the last entry is NaN
    page = PreferencesPage.opened()
    assert page.metric("Dataset rows") == "2"
    words = page.words()
    assert "000002: image.png is truncated" in words
    assert "000003: latent.npy has NaN or Inf" in words
    assert json.loads((rows / "000002" / "row.json").read_text())["label"] in (1, -1)


@pytest.mark.parametrize("name", [".", "home"])  # the project folder itself, or one above it
def test_a_project_folder_that_is_a_file_is_named_everywhere_and_costs_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("IPO_HOME", str(blocked / name))
    page = PreferencesPage.opened()
    assert not page.app.exception
    says = f"{blocked} is a file; a folder would be right. Move it away, or set IPO_HOME to a folder."
    assert says in page.words()
    assert page.session.view([]).error == f"This session cannot be opened: {says}"
    for task in (Task.ZIP, Task.TABLE):
        page.app.button(key=f"{Keys.SESSION_MENU_EXPORT}_{task}").click().run()
        page.settle()
        job = page.workspace.session_jobs.last(task, page.session.key.id)
        assert job is not None and job.problem == says
    page.app.button(key=Keys.SESSION_MENU_DUPLICATE).click().run()
    page.app.text_input(key=Keys.SESSION_MENU_TITLE).set_value("Harbours").run()
    page.settle()
    assert "Traceback" not in caplog.text
    blocked.unlink()
    page.session.retry()
    page.settle()
    assert len(page.session.view([]).queue) == 7
    page.app.run()
    assert not page.app.error
    assert (blocked / name / "ipo.debug.log").exists()


def test_a_second_tab_sees_the_labels_of_the_first(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD, GOOD])
    second = PreferencesPage.opened()
    assert second.metric("Good / Bad") == "2 / 1"


def test_the_session_list_brings_back_an_earlier_session_with_its_rows(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD])
    first = page.session.key
    page.app.text_input(key=Keys.CURATION_PROMPT).set_value("paper lanterns").run()
    page.settle()
    choice = page.app.selectbox(key=Keys.CURATION_SESSION_CHOICE)
    assert choice.options == [f"paper lanterns · {SIZE}²", f"{first.prompt} · {SIZE}²"]
    choice.select_index(1).run()
    page.settle()
    assert not page.app.exception
    assert page.session.key == first
    assert page.app.text_input(key=Keys.CURATION_PROMPT).value == first.prompt
    assert page.metric("Dataset rows") == "2"


def test_a_prompt_too_long_is_named(page: PreferencesPage) -> None:
    page.app.text_input(key=Keys.CURATION_PROMPT).set_value("moss " * 300).run()
    assert "The prompt has 1499 characters; up to 1000 would be right." in page.words()
    assert len(page.session.view([]).queue) == 7


def test_changing_the_proposer_is_recorded_in_what_comes_next(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD])
    page.settle()
    page.app.selectbox(key=Keys.CURATION_PROPOSER).select("random").run()
    page.settle()
    proposers = [shown.candidate.proposal.proposer for shown in page.session.view([]).queue[3:]]
    assert proposers == ["random"] * 4
    page.app.selectbox(key=Keys.CURATION_PROPOSER).select("exploit").run()
    page.settle()
    proposers = [shown.candidate.proposal.proposer for shown in page.session.view([]).queue[3:]]
    assert proposers == ["exploit"] * 4


def test_a_one_sided_run_is_said_below_the_slider(home: Path) -> None:
    page = PreferencesPage.opened()
    assert "Nothing judged yet" in page.words()
    page.judge([GOOD] * 16 + [BAD])
    page.settle()
    assert "16 Good of the last 17" in page.words() and "more?" not in page.words()
    page.judge([GOOD])
    page.settle()
    assert ":orange[17 Good of the last 18: explore more?]" in page.words()
    page.judge([BAD] * 18)
    page.settle()
    assert ":orange[1 Good of the last 20: exploit more?]" in page.words()
