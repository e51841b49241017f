"""What users did is applied once and in order, however often it is posted, and nothing else is."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

from ipo.api.addresses import image_address
from ipo.api.preference.schema import MAX_BYTES, MAX_EVENTS
from ipo.api.token import TOKEN, TOKEN_HEADER
from ipo.preference.storage.rows import RowStore
from tests.support.door import OpenSessions, Tab, door_to
from tests.support.judging import KEY, Later, Person

OTHER_SESSION = "0123456789abcdef"
SKIP = {"client": "tab", "seq": 0, "kind": "skip", "id": "0123456789abcdef"}


@pytest.fixture
def door(sessions: OpenSessions) -> TestClient:
    return door_to(sessions)


@pytest.fixture
def tab(door: TestClient) -> Tab:
    return Tab(door)


def hand(view: dict[str, Any]) -> list[str]:
    return [item["id"] for item in view["hand"]]


def test_a_judgement_is_saved_acknowledged_and_followed_by_the_next_image(person: Person, tab: Tab) -> None:
    first, second = hand(tab.post(tiles=1, ahead=6))[:2]
    tab.does("judge", first, 1)
    view = tab.post(tiles=1, ahead=6)
    assert person.on_disk().labels == {first: 1}
    assert tab.acknowledged == 0
    assert hand(view)[0] == second and len(hand(view)) == 7
    (recent,) = view["recent"]
    assert (recent["id"], recent["label"], recent["url"]) == (first, 1, image_address(KEY.id, first))
    assert view["judged"] == 1 and view["opened"] and view["error"] == view["notice"] == ""


def test_what_is_posted_again_is_applied_once(person: Person, tab: Tab) -> None:
    first, second, third = hand(tab.post())[:3]
    tab.does("judge", first, 1)
    tab.does("judge", second, -1)
    tab.does("remove", first)
    for _ in range(3):
        tab.post()
    tab.does("judge", third, 1)
    tab.post()
    assert person.on_disk().labels == {second: -1, third: 1}
    assert person.on_disk().undone == 1
    assert tab.acknowledged == 3


def test_events_whose_predecessors_never_came_are_applied_and_acknowledged(person: Person, tab: Tab) -> None:
    first, second = hand(tab.post())[:2]
    tab.does("judge", first, 1)
    late = tab.does("judge", second, -1)
    tab.post([late])
    assert person.on_disk().labels == {second: -1} and tab.acknowledged == 1


def test_a_server_that_is_killed_between_write_and_answer_applies_once(person: Person, tab: Tab) -> None:
    first, second = hand(tab.post())[:2]
    tab.does("judge", first, 1)
    tab.answer()  # never came
    person.restart()
    tab.does("judge", second, -1)
    tab.post()
    assert person.on_disk().labels == {first: 1, second: -1}
    assert tab.acknowledged == 1


def test_two_tabs_that_judge_the_same_image_leave_the_first_judgement(
    door: TestClient, person: Person
) -> None:
    one, other = Tab(door, "one"), Tab(door, "other")
    first = hand(one.post())[0]
    one.does("judge", first, 1)
    other.does("judge", first, -1)
    one.post()
    assert "judged in another tab already" in other.post()["notice"]
    assert one.post()["notice"] == ""
    assert other.acknowledged == 0 and person.on_disk().labels == {first: 1}


def test_a_page_that_was_loaded_again_posts_what_the_load_before_left(
    door: TestClient, person: Person
) -> None:
    before, after = Tab(door, "load 1"), Tab(door, "load 2")
    first, second = hand(before.post())[:2]
    left = before.does("judge", first, 1)
    view = after.post([left, after.does("judge", second, -1)])
    assert view["acknowledged"] == {"load 1": 0, "load 2": 0}
    assert person.on_disk().labels == {first: 1, second: -1}


def test_a_full_disk_keeps_events_unacknowledged_until_they_can_be_saved(
    person: Person, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = hand(tab.post())[:2]
    tab.does("judge", first, 1)
    tab.does("judge", second, -1)
    with monkeypatch.context() as full:
        full.setattr(RowStore, "save", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
        view = tab.post()
        assert tab.acknowledged == -1 and "kept in this tab" in view["notice"]
    assert person.on_disk().labels == {}
    assert tab.post(retry=True)["notice"] == ""
    assert tab.acknowledged == 1 and person.on_disk().labels == {first: 1, second: -1}


def test_before_the_session_is_open_nothing_is_applied_and_nothing_is_lost(person: Person, tab: Tab) -> None:
    first = hand(tab.post())[0]
    tab.does("judge", first, 1)
    later = Later()
    person.restart(later)
    view = tab.post(tiles=1, ahead=6)
    assert not view["opened"] and tab.acknowledged == -1 and hand(view) == []
    later.run()
    assert tab.post()["opened"] and tab.acknowledged == 0
    assert person.on_disk().labels == {first: 1}


def test_a_decoder_that_failed_is_asked_again_by_retry(person: Person, tab: Tab) -> None:
    person.decoder.broken = "no memory"
    for id_ in hand(tab.post()):
        tab.does("skip", id_)
    assert "no memory" in tab.post(tiles=1, ahead=6)["error"]
    person.decoder.broken = ""
    assert "no memory" in tab.post(tiles=1, ahead=6)["error"]
    view = tab.post(tiles=1, ahead=6, retry=True)
    assert view["error"] == "" and len(hand(view)) == 7


def test_pairs_relabels_and_skips_travel_as_well(person: Person, tab: Tab) -> None:
    left, right, third, fourth = hand(tab.post())[:4]
    tab.does("prefer", right, 1, other=left)
    tab.does("judge", third, 1)
    tab.does("relabel", third, -1)
    tab.does("skip", fourth)
    view = tab.post()
    assert person.pairs_on_disk() == [f"{right}>{left}"] and person.on_disk().labels == {third: -1}
    skipped, relabelled, pair = view["recent"]
    assert (skipped["id"], skipped["label"]) == (fourth, 0)
    assert relabelled["label"] == -1
    assert (pair["id"], pair["other"]["id"], pair["side"]) == (right, left, 1)


MALFORMED: list[Any] = [
    None,
    7,
    [],
    {},
    {"client": "tab", "seq": 0, "kind": "judge", "id": "FIRST"},
    {"client": "tab", "seq": 0, "kind": "judge", "id": "FIRST", "label": 2},
    {"client": "tab", "seq": "0", "kind": "judge", "id": "FIRST", "label": 1},
    {"client": "tab", "seq": -1, "kind": "judge", "id": "FIRST", "label": 1},
    {"client": "tab", "seq": 0, "kind": "adore", "id": "FIRST", "label": 1},
    {"client": "tab", "seq": 0, "kind": "prefer", "id": "FIRST", "label": 1},
    {"client": "t" * 201, "seq": 0, "kind": "judge", "id": "FIRST", "label": 1},
    {"client": "tab", "seq": 0, "kind": "judge", "id": "x" * 201, "label": 1},
]


@pytest.mark.parametrize("malformed", MALFORMED)
def test_one_malformed_event_does_not_stop_the_others(person: Person, tab: Tab, malformed: Any) -> None:
    first, second = hand(tab.post())[:2]
    if isinstance(malformed, dict) and malformed.get("id") == "FIRST":
        malformed = {**malformed, "id": first}
    sound = {"client": "tab", "seq": 1, "kind": "judge", "id": second, "label": -1}
    tab.post([malformed, sound])
    assert person.on_disk().labels == {second: -1} and tab.acknowledged == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "The request is damaged: "),
        (b"[]", "The request is []; an object would be right."),
        (b'{"client": "tab"}', "The request has no events."),
        (
            b'{"client": "", "events": []}',
            'The request says client is ""; 1 characters or more would be right.',
        ),
        (
            b'{"client": "tab", "events": [], "tiles": 1000}',
            "The request says tiles is 1000; a number of at most 100 would be right.",
        ),
        (
            json.dumps({"client": "tab", "events": [SKIP] * (MAX_EVENTS + 1)}).encode(),
            f"up to {MAX_EVENTS} entries would be right.",
        ),
        (
            json.dumps({"client": "t" * 201, "events": []}).encode(),
            "up to 200 characters would be right.",
        ),
    ],
)
def test_a_request_that_is_wrong_as_a_whole_is_refused_in_a_sentence(
    door: TestClient, body: bytes, says: str
) -> None:
    answer = door.post(f"/api/preference/{KEY.id}/events", content=body)
    assert answer.status_code == 422 and says in answer.text and answer.text.endswith(".")


def test_a_request_that_is_too_large_is_refused(door: TestClient, person: Person) -> None:
    body = json.dumps({"client": "tab", "events": ["x" * MAX_BYTES]}).encode()
    assert door.post(f"/api/preference/{KEY.id}/events", content=body).status_code == 413


@pytest.mark.parametrize(
    "token", ["", "wrong", "ä", TOKEN + "x"], ids=["none", "another", "not ASCII", "longer"]
)
def test_without_the_token_nothing_is_taken(door: TestClient, person: Person, tab: Tab, token: str) -> None:
    tab.does("judge", hand(tab.post())[0], 1)
    headers = {TOKEN_HEADER: token.encode()}
    body = {"client": "tab", "events": tab.log}
    assert door.post(f"/api/preference/{KEY.id}/events", json=body, headers=headers).status_code == 403
    assert person.on_disk().labels == {}


@pytest.mark.parametrize("origin", ["http://localhost:1", "https://evil.example", "null"])
def test_a_page_of_another_origin_is_refused_even_with_the_token(
    door: TestClient, person: Person, tab: Tab, origin: str
) -> None:
    tab.does("judge", hand(tab.post())[0], 1)
    body = {"client": "tab", "events": tab.log}
    address = f"/api/preference/{KEY.id}/events"
    assert door.post(address, json=body, headers={"Origin": origin}).status_code == 403
    assert door.get("/api/versions", headers={"Origin": origin}).status_code == 403
    assert person.on_disk().labels == {}


def test_a_session_that_is_not_at_work_is_404_and_nothing_is_opened(tab: Tab, person: Person) -> None:
    answer = tab.answer(session=OTHER_SESSION)
    assert answer.status_code == 404 and "not open here" in answer.text
    assert not (person.home / "preference" / OTHER_SESSION).exists()


def test_a_tab_is_sent_no_more_than_it_shows_and_loads_ahead(person: Person, tab: Tab) -> None:
    ids = hand(tab.post(tiles=2, ahead=3))
    assert len(ids) == 5 and len(hand(tab.post())) == 7  # as the session has them


def test_many_undone_rows_wait_for_the_queue_and_travel_as_it_shows_them(
    person: Person, door: TestClient
) -> None:
    for _ in range(40):
        person.judges(person.queue[0], 1)
    gallery = Tab(door, "gallery")
    judged = [row.candidate_id for row in person.session.rows()]
    for id_ in judged:
        gallery.does("remove", id_)
    assert hand(gallery.post(tiles=1, ahead=6)) == judged[:-8:-1]  # the last one undone comes first


class Unsure:
    """A model whose values are not finite."""

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full(len(features), np.nan, np.float32)


def test_numbers_that_are_not_finite_are_null(person: Person, tab: Tab) -> None:
    person.session.queue.propose_with(replace(person.session.queue.proposing, model="xgb"))
    person.session.state.models["xgb"] = Unsure()
    person.session.queue.predict_again()
    view = tab.post()
    assert [item["value"] for item in view["hand"]] == [None] * 7


def test_the_version_is_another_exactly_when_the_view_is(person: Person, door: TestClient) -> None:
    one, other = Tab(door, "one"), Tab(door, "other")
    version = one.post()["version"]
    assert other.post()["version"] == version == other.post(tiles=1, ahead=2)["version"]
    first = hand(one.post())[0]
    one.does("judge", first, 1)
    judged = one.post()["version"]
    assert judged != version and other.post()["version"] == judged
    other.does("relabel", first, -1)
    assert other.post()["version"] != judged


def test_whoever_compares_versions_is_woken_by_events_and_by_nothing_less(
    sessions: OpenSessions, tab: Tab
) -> None:
    first = hand(tab.post())[0]
    tab.post()
    assert sessions.changed == 0
    tab.does("judge", first, 1)
    tab.post()
    assert sessions.changed == 1
