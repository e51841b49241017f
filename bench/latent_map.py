"""How quick the latent map is in a real browser without a GPU: 60,000 points, and a million.

First paint is from navigation until all points are on screen. `map_…` and `regl_scatterplot_…` are bare
pages, `plotly_…` is a Streamlit page with the same points. A freeze is the longest time between two frames.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from bench.latent_map_page import VIEWPORT, latent_map_page, page_figures
from bench.map_pages import bare_pages
from bench.map_watch import WATCH
from bench.report import publish, quick
from tests.support.app_server import AppServer
from tests.support.browser import chromium
from tests.support.map_page import encoded

POINTS, MANY = 60_000, 1_000_000
LASSOED = 5_000
PATIENCE = 180_000  # milliseconds; bounds a hang only
PEER_PAGE = "bench/plotly_map_page.py"

# Times between frames from now on in `gaps`, and how long it takes until the map on the page is drawn anew.
_TOOLS = """
  window.frame = () => new Promise(requestAnimationFrame);
  window.watch = async () => {
    window.gaps = [];
    window.watching = true;
    for (let before = await frame(); window.watching; ) {
      const now = await frame();
      window.gaps.push(now - before);
      before = now;
    }
  };
  window.shown = async (since) => {
    do await frame(); while (view.frame);
    const gl = view.renderer.gl;
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return performance.now() - since;
  };
  window.moved = (clientX, clientY) =>
    new PointerEvent("pointermove", { pointerId: 1, pointerType: "mouse", clientX, clientY });
"""

# Drag the map round in a circle, a step a frame.
_PAN = """async (steps) => {
  const from = performance.now();
  for (let step = 0; step < steps; step++) {
    const turn = (2 * Math.PI * step) / steps;
    view.canvas.dispatchEvent(moved(450 + 120 * Math.sin(turn), 350 + 120 * (1 - Math.cos(turn))));
    await frame();
  }
  return (1000 * steps) / (performance.now() - from);
}"""

# From the end of a lasso until what it holds is outlined.
_LASSO = """() => {
  view.onSelect = (rows) => {
    window.selected = rows.length;
    view.setSelection(rows);
  };
  window.took = new Promise((resolve) => {
    const ended = (event) => resolve(event.timeStamp);
    window.addEventListener("pointerup", ended, { once: true, capture: true });
  }).then(shown);
}"""


def main() -> None:
    short = quick()
    many = clusters(MANY)
    few = (many[0][:POINTS], many[1][:POINTS])
    sets = {"few": few, "many": many}
    blobs = {name: encoded(places, predicted) for name, (places, predicted) in sets.items()}
    with (
        bare_pages(blobs) as url,
        plotly_page(*few) as plotly,
        latent_map_page() as real,
        chromium() as browser,
    ):
        pages = {
            "first_paint_ms": real,
            "plotly_first_paint_ms": plotly,
            "map_first_paint_ms": f"{url}/ours/few.html",
            "regl_scatterplot_first_paint_ms": f"{url}/peer/few.html",
        }
        figures = first_paints(browser, pages, loads=2 if short else 9)
        figures |= page_figures(browser, real, POINTS, clicks=8 if short else 60)
        figures |= hand(browser, f"{url}/ours/few.html", repeats=3 if short else 20)
        figures |= freezes(browser, f"{url}/ours/many.html", steps=60 if short else 200)
    publish("latent_map", figures, quick=short)


def clusters(count: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Places `(n, 2)` of ten clusters that overlap, and the number of each point's cluster, `(n,)`."""
    random = np.random.default_rng(0)
    classes = random.integers(10, size=count).astype(np.uint8)
    centres, spreads = random.normal(size=(10, 2)) * 2, random.uniform(0.3, 0.9, size=(10, 2))
    places = centres[classes] + spreads[classes] * random.normal(size=(count, 2))
    return places.astype(np.float32), classes


def first_paints(browser: Browser, pages: Mapping[str, str], loads: int) -> dict[str, float]:
    """Medians, in milliseconds, of loads in turn, so that all pages have the machine as it is by then.

    Before them each page is loaded once, so that its server has read and predicted what it shows.
    """
    times: dict[str, list[float]] = {name: [] for name in pages}
    for load in range(loads + 1):
        for name, url in pages.items():
            page = opened(browser, url, POINTS)
            if load > 0:
                times[name].append(page.evaluate("window.painted"))
            page.close()
    return {name: float(np.median(each)) for name, each in times.items()}


def opened(browser: Browser, url: str, enough: int) -> Page:
    """A page on which so many points have been drawn."""
    page = browser.new_page(viewport=VIEWPORT)
    page.add_init_script(WATCH.replace("ENOUGH", str(enough)))
    page.goto(url)
    page.wait_for_function("window.painted", timeout=PATIENCE)
    return page


@contextmanager
def plotly_page(places: NDArray[np.float32], predicted: NDArray[np.uint8]) -> Iterator[str]:
    """The address of a Streamlit page with a chart of these points."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "points.npz"
        np.savez(file, places=places, predicted=predicted)
        with AppServer(Path(folder) / "home", PEER_PAGE, env={"MAP_POINTS": str(file)}).running() as server:
            yield server.url


def hand(browser: Browser, url: str, repeats: int) -> dict[str, float]:
    """What takes how long with 60,000 points."""
    page = opened(browser, url, POINTS)
    page.evaluate(_TOOLS)
    page.evaluate("shown(0)")
    modes = ["certainty", "predicted"] * repeats
    recolours = [
        page.evaluate("(mode) => { const now = performance.now(); paint(mode); return shown(now); }", mode)
        for mode in modes
    ]
    lassoes = [lasso(page, LASSOED) for _ in range(repeats)]
    fps = [pan(page, 60) for _ in range(max(3, repeats // 4))]
    page.close()
    return {
        "recolour_ms": float(np.median(recolours)),
        "lasso_ms": float(np.median([took for took, _ in lassoes])),
        "lasso_points": float(np.median([count for _, count in lassoes])),
        "pan_fps": float(np.median(fps)),
    }


def pan(page: Page, steps: int) -> float:
    """Drag the map; frames per second."""
    page.mouse.move(450, 350)
    page.mouse.down()
    fps = float(page.evaluate(_PAN, steps))
    page.mouse.up()
    page.evaluate("view.fit(), shown(0)")
    return fps


def lasso(page: Page, count: int) -> tuple[float, int]:
    """Draw a circle round about so many points: milliseconds until they are outlined, and their number."""
    centre, radius = page.evaluate(
        """(count) => {
            const { points: { count: all, xy }, view: camera } = view;
            const far = Float32Array.from({ length: all }, (_, row) =>
              Math.hypot(xy[2 * row] - camera.x, xy[2 * row + 1] - camera.y));
            return [camera.toScreen(camera.x, camera.y), far.sort()[count] * camera.pixelsPerUnit];
        }""",
        count,
    )
    turns = np.linspace(0, 2 * np.pi, 60)
    corners = np.add(centre, radius * np.stack([np.cos(turns), np.sin(turns)], axis=1))
    page.evaluate(_LASSO)
    page.keyboard.down("Shift")
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner)
    page.mouse.up()
    page.keyboard.up("Shift")
    took = float(page.evaluate("window.took"))
    selected = int(page.evaluate("window.selected"))
    page.evaluate("view.setSelection([]), shown(0)")
    return took, selected


def freezes(browser: Browser, url: str, steps: int) -> dict[str, float]:
    """The longest time between two frames while a million points are moved, picked and lassoed."""
    page = opened(browser, url, MANY)
    page.evaluate(_TOOLS)
    page.evaluate("shown(0)")
    acts: Mapping[str, Callable[[], object]] = {
        "pan": partial(pan, page, steps),
        "pick": partial(pick, page),
        "lasso": partial(lasso, page, MANY // 3),
    }
    figures = {"million_first_paint_ms": float(page.evaluate("window.painted"))}
    for name, act in acts.items():
        page.evaluate("void watch()")
        act()
        page.evaluate("window.watching = false")
        figures[f"million_{name}_freeze_ms"] = float(page.evaluate("Math.max(...gaps)"))
    page.close()
    return figures


def pick(page: Page) -> None:
    """Click on points all over the map."""
    page.evaluate("void (view.onSelect = (rows) => view.setSelection(rows))")
    for x in range(200, 701, 100):
        page.mouse.click(x, 0.6 * x)
        page.evaluate("shown(0)")


if __name__ == "__main__":
    main()
