"""The gallery as a page: what it lists, what it sends, and what it says when there is nothing to list."""

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ipo.keys import Keys
from ipo.preference.events import Event, Kind
from ipo.proportions import Proportion
from ipo.ui.components.gallery.component import WINDOW
from tests.support.page import BAD, GOOD, PreferencesPage
from tests.support.rows import fill_session

ROWS, SIDE = 130, 224
NUMBERS = count()


@pytest.fixture
def gallery(home: Path) -> PreferencesPage:
    """The gallery of a session of 130 rows, with models and all that is in view."""
    fill_session(home, rows=ROWS, size=SIDE, lean=0.05)
    return opened()


def opened() -> PreferencesPage:
    page = PreferencesPage.visited(mode="Gallery", size=str(SIDE))
    page.settle()
    page.settle()  # values of rows are asked for when they are drawn
    return page


def sent(page: PreferencesPage, to: str = "ipo_gallery") -> dict[str, Any] | None:
    """What travels to a component in the browser; `None` while it is not on the page."""
    found = [element.proto for element in page.app.get("bidi_component")]
    return next((json.loads(proto.json) for proto in found if proto.component_name == to), None)


def sheet(page: PreferencesPage) -> dict[str, Any]:
    data = sent(page)
    assert data is not None, page.words()
    return data


def choose(page: PreferencesPage, key: Keys, option: str) -> None:
    page.app.segmented_control(key=key).set_value(option).run()


def act(page: PreferencesPage, kind: Kind, candidate: str, label: int = 0) -> None:
    """What the browser's log brings."""
    page.session.apply([Event("gallery", next(NUMBERS), kind, candidate, label)])
    page.settle()


@pytest.mark.usefixtures("home")
def test_without_rows_it_says_where_rows_come_from() -> None:
    page = PreferencesPage.visited(mode="Gallery", size=str(SIDE))
    page.settle()
    assert not page.app.exception
    assert sent(page) is None
    assert "No rows yet. Every image that you judge in Queue or Batch" in page.words()


def test_every_row_is_listed_newest_first_and_the_newest_is_open(gallery: PreferencesPage) -> None:
    data = sheet(gallery)
    assert data["total"] == ROWS and "130 rows" in gallery.words()
    numbers = [item["number"] for item in data["items"]]
    assert numbers == sorted(numbers, reverse=True) and numbers[0] == ROWS
    assert data["opened"]["number"] == ROWS


def test_only_rows_in_view_travel_and_no_image(gallery: PreferencesPage) -> None:
    data = sheet(gallery)
    assert len(data["items"]) == WINDOW < ROWS
    assert len(json.dumps(data)) < 20_000


def test_an_open_row_tells_its_values_lineage_and_history(gallery: PreferencesPage) -> None:
    row = sheet(gallery)["opened"]
    assert row["value"] is not None and row["heldOut"] is not None
    assert row["proposed"] == {"value": None, "sd": None, "model": None}
    facts = {name: text for name, text, _ in row["facts"]}
    assert facts["Decoder"].startswith("procedural 1 · weights ") and facts["Settings"] == f"size {SIDE}"
    assert (facts["Proposer"], facts["Seed"], facts["Candidate"]) == ("random", "0", row["id"])
    assert [entry["action"] for entry in row["history"]] == ["judge"]
    act(gallery, Kind.RELABEL, row["id"], -row["label"])
    changed = sheet(gallery)["opened"]
    assert [entry["action"] for entry in changed["history"]] == ["judge", "relabel"]
    assert changed["label"] == -row["label"]


def test_filters_show_good_or_bad_rows_only(gallery: PreferencesPage) -> None:
    good, bad = gallery.session.state.counts()
    choose(gallery, Keys.CURATION_GALLERY_LABEL, "Good")
    data = sheet(gallery)
    assert data["total"] == good and {item["label"] for item in data["items"]} == {GOOD}
    assert f"{good} of {ROWS} rows" in gallery.words()
    choose(gallery, Keys.CURATION_GALLERY_LABEL, "Bad")
    assert sheet(gallery)["total"] == bad


def test_a_filter_that_nothing_matches_says_so_and_what_to_do(page: PreferencesPage) -> None:
    page.judge([GOOD, GOOD])
    page.app.segmented_control(key=Keys.CURATION_MODE).set_value("Gallery").run()
    choose(page, Keys.CURATION_GALLERY_LABEL, "Bad")
    assert sent(page) is None
    assert "No bad row. Choose All, or another proposer." in page.words()
    page.app.button(key=Keys.CURATION_GALLERY_ALL).click().run()
    assert sheet(page)["total"] == 2
    assert page.app.segmented_control(key=Keys.CURATION_GALLERY_LABEL).value == "All"


def test_a_proposer_can_be_chosen_among_those_that_rows_came_from(page: PreferencesPage) -> None:
    page.judge([GOOD, BAD])
    page.app.segmented_control(key=Keys.CURATION_MODE).set_value("Gallery").run()
    box = page.app.selectbox(key=Keys.CURATION_GALLERY_PROPOSER)
    assert box.options == ["Any proposer", "random"]
    box.select("random").run()
    assert sheet(page)["total"] == 2


@pytest.mark.parametrize(("sort", "sign"), [("Highest", -1), ("Lowest", 1)])
def test_rows_are_sorted_by_their_value_now(gallery: PreferencesPage, sort: str, sign: int) -> None:
    choose(gallery, Keys.CURATION_GALLERY_SORT, sort)
    marks = [item["mark"] for item in sheet(gallery)["items"]]
    assert marks == sorted(marks, key=lambda value: sign * value)


def test_disagreement_first_puts_rows_first_that_the_model_contradicts(gallery: PreferencesPage) -> None:
    choose(gallery, Keys.CURATION_GALLERY_SORT, "Disagreement")
    data = sheet(gallery)
    agreement = [item["mark"] * item["label"] for item in data["items"]]
    assert agreement == sorted(agreement) and agreement[0] < 0
    held_out = gallery.session.state.held_out
    labels = {row.candidate_id: row.label for row in gallery.session.rows()}
    against = sum(held_out[id_] * label < 0 for id_, label in labels.items())
    assert f"{against} contradicted" in gallery.words()


def test_a_model_that_knows_only_the_majority_doubts_no_label(gallery: PreferencesPage) -> None:
    score = gallery.session.state.train_status["ridge"].score
    assert score is not None and score.beats_majority
    assert sheet(gallery)["informed"] is True
    worse = replace(score, accuracy=Proportion(0, 1))
    gallery.session.state.update_status("ridge", score=worse)
    choose(gallery, Keys.CURATION_GALLERY_SORT, "Disagreement")
    assert sheet(gallery)["informed"] is False
    assert "too little is known yet" in gallery.words() and "contradicted" not in gallery.words()


def test_nothing_jumps_when_a_label_changes_until_the_user_sorts_again(gallery: PreferencesPage) -> None:
    choose(gallery, Keys.CURATION_GALLERY_LABEL, "Good")
    before = [item["id"] for item in sheet(gallery)["items"]]
    act(gallery, Kind.RELABEL, before[3], BAD)
    data = sheet(gallery)
    assert [item["id"] for item in data["items"]] == before
    assert data["items"][3]["label"] == BAD
    gallery.app.button(key=Keys.CURATION_GALLERY_AGAIN).click().run()
    data = sheet(gallery)
    assert before[3] not in [item["id"] for item in data["items"]]
    assert gallery.app.button(key=Keys.CURATION_GALLERY_AGAIN).disabled  # and yet there: the sheet stays put


def test_a_row_that_is_taken_back_leaves_the_sheet_and_is_in_the_queue_again(
    gallery: PreferencesPage,
) -> None:
    before = [item["id"] for item in sheet(gallery)["items"]]
    act(gallery, Kind.REMOVE, before[0])
    data = sheet(gallery)
    assert data["total"] == ROWS - 1 and data["items"][0]["id"] == before[1]
    assert gallery.session.view([]).queue[0].candidate.id == before[0]
    assert len(list((gallery.session.folder.path / "undone").iterdir())) == 1


def test_a_session_that_cannot_be_opened_says_why_and_offers_a_retry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("IPO_HOME", str(blocked / "home"))
    page = PreferencesPage.visited(mode="Gallery", size=str(SIDE))
    page.settle()
    assert not page.app.exception
    assert "cannot be opened" in page.words()
    blocked.unlink()
    page.app.button(key=Keys.CURATION_GALLERY_RETRY).click().run()
    page.settle()
    assert "No rows yet." in page.words()
