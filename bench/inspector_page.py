"""From pressing *Step* to the figures of that step on screen, in a real browser, at B = 128 and D = 64.

Once with the panels that are open to begin with, and once with all nine sections of the trace open as well.
The window is as tall as the page, so that every figure is on screen and has to be painted. A reader with a
common screen waits no longer than that. The same on a page of Streamlit's own charts and images, in between.

`page_update_beside_training` is a step with the default panels while a training goes on, over one without;
`training_beside_steps` are batches of that training in a second, over those while nobody steps.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
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
        training = stack.enter_context(Training().running())
        with phase("two servers and a first step on each"):
            server, stock_server = pool.map(stack.enter_context, [served(), served(STOCK_PAGE)])
            pages = {
                "page_update": opened(browser, f"{server.url}/inspect", _PAINTED),
                "stock_page_update": opened(browser, stock_server.url, _STOCK_PAINTED),
            }
        with phase("steps with the default panels"):
            figures = _medians(pages, "ms", *((2, 3) if quick else (4, 10)), DEFAULT_FIGURES)
        with phase("steps beside a training"):
            figures |= _beside(training, pages["page_update"], 4 if quick else 20)
        with phase("steps with all sections"):
            for page in pages.values():
                page.get_by_text("Open all").click()
            return figures | _medians(pages, "all_sections_ms", *((1, 2) if quick else (4, 10)), ALL_FIGURES)


class Training:
    """A process that trains, while it is not paused."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def running(self) -> Iterator["Training"]:
        with tempfile.TemporaryFile() as self._log:
            command = [sys.executable, "-m", "bench.endless_training"]
            self._process = subprocess.Popen(command, stdout=self._log)
            try:
                eventually(lambda: self.batches > 0, "a first batch", 120)
                self._process.send_signal(signal.SIGSTOP)
                yield self
            finally:
                self._process.kill()
                self._process.wait()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGSTOP)

    @property
    def batches(self) -> int:
        """That were trained so far."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).count(b"\n")

    def rate(self, seconds: float = 1.0) -> float:
        """Batches in a second while nobody does anything else."""
        before, began = self.batches, time.monotonic()
        time.sleep(seconds)
        return (self.batches - before) / (time.monotonic() - began)


def _beside(training: Training, page: Page, steps: int) -> dict[str, float]:
    alone = _waits(page, steps, DEFAULT_FIGURES)
    with training.going_on():
        rate = training.rate()
        before, began = training.batches, time.monotonic()
        beside = _waits(page, steps, DEFAULT_FIGURES)
        went_on = (training.batches - before) / (time.monotonic() - began)
    return {
        "page_update_beside_training": float(np.median(beside) / np.median(alone)),
        "training_beside_steps": went_on / rate if rate else 0.0,
    }


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
