"""The page *Latent map* of the real app with the 60,000 images of MNIST, in a real browser.

First paint is from navigation, with the images open in the process. Bytes are all but Streamlit's own files.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, Request, WebSocket

from bench.map_watch import WATCH
from ipo.datasets import mnist
from ipo.project import project_folder
from tests.support.app_server import AppServer

PATIENCE = 180_000  # milliseconds until all images are read and predicted; bounds a hang only
PER_LABEL = ("/events", "/labels")  # what a label asks for and is told

# For each click on the map: how long until the original of the image that it chose was painted.
_CLICKS = """
  const host = [...document.querySelectorAll("*")].find((e) => e.shadowRoot?.querySelector(".latent-map"));
  window.map = host.shadowRoot.querySelector(".latent-map");
  window.waits = [];
  window.addEventListener("pointerup", (event) => {
    const image = map.querySelector(".original");
    const before = image.src;
    const look = () => {
      if (image.src !== before && image.complete && image.naturalWidth) {
        setTimeout(() => window.waits.push(performance.now() - event.timeStamp));
      } else if (performance.now() - event.timeStamp < 5000) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);
"""

# From pressing a colour until the map is drawn in it.
_RECOLOUR = """async (mode) => {
  const buttons = [...map.querySelectorAll(".modes button")];
  const button = buttons.find((e) => e.textContent.toLowerCase().includes(mode));
  const since = performance.now();
  window.painted = null;
  window.drawn = 0;
  button.click();
  while (!window.painted) await new Promise(requestAnimationFrame);
  return window.painted - since;
}"""


def page_figures(browser: Browser, points: int, *, loads: int, clicks: int) -> dict[str, float]:
    """Needs MNIST in the project folder."""
    mnist.load("train", project_folder())
    with served() as server:
        opened(browser, server, points).page.close()  # reads and predicts
        views = [opened(browser, server, points) for _ in range(loads)]
        figures = {
            "first_paint_ms": float(np.median([view.page.evaluate("window.painted") for view in views])),
            "bytes_on_load": float(np.median([view.bytes() for view in views])),
        }
        for view in views[:-1]:
            view.page.close()
        return figures | act(views[-1], clicks)


@contextmanager
def served() -> Iterator[AppServer]:
    """The app on a project folder of its own with the MNIST of this one."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        (home / "datasets").symlink_to((project_folder() / "datasets").resolve(), target_is_directory=True)
        with AppServer(home).running() as server:
            yield server


class Watched:
    """A page, and what came to it over the network."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[Request] = []
        self._frames = 0
        page.on("requestfinished", lambda request: self.requests.append(request))
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, payload: str | bytes) -> None:
        self._frames += len(payload)

    def bytes(self) -> int:
        """All that came, but for Streamlit's own files."""
        return self._frames + sum(size(request) for request in self.requests if "/static/" not in request.url)


def size(request: Request) -> int:
    sizes = request.sizes()
    return sizes["requestBodySize"] + sizes["responseBodySize"]


def opened(browser: Browser, server: AppServer, points: int) -> Watched:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.add_init_script(WATCH.replace("ENOUGH", str(points)))
    view = Watched(page)
    page.goto(f"{server.url}/latent_map?data=mnist")
    page.wait_for_function("window.painted", timeout=PATIENCE)
    return view


def act(view: Watched, clicks: int) -> dict[str, float]:
    """Point, change colours and label."""
    page = view.page
    page.evaluate(_CLICKS)
    box = page.locator(".latent-map .map canvas").bounding_box()
    assert box is not None
    random = np.random.default_rng(0)
    for x, y in random.uniform(0.3, 0.7, size=(clicks, 2)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(400)
    figures = {"click_to_image_p95_ms": float(np.percentile(page.evaluate("window.waits"), 95))}
    before = len(view.requests)
    modes = ["predicted", "certainty"] * 3
    figures["page_recolour_ms"] = float(np.median([page.evaluate(_RECOLOUR, mode) for mode in modes]))
    figures["recolour_requests"] = len(view.requests) - before
    with page.expect_response("**/events"):
        page.keyboard.press("3")
    page.wait_for_timeout(500)  # the version that follows, and what is asked for then
    told = [each for each in view.requests[before:] if each.url.endswith(PER_LABEL)]
    figures["bytes_per_label"] = float(sum(map(size, told)))
    return figures
