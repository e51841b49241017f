"""Only pages of this very server, reached at a name of its own, may use it, and no others may embed it."""

import logging

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from ipo.api.guard import Allowlist, RequestGuard

NOTHING_MORE = Allowlist()


def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse("served")


async def accept(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("served")
    await websocket.close()


def client(allowlist: Allowlist = NOTHING_MORE) -> TestClient:
    routes = [Route("/media/1.png", answer, methods=["GET", "POST"]), WebSocketRoute("/stream", accept)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(RequestGuard, allowlist=allowlist)]))


def status(headers: dict[str, str], allowlist: Allowlist = NOTHING_MORE, method: str = "GET") -> int:
    return client(allowlist).request(method, "/media/1.png", headers=headers).status_code


def connects(headers: dict[str, str], allowlist: Allowlist = NOTHING_MORE) -> bool:
    try:
        with client(allowlist).websocket_connect("/stream", headers=headers) as websocket:
            return websocket.receive_text() == "served"
    except (WebSocketDisconnect, WebSocketDenialResponse):
        return False


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8501",
        "LocalHost:8501",
        "localhost.:8501",
        "app.localhost:8501",
        "127.0.0.1",
        "127.0.0.1:8501",
        "[::1]:8501",
        "[::1]",
        "192.168.1.7:8501",
        "[fe80::1:2]:8501",
        "[::ffff:127.0.0.1]:8501",
    ],
)
def test_loopback_names_and_addresses_are_served(host: str) -> None:
    assert status({"host": host}) == 200
    assert connects({"host": host, "origin": f"http://{host}"})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8501",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1.evil.example",
        "2130706433",
        "0x7f.1",
        "127.1",
        "user@localhost",
        "localhost/../x",
        "localhost:8501:8501",
        "localhost:port",
        "[::1",
        "",
    ],
)
def test_a_name_that_could_be_rebound_is_refused(host: str) -> None:
    sent = {"host": host}
    assert status(sent) == 403
    assert not connects(sent)


def test_a_forwarded_host_is_not_believed() -> None:
    forwarded = {"x-forwarded-host": "localhost", "forwarded": "host=localhost"}
    assert status({"host": "evil.example", **forwarded}) == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:9999",
        "http://127.0.0.1:8501",  # the same server, at another name: another origin for the browser
        "https://localhost",
        "http://evil.example",
        "http://localhost:8501.evil.example",
        "null",
        "file://",
        "chrome-extension://abcdefgh",
        "",
    ],
)
def test_a_page_of_another_origin_gets_neither_socket_nor_answer(origin: str) -> None:
    sent = {"host": "localhost:8501", "origin": origin}
    assert not connects(sent)
    assert status(sent) == status(sent, method="POST") == 403


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8501", "http://localhost:8501"),
        ("localhost:8501", "HTTP://LOCALHOST:8501"),
        ("localhost:8501", "https://localhost:8501"),
        ("127.0.0.1:443", "https://127.0.0.1"),
        ("127.0.0.1", "https://127.0.0.1"),
        ("127.0.0.1:80", "http://127.0.0.1"),
        ("[::1]:8501", "http://[::1]:8501"),
    ],
)
def test_a_page_of_the_same_origin_is_served(host: str, origin: str) -> None:
    assert connects({"host": host, "origin": origin})
    assert status({"host": host, "origin": origin}) == 200


def test_what_is_no_browser_sends_no_origin_and_is_served() -> None:
    assert connects({"host": "localhost:8501"})
    assert status({"host": "localhost:8501"}) == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_cannot_load_an_image_and_can_link(site: str) -> None:
    fetched = {"host": "localhost:8501", "sec-fetch-site": site}
    assert status({**fetched, "sec-fetch-mode": "no-cors"}) == 403
    assert status({**fetched, "sec-fetch-mode": "navigate"}) == 200
    assert status({**fetched, "sec-fetch-mode": "navigate"}, method="POST") == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_an_image_of_the_page_itself_is_loaded(site: str) -> None:
    assert status({"host": "localhost:8501", "sec-fetch-site": site, "sec-fetch-mode": "no-cors"}) == 200


def test_hosts_that_were_allowed_are_served_as_their_own_origin_only() -> None:
    allowlist = Allowlist.parse([" Ipo.Example.org. ", "*.lab.example.org", ""], [])
    assert connects({"host": "ipo.example.org", "origin": "https://ipo.example.org"}, allowlist)
    assert connects({"host": "a.lab.example.org:8501", "origin": "http://a.lab.example.org:8501"}, allowlist)
    assert not connects({"host": "lab.example.org"}, allowlist)
    assert not connects({"host": "ipo.example.org", "origin": "https://other.example.org"}, allowlist)
    assert status({"host": "any.example"}, Allowlist.parse(["*"], [])) == 200


def test_an_origin_that_was_allowed_is_served_through_a_proxy_of_either_kind() -> None:
    """Some proxies pass `Host` on, some put the name by which they reach the server."""
    allowlist = Allowlist.parse([], ["https://Ipo.Example.org/"])
    for host in ("ipo.example.org", "localhost:8501"):
        assert connects({"host": host, "origin": "https://ipo.example.org"}, allowlist)
    assert not connects({"host": "localhost:8501", "origin": "http://ipo.example.org"}, allowlist)
    assert not connects({"host": "localhost:8501", "origin": "https://ipo.example.org:8443"}, allowlist)


def test_any_origin_still_needs_a_host_of_the_server() -> None:
    allowlist = Allowlist.parse([], [], any_origin=True)
    assert connects({"host": "localhost:8501", "origin": "https://anywhere.example"}, allowlist)
    assert not connects({"host": "anywhere.example", "origin": "https://anywhere.example"}, allowlist)


@pytest.mark.parametrize(("path", "code"), [("/media/1.png", 200), ("/nothing", 404)])
def test_no_answer_may_be_framed_by_another_page(path: str, code: int) -> None:
    answered = client().get(path, headers={"host": "localhost"})
    assert answered.status_code == code
    assert answered.headers["content-security-policy"] == "frame-ancestors 'self'"
    assert answered.headers["x-frame-options"] == "SAMEORIGIN"
    assert answered.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_page_that_was_allowed_may_frame_the_app() -> None:
    allowlist = Allowlist.parse([], ["https://hub.example.org", "vscode-webview://1a2b"])
    headers = client(allowlist).get("/media/1.png", headers={"host": "localhost"}).headers
    ancestors = "frame-ancestors 'self' https://hub.example.org vscode-webview://1a2b"
    assert headers["content-security-policy"] == ancestors


def test_a_refusal_says_what_would_let_the_request_in() -> None:
    said = client().get("/media/1.png", headers={"host": "ipo.example.org"}).text
    assert said == (
        "The host 'ipo.example.org' is not a name of this server. "
        "If it is yours, start it with --server.allowedHosts=ipo.example.org\n"
    )
    origin = {"host": "localhost", "origin": "https://a.example"}
    assert client().get("/media/1.png", headers=origin).text == (
        "Pages of 'https://a.example' may not use this server, reached as 'localhost'. "
        "If they are yours, start it with --server.corsAllowedOrigins and that origin.\n"
    )


def test_a_page_that_tries_for_ever_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    visitor = client()
    with caplog.at_level(logging.WARNING, logger="ipo.api.guard"):
        for _ in range(3):
            visitor.get("/media/1.png", headers={"host": "evil.example"})
        assert len(caplog.records) == 1
        for number in range(200):
            visitor.get("/media/1.png", headers={"host": f"evil{number}.example"})
    assert len(caplog.records) < 60
