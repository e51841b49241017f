"""The page *Latent map* of the real app with the 60,000 images of MNIST, in a real browser.

`boot_ms` is what Streamlit takes until it has mounted the map. Bytes are all but Streamlit's own files.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, Request, ViewportSize, WebSocket

from bench.map_watch import WATCH
from ipo.datasets import mnist
from ipo.project import project_folder
from tests.support.app_server import AppServer

VIEWPORT: ViewportSize = {"width": 1400, "height": 900}
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
  return window.finished - since;
}"""


@contextmanager
def latent_map_page() -> Iterator[str]:
    """The address of the page, on a project folder of its own with the MNIST of this one."""
    mnist.load("train", project_folder())
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        (home / "datasets").symlink_to((project_folder() / "datasets").resolve(), target_is_directory=True)
        with AppServer(home).running() as server:
            yield f"{server.url}/latent_map?data=mnist"


def page_figures(browser: Browser, url: str, points: int, *, clicks: int) -> dict[str, float]:
    """What the page asks for, and how it answers a hand. Its images are open in the process."""
    page = browser.new_page(viewport=VIEWPORT)
    page.add_init_script(WATCH.replace("ENOUGH", str(points)))
    traffic = Traffic(page)
    page.goto(url)
    page.wait_for_function("window.painted", timeout=PATIENCE)
    boot = "performance.getEntriesByType('resource').find((e) => e.name.endsWith('/events')).startTime"
    figures = {"boot_ms": float(page.evaluate(boot)), "bytes_on_load": float(traffic.bytes())}
    figures |= act(page, traffic, clicks)
    page.close()
    return figures


class Traffic:
    """What came to a page over the network."""

    def __init__(self, page: Page) -> None:
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


def act(page: Page, traffic: Traffic, clicks: int) -> dict[str, float]:
    """Point, change colours and label."""
    page.evaluate(_CLICKS)
    box = page.locator(".latent-map .map canvas").bounding_box()
    assert box is not None
    random = np.random.default_rng(0)
    for x, y in random.uniform(0.3, 0.7, size=(clicks, 2)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(250)
    figures = {"click_to_image_p95_ms": float(np.percentile(page.evaluate("window.waits"), 95))}
    before = len(traffic.requests)
    modes = ["predicted", "certainty"] * 3
    figures["page_recolour_ms"] = float(np.median([page.evaluate(_RECOLOUR, mode) for mode in modes]))
    # thumbnails of what is in view travel ahead of the pointer all the while
    asked = [each for each in traffic.requests[before:] if "/thumbnails/" not in each.url]
    figures["recolour_requests"] = len(asked)
    with page.expect_response("**/events"):
        page.keyboard.press("3")
    page.wait_for_timeout(500)  # the version that follows, and what is asked for then
    told = [each for each in traffic.requests[before:] if each.url.endswith(PER_LABEL)]
    figures["bytes_per_label"] = float(sum(map(size, told)))
    return figures
