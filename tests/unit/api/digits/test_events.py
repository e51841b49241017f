"""What users do on the map is in labels.csv once and in order, however often it is posted."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ipo.api.addresses import digits_address
from ipo.api.digits.schema import MAX_BYTES, MAX_EVENTS
from ipo.api.token import TOKEN, TOKEN_HEADER
from ipo.digits.labels import files
from tests.support.digits_door import SET, MapTab, OpenDigits
from tests.support.door import door_to

UNDO = {"client": "tab", "seq": 0, "kind": "undo"}
EVENTS = f"/{digits_address(SET)}/events"


def test_a_label_is_on_disk_when_it_is_acknowledged(opened: OpenDigits, map_tab: MapTab) -> None:
    map_tab.post()
    map_tab.does("label", [3, 5], 7)
    view = map_tab.post()
    assert opened.on_disk() == {3: 7, 5: 7} and map_tab.acknowledged == 0
    assert view["labels"]["changes"] == {"rows": [3, 5], "codes": [7, 7]}
    assert view["error"] == ""


def test_labels_are_cleared_and_acts_undone_in_order(opened: OpenDigits, map_tab: MapTab) -> None:
    map_tab.does("label", [1, 2, 3], 4)
    map_tab.does("clear", [2])
    map_tab.does("label", [9], 0)
    map_tab.does("undo")
    map_tab.post()
    assert opened.on_disk() == {1: 4, 3: 4}
    map_tab.does("undo")
    map_tab.post()
    assert opened.on_disk() == {1: 4, 2: 4, 3: 4} and map_tab.acknowledged == 4


def test_unsure_images_are_neither_labelled_nor_asked_about(opened: OpenDigits, map_tab: MapTab) -> None:
    map_tab.does("label", [1, 2], 4)
    map_tab.does("unsure", [2, 3])
    view = map_tab.post()
    assert opened.on_disk() == {1: 4} and [map_tab.codes[row] for row in (1, 2, 3)] == [4, -2, -2]
    assert view["labels"]["changes"] is None or view["labels"]["changes"]["codes"] == [4, -2, -2]
    map_tab.does("undo")
    map_tab.post()
    assert opened.on_disk() == {1: 4, 2: 4} and map_tab.codes[3] == -1
    opened.restart()
    map_tab.does("redo")
    map_tab.post()
    assert opened.on_disk() == {1: 4} and [map_tab.codes[row] for row in (2, 3)] == [-2, -2]


def test_the_view_says_what_undo_and_redo_would_do(map_tab: MapTab) -> None:
    view = map_tab.post()
    assert view["undo"] is None and view["redo"] is None
    map_tab.does("label", [1, 2], 4)
    assert "4" in map_tab.post()["undo"] and map_tab.view["redo"] is None
    map_tab.does("undo")
    assert map_tab.post()["undo"] is None and "4" in map_tab.view["redo"]
    map_tab.does("redo")
    assert "4" in map_tab.post()["undo"] and map_tab.view["redo"] is None
    assert map_tab.codes[1] == 4


def test_what_is_posted_again_is_applied_once(opened: OpenDigits, map_tab: MapTab) -> None:
    map_tab.does("label", [1], 1)
    map_tab.does("label", [2], 2)
    map_tab.does("undo")
    for _ in range(3):
        map_tab.post()
    assert opened.on_disk() == {1: 1} and map_tab.acknowledged == 2


def test_a_server_that_is_killed_between_write_and_answer_applies_once(
    opened: OpenDigits, map_tab: MapTab
) -> None:
    map_tab.does("label", [1], 1)
    map_tab.does("label", [2], 2)
    map_tab.does("undo")
    map_tab.answer()  # never came
    opened.restart()
    map_tab.does("label", [3], 3)
    map_tab.post()
    assert opened.on_disk() == {1: 1, 3: 3} and map_tab.acknowledged == 3


def test_what_did_nothing_before_a_kill_does_nothing_after_it(opened: OpenDigits, map_tab: MapTab) -> None:
    map_tab.does("undo")  # there is nothing to undo
    map_tab.does("label", [1], 1)
    map_tab.does("label", [1], 1)
    map_tab.does("label", [1], 2)
    map_tab.answer()  # never came
    opened.restart()
    map_tab.post()
    assert opened.on_disk() == {1: 2} and map_tab.acknowledged == 3


def test_two_tabs_agree(opened: OpenDigits, map_tab: MapTab) -> None:
    other = MapTab(map_tab.door, "other")
    map_tab.post()
    other.post()
    map_tab.does("label", [1], 1)
    other.does("label", [1, 2], 2)
    map_tab.post()
    other.post()
    map_tab.post()
    assert opened.on_disk() == {1: 2, 2: 2}
    assert map_tab.codes == other.codes and map_tab.codes[1] == 2
    opened.drain()  # suggestions
    assert map_tab.post()["version"] == other.post()["version"]


def test_tabs_that_post_at_once_lose_nothing(opened: OpenDigits, map_tab: MapTab) -> None:
    def work(name: str, first: int) -> MapTab:
        tab = MapTab(map_tab.door, name)
        for row in range(first, 60, 3):
            tab.does("label", [row], first)
            tab.post()
        return tab

    with ThreadPoolExecutor() as threads:
        tabs = list(threads.map(work, ["one", "two", "three"], range(3)))
    assert opened.on_disk() == {row: row % 3 for row in range(60)}
    assert [tab.acknowledged for tab in tabs] == [19, 19, 19]
    assert all(tab.post() and tab.codes == tabs[0].codes for tab in tabs)


def test_a_page_that_was_loaded_again_posts_what_the_load_before_left(
    opened: OpenDigits, map_tab: MapTab
) -> None:
    left = map_tab.does("label", [1], 1)
    after = MapTab(map_tab.door, "load 2")
    view = after.post([left, after.does("label", [2], 2)])
    assert view["acknowledged"] == {"tab": 0, "load 2": 0} and opened.on_disk() == {1: 1, 2: 2}


def test_a_full_disk_keeps_events_unacknowledged_until_they_can_be_saved(
    opened: OpenDigits, map_tab: MapTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    map_tab.does("label", [1], 1)
    map_tab.does("label", [2], 2)
    with monkeypatch.context() as patch:
        patch.setattr(files, "replace_file", full)
        view = map_tab.post()
        assert map_tab.acknowledged == -1 and "No space left" in view["error"] and view["error"].endswith(".")
    assert opened.on_disk() == {}
    assert map_tab.post(retry=True)["error"] == ""
    assert opened.on_disk() == {1: 1, 2: 2} and map_tab.acknowledged == 1


def test_a_damaged_file_is_left_alone_and_named_until_it_is_mended(
    opened: OpenDigits, map_tab: MapTab
) -> None:
    map_tab.does("label", [1], 1)
    map_tab.post()
    path = opened.folder.path / "labels.csv"
    path.write_text("Serial,label\n1,seven\n")
    map_tab.does("label", [2], 2)
    view = map_tab.post()
    assert "labels.csv, line 2" in view["error"] and map_tab.acknowledged == 0
    assert path.read_text() == "Serial,label\n1,seven\n"
    path.write_text("Serial,label\n4,4\n")
    map_tab.post(retry=True)
    assert opened.on_disk() == {1: 1, 2: 2, 4: 4}
    assert map_tab.acknowledged == 1 and map_tab.view["error"] == ""


def test_without_a_log_nothing_is_labelled_and_nothing_is_lost(opened: OpenDigits, map_tab: MapTab) -> None:
    log = opened.folder.path / "labels.log.jsonl"
    log.mkdir()
    map_tab.does("label", [1], 1)
    view = map_tab.post()
    assert "labels.log.jsonl" in view["error"] and map_tab.acknowledged == -1 and opened.on_disk() == {}
    log.rmdir()
    assert map_tab.post(retry=True)["error"] == "" and opened.on_disk() == {1: 1}


def test_before_labels_are_read_nothing_is_applied_and_nothing_is_lost(
    opened: OpenDigits, map_tab: MapTab
) -> None:
    opened.restart(opened=False)
    map_tab.does("label", [1], 1)
    view = map_tab.post()
    assert not view["opened"] and map_tab.acknowledged == -1
    opened.service.digits.open()
    map_tab.post()
    assert map_tab.acknowledged == 0 and opened.on_disk() == {1: 1}


MALFORMED: list[Any] = [
    None,
    7,
    {},
    {"client": "tab", "seq": 0, "kind": "label", "rows": [1]},
    {"client": "tab", "seq": 0, "kind": "label", "rows": [], "label": 1},
    {"client": "tab", "seq": 0, "kind": "label", "rows": [-1], "label": 1},
    {"client": "tab", "seq": 0, "kind": "label", "rows": [1.5], "label": 1},
    {"client": "tab", "seq": 0, "kind": "label", "rows": [1], "label": -1},
    {"client": "tab", "seq": 0, "kind": "label", "rows": [1], "label": 10},
    {"client": "tab", "seq": 0, "kind": "label", "rows": [1, 120], "label": 1},
    {"client": "tab", "seq": 0, "kind": "clear"},
    {"client": "tab", "seq": 0, "kind": "unsure", "rows": []},
    {"client": "tab", "seq": 0, "kind": "unsure", "rows": [120]},
    {"client": "tab", "seq": 0, "kind": "adore", "rows": [1]},
    {"client": "tab", "seq": "0", "kind": "undo"},
    {"client": "t" * 201, "seq": 0, "kind": "undo"},
]


@pytest.mark.parametrize("malformed", MALFORMED)
def test_one_malformed_event_does_not_stop_the_others(
    opened: OpenDigits, map_tab: MapTab, malformed: Any
) -> None:
    map_tab.post([malformed, {"client": "tab", "seq": 1, "kind": "label", "rows": [2], "label": 3}])
    assert opened.on_disk() == {2: 3} and map_tab.acknowledged == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "The request is damaged: "),
        (b'{"client": "tab"}', "The request has no events."),
        (
            json.dumps({"client": "tab", "events": [UNDO] * (MAX_EVENTS + 1)}).encode(),
            f"up to {MAX_EVENTS} entries would be right.",
        ),
        (b'{"client": "tab", "events": [], "known": -1}', "a number of at least 0 would be right."),
    ],
)
def test_a_request_that_is_wrong_as_a_whole_is_refused_in_a_sentence(
    map_tab: MapTab, body: bytes, says: str
) -> None:
    answer = map_tab.door.post(EVENTS, content=body)
    assert answer.status_code == 422 and says in answer.text and answer.text.endswith(".")


def test_a_request_that_is_too_large_is_refused(map_tab: MapTab) -> None:
    body = json.dumps({"client": "tab", "events": ["x" * MAX_BYTES]}).encode()
    assert map_tab.door.post(EVENTS, content=body).status_code == 413


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"], ids=["none", "another", "longer"])
def test_without_the_token_nothing_is_taken(opened: OpenDigits, map_tab: MapTab, token: str) -> None:
    map_tab.does("label", [1], 1)
    body = {"client": "tab", "events": map_tab.log}
    answer = map_tab.door.post(EVENTS, json=body, headers={TOKEN_HEADER: token})
    assert answer.status_code == 403 and opened.on_disk() == {}


def test_images_that_are_not_open_are_404_and_are_not_opened(opened: OpenDigits, map_tab: MapTab) -> None:
    answer = map_tab.answer(data="other")
    assert answer.status_code == 404 and "not open here" in answer.text
    assert not (opened.home / "digits" / "other").exists()


def test_other_tabs_are_woken_by_events_and_by_nothing_less(opened: OpenDigits) -> None:
    tab = MapTab(door_to(opened))
    tab.post()
    assert opened.changed == 0
    tab.does("label", [1], 1)
    tab.post()
    assert opened.changed == 1
