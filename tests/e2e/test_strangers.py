"""A page of another port of this machine gets nothing of the app, however it asks."""

import contextlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.app_server import AppServer
from tests.support.browser import labels, open_page, seen
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

OPENS_SOCKET = """(url) => new Promise((resolve) => {
  const socket = new WebSocket(url.replace("http", "ws") + "/_stcore/stream", "streamlit");
  socket.onopen = () => { socket.close(); resolve(true); };
  socket.onerror = () => resolve(false);
})"""
SEES_IMAGE = """(url) => new Promise((resolve) => {
  const image = new Image();
  image.onload = () => resolve(true);
  image.onerror = () => resolve(false);
  image.src = url;
})"""
FETCHES = "(url) => fetch(url).then((answer) => answer.ok, () => false)"
LOADED_IMAGE = """() => performance.getEntriesByType("resource").map((loaded) => loaded.name)
  .find((address) => new URL(address).pathname.includes("/candidates/"))"""
LISTENS = """(url) => new Promise((resolve) => {
  const source = new EventSource(url);
  const end = (heard) => { source.close(); resolve(heard); };
  source.onmessage = () => end(true);
  source.onerror = () => end(false);
})"""
POSTS = """([url, headers, body, mode]) => fetch(url, { method: "POST", headers, body, mode })
  .then((answer) => answer.ok, () => false)"""
FRAME = """(url) => {
  const frame = document.createElement("iframe");
  frame.src = url;
  document.body.replaceChildren(frame);
}"""


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[str]:
    """The address of a page on another port."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www/index.html").write_text("<title>stranger</title>")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "www"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{other.server_port}/"
        other.shutdown()


@contextlib.contextmanager
def page_at(browser: Browser, url: str) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(url)
    yield page
    page.close()


def frames_app(page: Page, url: str) -> bool:
    """Whether the page can show the app in a frame, once the frame has loaded one thing or another."""
    page.evaluate(FRAME, url)
    frame = eventually(lambda: next(iter(page.frames[1:]), None), "a frame")
    frame.wait_for_load_state()
    return frame.url.startswith(url)


def test_another_page_gets_neither_socket_nor_image_nor_frame(
    browser: Browser, server: AppServer, stranger: str
) -> None:
    app = open_page(browser, server.url)
    media = app.evaluate(LOADED_IMAGE)
    with page_at(browser, stranger) as page:
        assert not page.evaluate(OPENS_SOCKET, server.url)
        assert not page.evaluate(SEES_IMAGE, media)
        assert not page.evaluate(FETCHES, f"{server.url}/_stcore/metrics")
        assert not frames_app(page, server.url)
    with page_at(browser, f"{server.url}/_stcore/health") as page:  # what the app itself may do
        assert page.evaluate(OPENS_SOCKET, server.url)
        assert page.evaluate(SEES_IMAGE, media)
        assert page.evaluate(FETCHES, f"{server.url}/_stcore/metrics")
        assert frames_app(page, server.url)
    with page_at(browser, stranger) as page:  # a link is followed
        page.evaluate("(url) => { location.href = url }", server.url)
        expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    app.close()


def test_another_page_can_neither_judge_nor_hear_of_judgements(
    browser: Browser, server: AppServer, stranger: str
) -> None:
    app = open_page(browser, server.url)
    first = seen(app).id
    with app.expect_request(lambda request: request.url.endswith("/events")) as posted:
        app.keyboard.press("ArrowRight")
    eventually(lambda: labels(server.home) == {first: 1}, "the row")
    token = {"X-Ipo-Token": posted.value.headers["x-ipo-token"]}
    versions = f"{server.url}/api/versions?preference={posted.value.url.split('/')[-2]}"
    removal = {"client": "stranger", "seq": 0, "kind": "remove", "id": first}
    body = json.dumps({"client": "stranger", "events": [removal]})
    with page_at(browser, stranger) as page:
        assert not page.evaluate(LISTENS, versions)
        assert not page.evaluate(POSTS, [posted.value.url, token, body, "cors"])
        page.evaluate(POSTS, [posted.value.url, {}, body, "no-cors"])  # as a form would
        assert labels(server.home) == {first: 1}
    with page_at(browser, f"{server.url}/_stcore/health") as page:  # what the app itself may do
        assert page.evaluate(LISTENS, versions)
        assert not page.evaluate(POSTS, [posted.value.url, {}, body, "same-origin"])
        assert labels(server.home) == {first: 1}
        assert page.evaluate(POSTS, [posted.value.url, token, body, "same-origin"])
        assert labels(server.home) == {}
    app.close()


def test_every_door_is_shut_to_a_name_that_was_rebound(server: AppServer) -> None:
    core = [f"_stcore/{name}" for name in ("health", "metrics", "host-config")]
    door = ["api/preference/none/candidates/none.png", "api/inspector/tensors/none"]
    with httpx.Client(base_url=server.url) as client:
        for path in ["", "static/none.js", "media/none.png", *core, *door]:
            assert client.get(path, headers={"Host": "evil.example"}).status_code == 403, path
            headers = client.get(path).headers
            assert headers["content-security-policy"] == "frame-ancestors 'self'", path
        upload = "_stcore/upload_file/session/file"
        assert client.put(upload, headers={"Host": "evil.example"}).status_code == 403
        assert client.options(upload, headers={"Origin": "http://127.0.0.1:1"}).status_code == 403
