"""From pressing *Step* to the figures of that step on screen, in a real browser, at B = 128 and D = 64.

Once with the panels that are open to begin with, and once with all nine sections of the trace open as well.
The window is as tall as the page, so that every figure is on screen and has to be painted. A reader with a
common screen waits no longer than that.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect

from ipo.datasets import mnist
from ipo.project import project_folder
from tests.support.app_server import AppServer
from tests.support.browser import chromium
from tests.support.waiting import eventually

WIDTH = 1400
STEP = "Step Shortcut S"
DEFAULT_FIGURES, ALL_FIGURES = 5, 25  # fewer than that, and a panel is missing
PATIENCE = 60_000  # milliseconds; bounds a hang only

# Notes when Step is pressed, and when the frame was painted in which every figure shows step `window.next`
# and the toolbar and the timeline say so.
_WATCH = """
  window.waits = [];
  const figures = () => [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
    .flatMap((host) => [...(host.shadowRoot?.querySelectorAll("figure") ?? [])]);
  const timeline = () => document.querySelector(".st-key-inspect_timeline .js-plotly-plot");
  window.shown = () => {
    const all = figures();
    const steps = new Set(all.map((figure) => figure.dataset.painted));
    const step = steps.size === 1 ? Number([...steps][0]) : null;
    const said = document.querySelector(".st-key-inspect_toolbar")?.innerText.match(/(\\d+) steps?/)?.[1];
    const drawn = timeline()?._fullData?.[0].x.at(-1);
    return { figures: all.length, step: Number(said) === step + 1 && drawn === step ? step : null };
  };
  window.addEventListener("pointerup", (event) => {
    if (!event.composedPath().some((e) => e.classList?.contains("st-key-inspect_step_1"))) return;
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
    steps = 6 if quick else 40
    with served() as server, chromium() as browser:
        page = opened(browser, server)
        figures = {"page_update_ms": _median(page, steps, DEFAULT_FIGURES)}
        page.get_by_role("button", name="Open all").click()
        figures["page_update_all_sections_ms"] = _median(page, steps, ALL_FIGURES)
        return figures


@contextmanager
def served() -> Iterator[AppServer]:
    """The app on a project folder of its own with the MNIST of this one."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        (home / "datasets").symlink_to((project_folder() / "datasets").resolve(), target_is_directory=True)
        with AppServer(home).running() as server:
            yield server


def opened(browser: Browser, server: AppServer) -> Page:
    """The page with a session set up and a first step done."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    page.add_init_script(_WATCH)
    page.goto(f"{server.url}/inspect")
    _step(page)
    return page


def _median(page: Page, steps: int, least: int) -> float:
    eventually(lambda: page.evaluate("window.shown().figures") >= least, "open panels", 60)
    eventually(lambda: _all_on_screen(page), "figures on screen", 60)
    first = page.evaluate("window.waits = [], window.shown().step + 1")
    for done in range(steps):
        page.evaluate("(step) => { window.next = step; }", first + done)
        _step(page)
        eventually(lambda done=done: page.evaluate(_TOOK) > done, "figures of the next step", 60)
    return float(np.median(page.evaluate("window.waits.map((wait) => wait.took)")))


def _all_on_screen(page: Page) -> bool:
    """Whether every figure is painted, once the window is as tall as the page."""
    high = page.get_by_test_id("stMainBlockContainer").evaluate("(e) => e.scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": high})
    return bool(page.evaluate("window.shown().step !== null"))


def _step(page: Page) -> None:
    button = page.get_by_role("button", name=STEP)
    expect(button).to_be_enabled(timeout=PATIENCE)
    button.click()
