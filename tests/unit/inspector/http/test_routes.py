"""Promises of the server: over HTTP what can be done in the process, and nothing without the token."""

import io
import re
import threading
import time
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from ipo.cli.main import cli
from ipo.inspector.http import requests
from ipo.inspector.http.client import InspectorClient, InspectorError
from ipo.inspector.http.serve import serve
from ipo.inspector.http.serve import server as prepared
from ipo.inspector.recipes import autoencoder
from tests.unit.inspector.small import IMAGES, LABELS, SMALL, session

TOKEN = "let me in"
USER = "tests.unit.inspector.recipes_of_a_user:two_layers"
COMMAS = "tests.unit.inspector.recipes_of_a_user:commas"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with (
        pytest.MonkeyPatch.context() as patch,
        prepared(["autoencoder_bcl", USER, COMMAS], "127.0.0.1", 0, TOKEN) as made,
    ):
        patch.setattr(autoencoder, "digits", lambda: (IMAGES, LABELS))
        running, taken, _ = made
        thread = threading.Thread(target=running.run, kwargs={"sockets": [taken]})
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        running.should_exit = True
        thread.join()


@pytest.fixture
def client(url: str) -> Iterator[InspectorClient]:
    with InspectorClient(url, TOKEN) as client:
        yield client
        client.teardown()


def refused(client: InspectorClient, method: str, path: str, **more: object) -> tuple[int, str]:
    with pytest.raises(InspectorError) as error:
        client._send(method, path, **more)
    return error.value.status, str(error.value)


def test_a_run_over_http_is_the_run_in_the_process(client: InspectorClient) -> None:
    said = client.setup(condition="med", seed=1, **SMALL)
    assert (said["active"], said["steps"], said["condition"], said["sizes"]["D"]) == (True, 0, "med", 12)
    assert said["tensors"]["rank_score"]["dims"] == ["B", "D"]
    assert client.step(6)["latest"] == 5
    here = session("med", seed=1)
    here.step(6)
    step, right = client.get_step(5), here.get_step(5)
    assert set(step) == set(right)
    assert all(np.array_equal(step[key], right[key]) for key in right)
    history = client.history(since=2)
    assert history.steps.tolist() == [2, 3, 4, 5]
    assert np.array_equal(history.columns["win_rate"], here.history(2).columns["win_rate"])
    assert list(client.get_step(5, ["loss", "win_rate"])) == ["loss", "win_rate"]
    assert client.get_step(5, []) == {}
    assert client.rewind(2)["steps"] == 3
    assert client.step(50, until="loss", threshold=0.5)["stop"]["kind"] == "until"
    assert client.teardown() == {"active": False}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_nobody_gets_in_without_the_token(url: str, headers: dict[str, str]) -> None:
    for method, path in (("GET", "state"), ("POST", "setup"), ("GET", "nowhere")):
        answer = httpx.request(method, f"{url}/inspect/{path}", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"].startswith("The bearer token is missing or wrong")


def test_only_recipes_named_at_the_start_are_run(client: InspectorClient) -> None:
    client.setup(USER, hidden=5)
    client.step()
    assert client.get_step(0, ["0/weight"])["0/weight"].shape == (5, 9)
    client.teardown()
    status, said = refused(client, "POST", "/inspect/setup", json={"recipe": "os:system"})
    assert status == 422
    assert said.startswith("Unknown recipe 'os:system'. Known are autoencoder_bcl, tests.unit")


def test_errors_say_what_would_be_right(client: InspectorClient) -> None:
    assert refused(client, "POST", "/inspect/step", json={}) == (
        409,
        "There is no session. Set one up first.",
    )
    for body, wanted in [
        ({"condition": "slo"}, "Unknown condition 'slo' of autoencoder_bcl; did you mean 'slow'?"),
        ({"conditon": "slow"}, "Unknown field 'conditon'; did you mean 'condition'?"),
        ({"seed": "one"}, "seed is 'one'; int would be right."),
        ({"overrides": {"data": [1]}}, "Override data is list; text or a number would be right."),
        ({"overrides": {"self": 1}}, "Unknown override 'self' of autoencoder_bcl."),
        ({"overrides": {"recipe": 1}}, "Unknown override 'recipe' of autoencoder_bcl."),
        ({"overrides": {"condition": "slow"}}, "condition is not an override of autoencoder_bcl;"),
        ({"overrides": {"seed": 1}}, "seed is not an override of autoencoder_bcl; it is named beside them."),
        ({"recipe": USER, "overrides": {"seed": 1}}, f"seed is not an override of {USER};"),
        ({"recipe": USER, "overrides": {"self": 1}}, f"Unknown override 'self' of {USER}."),
        ({"recipe": USER, "overrides": {"hidden": "x"}}, f"{USER} raised TypeError: "),
        ({"recipe": USER, "overrides": {"hidden": -1}}, f"{USER} raised RuntimeError: "),
        ({"seed": -1}, "seed is -1; a whole number from 0 to"),
        ({"seed": 10**30}, "seed is 1000000"),
        ({"seed": True}, "seed is True; int would be right."),
        ({"condition": ["slow"]}, "condition is ['slow']; str | None would be right."),
        ([1], "The request should be a JSON object."),
    ]:
        status, said = refused(client, "POST", "/inspect/setup", json=body)
        assert (status, said[: len(wanted)]) == (422, wanted)
    client.setup(**SMALL)
    assert refused(client, "POST", "/inspect/setup", json={})[0] == 409
    client.step()
    for method, path, body, right in [
        ("GET", "/inspect/step/4", None, (404, "There is no step 4; the last one is 0.")),
        (
            "GET",
            "/inspect/step/0?keys=los",
            None,
            (422, "Unknown tensor 'los' of step 0; did you mean 'loss'?"),
        ),
        ("GET", "/inspect/history?since=x", None, (422, "since is 'x'; a step from 0 on would be right.")),
        ("POST", "/inspect/step", {"n": 0}, (422, "n is 0; 1 to 1000 steps at a time would be right.")),
        ("POST", "/inspect/step", {"until": {"kind": "rank"}}, (422, "Until 'rank' is unknown;")),
        ("POST", "/inspect/step", {"until": {"kind": ["loss"]}}, (422, "until should be like {")),
        *(
            ("POST", "/inspect/step", {"until": {"kind": "loss", "threshold": threshold}}, (422, says))
            for threshold, says in [
                ({}, "threshold is {}; a finite number would be right."),
                ([1], "threshold is [1]; a finite number would be right."),
                ("0.1", "threshold is '0.1'; a finite number would be right."),
                (True, "threshold is True; a finite number would be right."),
                (10**400, "threshold is 1000"),
            ]
        ),
        ("GET", f"/inspect/step/{'9' * 5000}", None, (422, "")),
        ("POST", "/inspect/rewind", {}, (422, "step is None; int would be right.")),
        ("GET", "/inspect/nowhere", None, (404, "GET /inspect/nowhere: Not Found")),
        ("GET", "/inspect/setup", None, (405, "GET /inspect/setup: Method Not Allowed")),
    ]:
        status, said = refused(client, method, path, **({} if body is None else {"json": body}))
        assert (status, said[: len(right[1])]) == right


def test_requests_are_bounded(client: InspectorClient) -> None:
    status, said = refused(client, "POST", "/inspect/setup", content=b" " * (requests.MAX_BODY + 1))
    assert (status, said) == (413, f"A request has at most {requests.MAX_BODY} bytes.")
    assert refused(client, "POST", "/inspect/setup", content=b"{")[1].startswith("The request is not JSON")


@pytest.mark.parametrize(
    "content",
    [b"[" * 60_000, b'{"n":' * 10_000, b'{"overrides": ' + b"[" * 50_000, b'{"until": {"kind": NaN}}'],
)
def test_json_that_is_too_deep_is_refused_in_a_sentence(client: InspectorClient, content: bytes) -> None:
    for path in ("setup", "step", "rewind"):
        status, said = refused(client, "POST", f"/inspect/{path}", content=content)
        assert status == 422 and said and "\n" not in said


def test_thresholds_that_are_no_numbers_are_refused(client: InspectorClient) -> None:
    client.setup(**SMALL)
    for value in ("NaN", "Infinity", "-Infinity", "1e999"):
        content = b'{"until": {"kind": "loss", "threshold": %s}}' % value.encode()
        status, said = refused(client, "POST", "/inspect/step", content=content)
        assert status == 422 and said.endswith("a finite number would be right.")


def test_a_layer_with_a_comma_in_its_name_can_be_asked_for(client: InspectorClient) -> None:
    client.setup(COMMAS)
    client.step()
    assert list(client.get_step(0, ["a,b/weight", "loss"])) == ["a,b/weight", "loss"]


def test_the_state_is_there_while_steps_run(client: InspectorClient, url: str) -> None:
    client.setup(**SMALL)
    with InspectorClient(url, TOKEN) as beside:
        thread = threading.Thread(target=client.step, args=(400,))
        thread.start()
        seen = set()
        while thread.is_alive():
            seen.add(beside.state()["steps"])
        thread.join()
    assert len(seen) > 2


def test_what_is_not_finite_is_null(client: InspectorClient) -> None:
    client.setup(condition="control", **SMALL, lr=2e37)
    said = client.step(20)
    assert said["stop"]["kind"] in ("nan", "inf")
    assert said["stop"]["key"] in said["tensors"]
    lengths = client.history().columns["optimizer_magnitude"]  # sent as null, which reads as NaN
    assert np.isnan(lengths).any() and said["stop"]["key"] in client.get_step(said["latest"])


def test_the_command_prints_address_and_token_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: None)
    done = CliRunner().invoke(cli, ["serve-inspector", "--port", "0"])
    assert done.exit_code == 0
    assert re.fullmatch(
        r"Inspector of autoencoder_bcl at http://127\.0\.0\.1:\d+\nBearer token: [\w-]{32}\n", done.output
    )
    given = CliRunner().invoke(cli, ["serve-inspector", "--port", "0"], env={"IPO_INSPECT_TOKEN": "mine"})
    assert "Bearer token: mine" in given.output
    wrong = CliRunner().invoke(cli, ["serve-inspector", "--recipe", "nothing_like_it"])
    assert wrong.exit_code == 1
    assert "Unknown recipe 'nothing_like_it'" in wrong.output


def test_a_port_that_is_taken_says_so() -> None:
    with (
        prepared(["autoencoder_bcl"], "127.0.0.1", 0) as (_, taken, _),
        pytest.raises(OSError, match="in use"),
    ):
        serve(["autoencoder_bcl"], "127.0.0.1", taken.getsockname()[1], None, print)


def test_an_npz_has_no_pickles(client: InspectorClient) -> None:
    client.setup(**SMALL)
    client.step()
    content = client._send("GET", "/inspect/step/0").content
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert all(arrays[key].dtype != object for key in arrays)
