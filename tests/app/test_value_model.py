"""Train › Value model and the mode Line: what they say about a session in every state of its models."""

import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.util import calc_hash

from background import Lane
from ipo.keys import Keys
from ipo.preference.events import Event, Kind
from ipo.preference.storage.pairs import LEFT
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from ipo.proportions import Proportion
from ipo.ui.page_paths import PREFERENCES, VALUE_MODEL
from ipo.ui.runtime.process import forget_workspaces
from ipo.value.kernel_choice import AUTO, CURVED, STRAIGHT
from tests.support.lanes import held
from tests.support.markdown import read
from tests.support.page import BAD, GOOD, PreferencesPage
from tests.support.rows import SIZE, fill_session
from tests.support.waiting import eventually

ROWS = 40
RIDGE, XGBOOST = "Ridge, held-out accuracy", "XGBoost, held-out accuracy"


def data_of(page: PreferencesPage, component: str) -> dict[str, Any]:
    """What is sent to a component on the page."""
    protos = [element.proto for element in page.app.get("bidi_component")]
    sent: dict[str, Any] = next(
        json.loads(proto.json) for proto in protos if proto.component_name == component
    )
    return sent


def charts_of(page: PreferencesPage) -> int:
    """How many charts are on the page."""
    names = [element.proto.component_name for element in page.app.get("bidi_component")]
    return names.count("ipo_plot")


def value_model(page: PreferencesPage) -> PreferencesPage:
    """The same tab, on the page about the value model."""
    page.app.switch_page(VALUE_MODEL)
    page.settle()
    page.settle()  # what the first drawing asked for
    assert not page.app.exception
    return page


@pytest.fixture
def taught(home: Path) -> PreferencesPage:
    """The page of a session with many small rows."""
    fill_session(home, rows=ROWS, size=SIZE)
    page = PreferencesPage.visited(size=str(SIZE))
    page.settle()
    return value_model(page)


def visited_directly(**query: str) -> PreferencesPage:
    """The page as the first of a tab, opened by an address with query parameters, after a restart."""
    forget_workspaces()
    page = PreferencesPage()
    for name, value in query.items():
        page.app.query_params[name] = value
    page.app._page_hash = calc_hash("value_model")  # `switch_page` knows of page addresses only after a run
    page.app.run()
    assert not page.app.exception
    return page


def test_without_a_session_on_disk_the_page_says_where_to_begin(home: Path) -> None:
    page = visited_directly()
    assert "No image has been judged yet." in page.words()
    assert page.app.button(key=Keys.VALUE_MODEL_JUDGE).label == "Judge images"


@pytest.mark.parametrize("label", [GOOD, BAD])
def test_rows_of_one_class_only_say_which_is_missing(home: Path, label: int) -> None:
    page = PreferencesPage.opened()
    page.judge([label] * 4)
    page.settle()
    value_model(page)
    assert page.metric("Rows") == "4"
    assert "Judge at least one image Good and one Bad, and the panels below" in page.words()
    assert "How strongly Ridge is held back. Label at least one image Good and one Bad." in page.words()
    helps = [button.help for button in page.app.button if button.disabled]
    assert "Cross-validation needs at least two Good and two Bad rows." in helps
    assert not page.app.error
    page.judge([-label])
    page.settle()
    page.settle()
    assert "Nothing has been learnt yet." not in page.words()


def two_sessions(home: Path) -> tuple[SessionKey, SessionKey]:
    """The one that was used before, and the one that was used last, which has fewer rows."""
    before, last = fill_session(home, rows=9, size=SIZE), fill_session(home, rows=5, size=256)
    for folder, at in (
        (SessionFolder(home, before).path, 1_000_000),
        (SessionFolder(home, last).path, 2_000_000),
    ):
        for path in folder.iterdir():
            os.utime(path, (at, at))
    return before, last


def test_a_direct_visit_is_about_the_session_that_was_used_last(home: Path) -> None:
    before, last = two_sessions(home)
    page = visited_directly()
    page.settle()
    assert (page.session.key, page.metric("Rows")) == (last, "5")
    assert not page.app.warning
    later = time.time() + 60
    os.utime(SessionFolder(home, before).path / "rows", (later, later))  # as by one more judgement
    assert visited_directly().session.key == before


def test_a_session_that_cannot_be_opened_here_gives_way_to_the_one_before(home: Path) -> None:
    before, last = two_sessions(home)
    about = SessionFolder(home, last).about_path
    about.write_text("{")
    assert visited_directly().session.key == before
    elsewhere = SessionKey("moss", SIZE, "decoder-of-another-machine")
    SessionFolder(home, elsewhere).create()
    (SessionFolder(home, elsewhere).path / "rows" / "000001").mkdir(parents=True)
    assert visited_directly().session.key == before


def test_an_address_of_a_session_that_is_not_here_says_so_and_which_one_is_in_use(home: Path) -> None:
    _, last = two_sessions(home)
    page = visited_directly(session="0123456789abcdef")
    (warning,) = page.app.warning
    assert "Session 0123456789abcdef is not in this project folder" in warning.value
    assert "In use: misty harbour at dawn · 256²" in read(warning.value) and page.session.key == last


def test_an_address_of_a_session_counts_more_than_which_was_used_last(home: Path) -> None:
    before, _ = two_sessions(home)
    assert visited_directly(session=before.id).session.key == before


def test_before_the_first_fit_every_panel_says_what_it_needs(page: PreferencesPage) -> None:
    words = value_model(page).words()
    assert page.metric(RIDGE) == page.metric(XGBOOST) == "n/a"
    assert (page.metric("Rows"), page.metric("Last fit")) == ("0", "none yet")
    assert "How strongly Ridge is held back" in words and "Nine images, from what you like least" in words
    assert page.app.button(key=Keys.VALUE_MODEL_COMPUTE_CV).disabled
    assert page.app.button(key=Keys.VALUE_MODEL_COMPUTE_CURVE).disabled
    assert "It needs 5 Good and 5 Bad; there are 0 and 0." in words  # where the button is, not on hover alone
    assert "It needs two Good and two Bad." in words


def prefer_first_in_hand(page: PreferencesPage) -> None:
    """Prefer the first image in hand to the second."""
    queue = eventually(lambda: page.session.view([]).queue[:2], "images in hand")
    first, second = (shown.candidate.id for shown in queue)
    page.session.apply([Event("pairs", 0, Kind.PREFER, first, LEFT, second)])
    page.settle()


@pytest.mark.parametrize("rows", [0, 1])
def test_the_only_row_beside_a_preference_is_listed_without_a_held_out_value(
    page: PreferencesPage, rows: int
) -> None:
    page.judge([GOOD] * rows)
    prefer_first_in_hand(page)
    page.app.segmented_control(key=Keys.CURATION_MODE).set_value("Gallery").run()
    page.settle()
    page.settle()
    assert not page.app.exception
    if rows:
        opened = data_of(page, "ipo_gallery")["opened"]
        assert opened["heldOut"] is None
        assert opened["whyNotHeldOut"] == "Not held out: it is the only row."
        assert opened["value"] is not None
    value_model(page)
    assert page.metric("Rows") == str(rows)
    assert "λ 1 in use, the default: leave-one-out cannot tell one λ from another yet" in page.words()
    assert "Label at least one image Good and one Bad." in page.words()  # there is no held-out value


def test_a_panel_that_fails_costs_nothing_but_itself_and_can_be_tried_again(
    taught: PreferencesPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    charts = charts_of(taught)

    def fail(*given: object) -> None:
        raise ZeroDivisionError("no *bins*")

    with monkeypatch.context() as patched:
        patched.setattr("pages.training.value_model.fits.calibration_figure", fail)
        taught.app.run()
        assert not taught.app.exception
        (error,) = taught.app.error
        assert error.value == r"The calibration could not be drawn: no \*bins\*"
        assert charts_of(taught) == charts - 1
    taught.app.button(key=f"{Keys.PANEL_RETRY}_The calibration").click().run()
    assert not taught.app.error
    assert charts_of(taught) == charts


def test_the_numbers_on_top_are_the_newest_that_there_are_and_say_when_they_are_stale(
    taught: PreferencesPage,
) -> None:
    fitted = taught.session.state.train_status["ridge"].score
    assert fitted is not None
    assert taught.metric(RIDGE) == fitted.accuracy.share_text and taught.metric(XGBOOST) == "n/a"
    taught.app.button(key=Keys.VALUE_MODEL_COMPUTE_CV).click().run()
    taught.settle()
    cv = taught.session.state.cv
    assert cv is not None
    ridge, xgb = cv.scores["ridge"], cv.scores["xgb"]
    assert taught.metric(RIDGE) == ridge.accuracy.share_text
    assert taught.metric(XGBOOST) == xgb.accuracy.share_text
    names = [metric.label for metric in taught.app.metric]
    assert (
        "Train score" not in names and "Dataset rows" not in names
    )  # the page says them, so the sidebar does not
    assert f"n\u00a0=\u00a0{ROWS}" in taught.words()
    assert "stale" not in taught.words()
    taught.judge([GOOD])
    taught.settle()
    assert taught.metric("Rows") == str(ROWS + 1)
    assert taught.words().count(":orange[stale]") == 2  # that of XGBoost, and of both models together
    fitted = taught.session.state.train_status["ridge"].score
    assert fitted is not None and taught.metric(RIDGE) == fitted.accuracy.share_text


def test_a_cross_validation_can_be_cancelled_where_it_was_asked_for(taught: PreferencesPage) -> None:
    with held(taught.workspace.background, Lane.CV):
        taught.app.button(key=Keys.VALUE_MODEL_COMPUTE_CV).click().run()
        taught.app.button(key=Keys.VALUE_MODEL_CANCEL_CV).click().run()
    taught.settle()
    assert "Cancelled." in taught.words()
    assert taught.session.state.cv is None
    assert not taught.app.button(key=Keys.VALUE_MODEL_COMPUTE_CV).disabled


def test_lambda_set_by_hand_is_used_by_the_next_fit_and_said_to_be(taught: PreferencesPage) -> None:
    state = taught.session.state
    chosen = state.belief
    assert chosen is not None
    assert f"λ {chosen.relative_lambda:.3g} in use, chosen by leave-one-out" in taught.words()
    taught.app.button_group(key=Keys.VALUE_MODEL_LAMBDA).set_value("manual").run()
    taught.settle()
    taught.app.select_slider(key=Keys.VALUE_MODEL_RELATIVE_LAMBDA).set_value(10.0).run()
    taught.settle()
    assert state.params.ridge_lambda == 10.0
    assert state.belief is not None and state.belief.relative_lambda == 10.0
    assert "λ 10 in use, set by hand" in taught.words()
    taught.app.button_group(key=Keys.VALUE_MODEL_LAMBDA).set_value("chosen").run()
    taught.settle()
    assert state.params.ridge_lambda is None
    assert state.belief.relative_lambda == chosen.relative_lambda
    assert "chosen by leave-one-out" in taught.words()


def test_a_curved_value_is_used_where_it_is_asked_for_and_the_page_says_why(taught: PreferencesPage) -> None:
    state = taught.session.state
    assert " · straight, as set" in taught.words()
    taught.app.selectbox(key=Keys.VALUE_MODEL_KERNEL).set_value(AUTO).run()
    taught.settle()
    assert state.belief is not None and state.belief.choice.rows == ROWS
    assert re.search(r" · (straight: curved errs|curved: errs)", taught.words())
    for shape in (CURVED, STRAIGHT):
        taught.app.selectbox(key=Keys.VALUE_MODEL_KERNEL).set_value(shape).run()
        taught.settle()
        assert state.params.kernel == shape
        assert state.belief is not None and state.belief.kernel.curved == (shape == CURVED)
        assert f" · {shape}, as set" in taught.words()


def test_the_learning_curve_is_computed_on_demand_and_called_stale_after_a_label(
    taught: PreferencesPage,
) -> None:
    assert "Would more labels help?" in taught.words()
    taught.app.button(key=Keys.VALUE_MODEL_COMPUTE_CURVE).click().run()
    taught.settle()
    assert f"20 repeats, 8 of {ROWS} rows held out" in taught.words()
    assert "stale" not in taught.words()
    taught.judge([BAD])
    taught.settle()
    assert f"20 repeats, 8 of {ROWS} rows held out" in taught.words()
    assert "stale" in taught.words()


def test_the_history_lists_the_last_fits_newest_first(taught: PreferencesPage) -> None:
    taught.judge([GOOD])
    taught.settle()
    words = taught.words()
    for fit in taught.session.state.history:
        assert f"{1000 * fit.seconds:.0f}</span>" in words
    assert words.index(f">{ROWS + 1}</span>") < words.index(f">{ROWS}</span>")


def surprising_rows(page: PreferencesPage) -> list[str]:
    """Their ids in the order on the page, by the addresses of their thumbnails."""
    return re.findall(r"thumbnails/([^/]+)\.jpg", page.words())


def test_the_most_surprising_rows_come_first_and_leave_when_they_are_put_right(
    taught: PreferencesPage,
) -> None:
    state = taught.session.state
    shown = surprising_rows(taught)
    label = {row.candidate_id: row.label for row in taught.session.rows()}
    against = {id_: -label[id_] * value for id_, value in state.held_out.items()}
    assert list(shown) == sorted(against, key=lambda id_: -against[id_])[:8]
    first = taught.words().split("you: <b>")[1]
    assert first.startswith("Good" if label[shown[0]] == GOOD else "Bad")
    assert f"{abs(state.held_out[shown[0]]):.2f}" in first
    taught.session.apply([Event("test", 0, Kind.RELABEL, shown[0], -label[shown[0]])])
    taught.settle()
    assert shown[0] not in surprising_rows(taught)


def test_surprises_of_a_model_that_knows_only_the_majority_are_not_called_slips(
    taught: PreferencesPage,
) -> None:
    state = taught.session.state
    score = state.train_status["ridge"].score
    assert score is not None
    state.update_status("ridge", score=replace(score, accuracy=Proportion(0, ROWS)))
    taught.app.run()
    assert "so these are hardly slips" in taught.words()
    state.update_status("ridge", score=replace(score, accuracy=Proportion(ROWS, ROWS)))
    taught.app.run()
    assert "hardly slips" not in taught.words()


def test_surprising_rows_lead_to_the_gallery_where_they_come_first(taught: PreferencesPage) -> None:
    taught.app.button(key=Keys.VALUE_MODEL_TO_GALLERY).click().run()
    assert taught.app.session_state[Keys.CURATION_MODE] == "Gallery"
    assert taught.app.session_state[Keys.CURATION_GALLERY_SORT] == "Disagreement"


def test_the_line_is_decoded_on_demand_and_belongs_to_its_fit(taught: PreferencesPage) -> None:
    assert "±" not in taught.words().partition("θ −1.2")[2]
    taught.app.button(key=Keys.VALUE_MODEL_LINE_DECODE).click().run()
    taught.settle()
    words = taught.words()
    line = taught.workspace.traversal(taught.session)
    assert line.strip is not None and line.strip.decoded == 9
    assert words.count("<img") == 9 + words.count("you: <b>")
    assert f"Ridge fitted to {ROWS} rows" in words
    taught.judge([GOOD])
    taught.settle()
    assert "older than the model" in taught.words()


def test_the_mode_line_decodes_by_itself_once_there_is_a_fit(page: PreferencesPage) -> None:
    page.app.button_group(key=Keys.CURATION_MODE).set_value("Line").run()
    assert "once you have judged at least one image Good and one Bad" in page.words()
    page.judge([GOOD, BAD])
    page.settle()  # the fit
    page.settle()  # the line that was asked for
    line = page.workspace.traversal(page.session)
    assert line.strip is not None and line.strip.decoded == 9
    assert page.words().count("<img") == 9


def test_a_second_tab_sees_the_lambda_that_the_first_has_set(taught: PreferencesPage) -> None:
    taught.app.button_group(key=Keys.VALUE_MODEL_LAMBDA).set_value("manual").run()
    taught.settle()
    second = PreferencesPage.visited(size=str(SIZE))
    value_model(second)
    assert second.app.button_group(key=Keys.VALUE_MODEL_LAMBDA).value == "manual"


def test_the_session_stays_when_the_other_page_is_visited(page: PreferencesPage) -> None:
    page.app.text_input(key=Keys.CURATION_PROMPT).set_value("paper lanterns").run()
    page.settle()
    value_model(page)
    assert page.session.key.prompt == "paper lanterns"
    page.app.switch_page(PREFERENCES)
    page.settle()
    assert page.app.text_input(key=Keys.CURATION_PROMPT).value == "paper lanterns"
    assert page.session.key.prompt == "paper lanterns"
