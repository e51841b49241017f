"""From pressing *Step* to the figures of that step on screen, in a real browser, at B = 128 and D = 64.

Once with the panels that are open to begin with, and once with all nine sections of the trace open as well.
The window is as tall as the page, so that every figure is on screen and has to be painted. A reader with a
common screen waits no longer than that. The same on a page of Streamlit's own charts and images, in between.
"""

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect

from bench.report import phase
from ipo.datasets import mnist
from ipo.project import project_folder
from tests.support.app_server import AppServer
from tests.support.browser import chromium
from tests.support.waiting import eventually

WIDTH = 1400
STEP = "Step Shortcut S"
DEFAULT_FIGURES, ALL_FIGURES = 5, 26  # fewer, and a panel is missing
STOCK_PAGE = "bench/stock_inspector_page.py"
PATIENCE = 60_000  # milliseconds; bounds a hang only

# The step that each figure shows, and the last one of the timeline: of this app, and of the stock page.
_PAINTED = """
  const painted = () => [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
    .flatMap((host) => [...(host.shadowRoot?.querySelectorAll("figure") ?? [])])
    .map((figure) => Number(figure.dataset.painted ?? NaN));
  const timed = () => {
    const host = document.querySelector(".st-key-inspect_timeline [data-testid=stBidiComponentIsolated]");
    return Number(host?.shadowRoot?.querySelector(".timeline")?.dataset.last ?? NaN);
  };
"""
_STOCK_PAINTED = """
  const timeline = () => document.querySelector(".st-key-inspect_timeline .js-plotly-plot");
  const timed = () => timeline()?._fullData?.[0].x.at(-1) ?? NaN;
  const stepOf = (text) => Number(text?.match(/step (\\d+)/)?.[1] ?? NaN);
  const painted = () => [
    ...[...document.querySelectorAll(".js-plotly-plot")].filter((plot) => plot !== timeline())
      .map((plot) => stepOf(plot._fullLayout?.title.text)),
    ...[...document.querySelectorAll("[data-testid=stImage]")].map((image) => {
      const pixels = image.querySelector("img");
      return pixels.complete && pixels.naturalWidth ? stepOf(image.innerText) : NaN;
    }),
  ];
"""

# Notes when Step is pressed, and when the frame was painted in which every figure shows step `window.next`
# and the toolbar and the timeline say so.
_WATCH = """
  window.waits = [];
  window.shown = () => {
    const all = painted();
    const step = new Set(all).size === 1 ? all[0] : null;
    const said = document.querySelector(".st-key-inspect_toolbar")?.textContent.match(/(\\d+) steps?/)?.[1];
    return { figures: all.length, step: Number(said) === step + 1 && timed() === step ? step : null };
  };
  window.addEventListener("pointerup", (event) => {
    if (!event.composedPath().some((e) => e.classList?.contains("st-key-inspect_step"))) return;
    const wait = { from: event.timeStamp, took: null };
    window.waits.push(wait);
    const look = () => {
      if (window.shown().step === window.next) setTimeout(() => (wait.took = performance.now() - wait.from));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);
"""
_TOOK = "window.waits.filter((wait) => wait.took !== null).length"


def page_update(*, quick: bool) -> dict[str, float]:
    """Medians, in milliseconds. Needs MNIST in the project folder."""
    mnist.load("train", project_folder())
    with ExitStack() as stack, ThreadPoolExecutor() as pool, chromium() as browser:
        with phase("two servers and a first step on each"):
            server, stock_server = pool.map(stack.enter_context, [served(), served(STOCK_PAGE)])
            pages = {
                "page_update": opened(browser, f"{server.url}/inspect", _PAINTED),
                "stock_page_update": opened(browser, stock_server.url, _STOCK_PAINTED),
            }
        with phase("steps with the default panels"):
            figures = _medians(pages, "ms", *((2, 3) if quick else (4, 10)), DEFAULT_FIGURES)
        with phase("steps with all sections"):
            for page in pages.values():
                page.get_by_text("Open all").click()
            return figures | _medians(pages, "all_sections_ms", *((1, 2) if quick else (4, 10)), ALL_FIGURES)


@contextmanager
def served(script: str = "app.py") -> Iterator[AppServer]:
    """An app on a project folder of its own with the MNIST of this one."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        (home / "datasets").symlink_to((project_folder() / "datasets").resolve(), target_is_directory=True)
        with AppServer(home, script).running() as server:
            yield server


def opened(browser: Browser, url: str, painted: str) -> Page:
    """A page with a session set up and a first step done."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    page.add_init_script(painted + _WATCH)
    page.goto(url)
    _step(page)
    return page


def _medians(pages: Mapping[str, Page], of: str, rounds: int, steps: int, count: int) -> dict[str, float]:
    """Of each page, which take turns, so that all see the same machine."""
    waits: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(rounds):
        for name, page in pages.items():
            waits[name] += _waits(page, steps, count)
    return {f"{name}_{of}": float(np.median(found)) for name, found in waits.items()}


def _waits(page: Page, steps: int, count: int) -> list[float]:
    page.bring_to_front()
    eventually(lambda: page.evaluate("window.shown().figures") == count, f"{count} figures", 60)
    page.evaluate("window.waits = []")
    for done in range(steps):
        eventually(lambda: _all_on_screen(page), "figures on screen", 60)  # a step may make the page taller
        page.evaluate("window.next = window.shown().step + 1")
        _step(page)
        eventually(lambda done=done: page.evaluate(_TOOK) > done, "figures of the next step", 60)
    return [float(wait) for wait in page.evaluate("window.waits.map((wait) => wait.took)")]


def _all_on_screen(page: Page) -> bool:
    """Whether every figure is painted, once the window is as tall as the page."""
    high = page.get_by_test_id("stMainBlockContainer").evaluate("(e) => e.scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": high})
    return bool(page.evaluate("window.shown().step !== null"))


def _step(page: Page) -> None:
    button = page.get_by_role("button", name=STEP)
    expect(button).to_be_enabled(timeout=PATIENCE)
    button.click()
