"""A page with nothing but the drawing half of the latent map, for browser tests and benches."""

import base64
import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from ipo.ui.components.latent_map.component import DRAWING_SCRIPTS

_FOLDER = Path(__file__).parents[2] / "ipo/ui/components/latent_map"
WIDTH, HEIGHT = 900, 700
_HTML = """<!doctype html><meta charset="utf-8">
<style>
  body {{ margin: 0; background: {paper} }}
  #root {{ position: relative; width: {width}px; height: {height}px; --st-background-color: {paper} }}
</style>
<div id="root"></div>
<script type="module">{scripts}
const told = {{ selected: [], hovered: [], views: [], errors: [] }};
const view = new MapView(document.querySelector("#root"), {{
  onSelect: (rows, how) => told.selected.push([[...rows], how]),
  onHover: (row, x, y) => told.hovered.push([row, x, y]),
  onViewChange: (camera) => told.views.push(camera),
  onError: (text) => told.errors.push(text),
}});
const parsed = (text) => Points.parse(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
Object.assign(window, {{ view, told, parsed, Points, SpatialIndex, Camera, colourOf, visibleOf }});
</script>"""


def encoded(
    places: ArrayLike,
    predicted: ArrayLike | None = None,
    certainty: ArrayLike | None = None,
    classes: int = 10,
) -> bytes:
    """Points as the server sends them: `places` `(n, 2)`, the other two `(n,)`."""
    xy = np.asarray(places, "<f4").reshape(-1, 2)
    count = len(xy)
    bytes_ = [
        np.zeros(count, "u1") if each is None else np.asarray(each, "u1") for each in (predicted, certainty)
    ]
    head = np.array([count, classes], "<u4")
    blocks: list[NDArray[Any]] = [head, xy, np.arange(count, dtype="<u4"), *bytes_]
    return b"".join(block.tobytes() for block in blocks)


def html(*, dark: bool = False, width: int = WIDTH, height: int = HEIGHT) -> str:
    scripts = "\n".join((_FOLDER / f"{name}.js").read_text() for name in DRAWING_SCRIPTS)
    return _HTML.format(scripts=scripts, paper="#0e1117" if dark else "#ffffff", width=width, height=height)


@dataclass(frozen=True)
class MapPage:
    """A map on a page of its own, that fills the window."""

    page: Page

    def show(self, places: ArrayLike, *, animate: bool = False, **how: Any) -> None:
        text = base64.b64encode(encoded(places, **how)).decode()
        self.page.evaluate("([text, animate]) => view.setPoints(parsed(text), animate)", [text, animate])

    def colour(
        self, index: list[int], palette: list[tuple[int, int, int]], visible: list[int] | None
    ) -> None:
        """Colour each point, and mute those that are not visible."""
        script = """([index, palette, visible]) => {
            const seen = visible ? [Uint8Array.from(visible)] : [];
            view.setColours(Uint8Array.from(index), palette, ...seen);
        }"""
        self.page.evaluate(script, [index, palette, visible])

    def do(self, script: str) -> Any:
        return self.page.evaluate(script)

    def place(self, row: int) -> tuple[float, float]:
        """Where a row is on screen."""
        xy = "view.points.xy"
        x, y = self.page.evaluate(f"(row) => view.view.toScreen({xy}[2 * row], {xy}[2 * row + 1])", row)
        return float(x), float(y)

    def selected(self) -> list[tuple[list[int], str]]:
        """What was selected so far, and how."""
        return [(rows, how) for rows, how in self.page.evaluate("told.selected")]

    def drag(self, corners: list[tuple[float, float]], steps: int = 8) -> None:
        mouse = self.page.mouse
        mouse.move(*corners[0])
        mouse.down()
        for corner in corners[1:]:
            mouse.move(*corner, steps=steps)
        mouse.up()

    def settle(self) -> None:
        """Wait until the picture on screen is complete and right."""
        self.page.evaluate("""async () => {
            const frame = () => new Promise(requestAnimationFrame);
            do await frame(); while (view.frame || view.movement);
            await frame();
        }""")

    def pixels(self) -> NDArray[np.uint8]:
        """What is on screen, `(height, width, 3)`, once it rests."""
        self.settle()
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))

    def pixel(self, x: float, y: float) -> tuple[int, ...]:
        return tuple(int(channel) for channel in self.pixels()[round(y), round(x)])


@contextlib.contextmanager
def map_page(browser: Browser, *, init: str = "", dark: bool = False, **how: Any) -> Iterator[MapPage]:
    """A map without points; `init` runs before it, and `how` is of the browser's page."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, **how)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack or error.message))
    if init:
        page.add_init_script(init)
        page.goto("about:blank")
    page.set_content(html(dark=dark))
    page.wait_for_function("window.view")
    yield MapPage(page)
    page.close()
    assert not errors, errors
