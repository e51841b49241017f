"""Images by address: the one of that id and no other, for ever, and a sentence where there is none."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ipo.api.addresses import image_address, preview_address, thumbnail_address, traversal_address
from ipo.images import thumbnail
from ipo.preference.proposals.previews import Preview
from ipo.preference.session import PreferenceSession
from tests.support.door import OpenSessions, Tab, door_to
from tests.support.flat_decoder import FlatDecoder
from tests.support.judging import KEY, Later, Person

IMMUTABLE = "public, max-age=31536000, immutable"
NOBODY = "0123456789abcdef"


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture
def door(person: Person) -> TestClient:
    return door_to(OpenSessions(person))


def test_the_image_of_a_candidate_is_the_same_before_and_after_it_was_judged(
    person: Person, door: TestClient
) -> None:
    id_ = person.queue[0]
    png = person.session.queue.find(id_).png
    address = image_address(KEY.id, id_)
    waiting = door.get(address)
    assert (waiting.content, waiting.headers["content-type"]) == (png, "image/png")
    assert waiting.headers["cache-control"] == IMMUTABLE
    person.judges(id_, 1)
    assert door.get(address).content == png
    person.restart()
    assert door.get(address).content == png


def test_a_candidate_that_was_dealt_before_a_restart_still_has_its_image(
    person: Person, door: TestClient
) -> None:
    id_ = person.queue[0]
    png = person.session.queue.find(id_).png
    person.restart()
    assert id_ not in person.queue
    assert door.get(image_address(KEY.id, id_)).content == png


def test_a_thumbnail_is_made_once(person: Person, door: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = person.queue[0]
    person.judges(id_, 1)
    answer = door.get(thumbnail_address(KEY.id, id_))
    assert answer.content == thumbnail(person.session.store.image(person.session.row(id_)))
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", IMMUTABLE)
    monkeypatch.setattr(type(person.session.store), "image", lambda *_: pytest.fail("it was read again"))
    assert door.get(thumbnail_address(KEY.id, id_)).content == answer.content


@pytest.mark.parametrize("address", [image_address, thumbnail_address])
def test_an_image_that_is_not_there_is_404_with_a_sentence(person: Person, door: TestClient, address) -> None:
    for id_ in (NOBODY, "..", "%2e%2e%2fsession"):
        answer = door.get(address(KEY.id, id_))
        assert answer.status_code == 404 and "cache-control" not in answer.headers
    assert door.get(address(KEY.id, NOBODY)).text == "This session has no such image."
    closed = door.get(address(NOBODY, person.queue[0]))
    assert closed.status_code == 404 and "not open here" in closed.text


def test_an_image_that_cannot_be_read_is_named(person: Person, door: TestClient) -> None:
    id_ = person.queue[0]
    person.judges(id_, 1)
    folder = person.session.store.path / "000001"
    (folder / "image.png").write_bytes(b"no picture")
    answer = door.get(thumbnail_address(KEY.id, id_))
    assert answer.status_code == 404 and "not a sound PNG" in answer.text
    (folder / "image.png").unlink()
    answer = door.get(image_address(KEY.id, id_))
    assert answer.status_code == 404 and "rows/000001/image.png" in answer.text


def test_an_image_of_the_line_is_found_by_what_it_shows(person: Person) -> None:
    sessions = OpenSessions(person)
    jpeg = thumbnail(person.session.queue.find(person.queue[0]).png)
    answer = door_to(sessions).get(traversal_address(KEY.id, sessions.tensors.put(jpeg, "jpeg")))
    assert (answer.content, answer.headers["content-type"]) == (jpeg, "image/jpeg")
    assert answer.headers["cache-control"] == IMMUTABLE
    assert door_to(sessions).get(traversal_address(KEY.id, "0" * 64)).status_code == 404


def test_a_preview_is_found_while_its_image_is_made(tmp_path: Path) -> None:
    later = Later()
    person = Person(tmp_path)
    session = PreferenceSession(tmp_path / "other", KEY, FlatDecoder(), later, lambda session: None)
    person.session = session
    door = door_to(OpenSessions(person))
    session.open()
    session.queue.show(1, 1)
    later.run(1)
    preview = Preview(NOBODY, "Step 1 of 2", b"jpeg")
    later.waiting[0].partial = (preview,)
    view = Tab(door).post([])
    address = preview_address(KEY.id, preview.id)
    assert view["previews"] == [{"id": NOBODY, "url": address, "message": "Step 1 of 2"}]
    answer = door.get(f"/{address}")
    assert (answer.content, answer.headers["content-type"]) == (b"jpeg", "image/jpeg")
    assert door.get(f"/{preview_address(KEY.id, NOBODY)}").status_code == 404
    later.run()
    done = Tab(door).post([])
    assert done["previews"] == []
    assert done["version"] != view["version"]
