"""Steps and what the panels show of them, through the door."""

import json
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ipo.api.addresses import inspector_versions_address
from ipo.api.inspector import panels
from ipo.api.inspector.panels import panels_address
from ipo.api.inspector.tensors import tensor_address
from ipo.api.routes import routes
from ipo.api.token import TOKEN, TOKEN_HEADER
from ipo.api.versions import OpenStreams
from ipo.services.inspector.live_content import LiveContent
from ipo.services.workspace import Workspace
from tests.support.lanes import drain

TWO_LAYERS = "tests.unit.inspector.recipes_of_a_user:two_layers"
WITH_TOKEN = {TOKEN_HEADER: TOKEN}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    space = Workspace(tmp_path)
    space.inspection.inspector.setup(TWO_LAYERS)
    yield space
    drain(space.background)
    space.inspection.inspector.teardown()
    space.background.shutdown()


@pytest.fixture
def live(workspace: Workspace) -> LiveContent:
    """A tab that shows how many steps were done."""

    def steps() -> int:
        return workspace.inspection.inspector.session.state().steps

    live = workspace.live_contents.open(steps)
    live.put("steps", steps)
    return live


@pytest.fixture
def door(workspace: Workspace) -> TestClient:
    return TestClient(Starlette(routes=[Mount("/api", routes=routes(lambda: workspace, OpenStreams()))]))


def opened(answer: Response) -> tuple[dict[str, Any], bytes]:
    """The JSON of an answer, and the bytes behind it."""
    length = int.from_bytes(answer.content[:4], "little")
    return json.loads(answer.content[4 : 4 + length]), answer.content[4 + length :]


def test_a_step_is_answered_with_what_the_panels_show_of_it(
    live: LiveContent, door: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "STEP_SECONDS", 60)
    address = f"/{panels_address(live.id)}"
    answer = door.get(f"{address}/panels?panel=steps&panel=unknown")
    assert answer.headers["cache-control"] == "no-store"
    before, _ = opened(answer)
    assert before["panels"] == {"steps": 0}
    body = {"count": 2, "panels": ["steps"]}
    after, _ = opened(door.post(f"{address}/steps", json=body, headers=WITH_TOKEN))
    assert after["panels"] == {"steps": 2}
    assert after["version"] > before["version"]
    assert opened(door.get(f"{address}/panels?panel=steps"))[0] == after


def test_values_that_are_new_here_travel_with_what_shows_them(
    workspace: Workspace, live: LiveContent, door: TestClient
) -> None:
    live.put("first", lambda: workspace.tensors.put(b"\0\0\0\1", "f4"))
    live.put("second", lambda: workspace.tensors.put(b"\2\3", "u1"))
    address = f"/{panels_address(live.id)}/panels?panel=first&panel=second"
    said, data = opened(door.get(address))
    first, second = said["panels"]["first"], said["panels"]["second"]
    assert said["values"] == {first: 4, second: 2} and data == b"\0\0\0\1\2\3"
    again, nothing = opened(door.get(address))
    assert again["panels"] == said["panels"] and again["values"] == {} and nothing == b""
    assert door.get(f"/{tensor_address(first)}").content == b"\0\0\0\1"


def test_a_tab_says_how_long_its_drawing_takes(live: LiveContent, door: TestClient) -> None:
    address = f"/{panels_address(live.id)}/panels?panel=steps"
    assert door.get(f"{address}&took=1500").status_code == 200
    assert live.cost == 1.5
    assert door.get(address).status_code == 200
    assert live.cost == 1.5
    for odd in ("-3", "much", "9" * 5000, "²"):
        assert door.get(address, params={"panel": "steps", "took": odd}).status_code == 200
        assert live.cost == 0


def test_nobody_steps_without_the_token_or_by_a_malformed_request(
    live: LiveContent, door: TestClient
) -> None:
    address = f"/{panels_address(live.id)}/steps"
    assert door.post(address, json={"count": 1, "panels": []}).status_code == 403
    for body in ({"count": 0, "panels": []}, {"count": "1", "panels": []}, {"panels": []}):
        assert door.post(address, json=body, headers=WITH_TOKEN).status_code == 422
    assert live.show(["steps"]) == {"steps": 0}


def test_a_tab_that_is_not_known_here_is_missing(workspace: Workspace, door: TestClient) -> None:
    address = f"/{panels_address('gone')}"
    assert door.get(f"{address}/panels").status_code == 404
    step = {"count": 1, "panels": []}
    assert door.post(f"{address}/steps", json=step, headers=WITH_TOKEN).status_code == 404
    assert workspace.inspection.inspector.session.state().steps == 0
    assert inspector_versions_address("gone") == "api/versions?inspector=gone"
