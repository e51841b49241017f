"""How long a user waits, in a real browser: key to next image, key to saved row, Batch click to new tile.

A session of 500 rows (60 with `--quick`) at 448² (d = 12,544), first idle (one label a key, fits end between
keys), then with a Ridge fit after every label and an XGBoost fit on raw latents running all the time, then
while the SSVAE is trained on MNIST and a second tab follows that. `longest_run` is the longest drawing of any
fragment in either tab. The peer is the same task with Streamlit's own image and buttons, idle
(`bench/peer_page.py`).
"""

import re
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from bench.report import publish, quick
from bench.script_runs import durations, forget, listen
from ipo.project import project_folder
from tests.support.app_server import AppServer
from tests.support.browser import chromium, row_folders, saved_at, seen
from tests.support.rows import fill_session
from tests.support.waiting import eventually

ROWS, SIZE = 500, 448
PACE_SECONDS = 0.3

# Notes when a key or click arrives and when the frame with the next image was painted, both in epoch ms.
# Runs before the page's own scripts, so that it hears of an event before the page acts on it.
_WATCH = """
  const selector = "SELECTOR";
  const image = () => {
    let roots = [document];
    for (const host of document.querySelectorAll(".st-key-curation_deck *"))
      if (host.shadowRoot?.querySelector(".deck")) roots = [host.shadowRoot];
    return roots[0].querySelectorAll(selector);
  };
  window.ready = () => Boolean(image()[0]?.complete && image()[0].naturalWidth);
  const name = (element) => element?.closest(".frame")?.dataset.candidate ?? element?.src;
  window.waits = [];
  const note = (event, place) => {
    const before = name(image()[place]);
    const wait = { at: performance.timeOrigin + event.timeStamp, id: before, painted: null };
    window.waits.push(wait);
    const look = () => {
      const now = image()[place];
      if (now && name(now) !== before && now.complete && now.naturalWidth)
        setTimeout(() => (wait.painted = performance.timeOrigin + performance.now()));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
  window.addEventListener("keydown", (event) => note(event, 0), true);
  window.addEventListener("pointerup", (event) => note(event, window.place ?? 0), true);
"""


def main() -> None:
    short = quick()
    keys, rows = (4, 60) if short else (150, ROWS)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        home, training = Path(folder) / "home", Path(folder) / "training"
        fill_session(home, rows, SIZE)
        shutil.copytree(home, training)
        figures = _app(browser, home, keys)
        figures |= _app_that_trains(browser, training, keys)
        figures |= _plain_page(browser, Path(folder) / "peer", min(keys, 50))
    publish("responsiveness", figures, quick=short)


def _app(browser: Browser, home: Path, keys: int) -> dict[str, float]:
    """Idle, then with fits."""
    with AppServer(home).running() as server:
        page = _session(browser, server)
        figures = _judged(page, home, keys, "_idle")
        page.get_by_text("Train results").click()
        page.get_by_text("XGBoost on raw latents").click()
        page.get_by_test_id("stSidebar").get_by_text("Fitting now.").first.wait_for(timeout=20_000)
        figures |= _judged(page, home, keys, "")
        page.close()
    return figures


def _app_that_trains(browser: Browser, home: Path, keys: int) -> dict[str, float]:
    (home / "datasets").symlink_to((project_folder() / "datasets").resolve(), target_is_directory=True)
    with AppServer(home).running() as server:
        return _beside_training(browser, _session(browser, server), server, home, keys)


def _session(browser: Browser, server: AppServer) -> Page:
    page = _watched(browser, ".frame img")
    page.goto(server.url)
    seen(page)
    time.sleep(2)  # the first fits end
    return page


def _plain_page(browser: Browser, home: Path, keys: int) -> dict[str, float]:
    """The same task with a plain Streamlit page."""
    images = {"PEER_IMAGES": str(keys + 1)}
    with AppServer(home, script="bench/peer_page.py", env=images).running() as server:
        page = _watched(browser, "[data-testid=stImage] img")
        page.goto(server.url)
        page.locator("img").wait_for(timeout=60_000)
        _idle(page)
        return _keys(page, home, keys, "_plain_streamlit_idle")


def _beside_training(
    browser: Browser, page: Page, server: AppServer, home: Path, count: int
) -> dict[str, float]:
    """Keys in Queue mode while the SSVAE is trained, which a second tab shows."""
    training = browser.new_page(viewport={"width": 1400, "height": 900})
    listen(training)
    training.goto(f"{server.url}/ssvae")
    training.get_by_text("Not trained yet").wait_for(timeout=60_000)
    training.get_by_role("button", name="Take 100 true labels").click()
    training.get_by_text("100 labels").wait_for()
    training.get_by_role("button", name="Start").click()
    training.get_by_text(re.compile(r"Epoch 1 of \d+: loss")).first.wait_for(timeout=120_000)
    page.bring_to_front()
    for tab in (page, training):
        forget(tab)
    page.mouse.click(1000, 880)
    figures = _keys(page, home, count, "_training")
    for name, tab in (("judging", page), ("training", training)):
        if runs := durations(tab):  # a few keys may need none
            figures[f"longest_run_ms_{name}_tab"] = max(runs)
    figures |= {f"peak_mb_{name}": peak for name, peak in server.peaks().items()}
    training.get_by_role("button", name="Stop").click()
    training.close()
    return figures


def _watched(browser: Browser, selector: str) -> Page:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    listen(page)
    page.add_init_script(_WATCH.replace("SELECTOR", selector))
    return page


def _judged(page: Page, home: Path, count: int, suffix: str) -> dict[str, float]:
    """Keys in Queue mode, then clicks in Batch mode, then back."""
    page.mouse.click(1000, 880)
    figures = _keys(page, home, count, suffix)
    page.get_by_role("radio", name="Batch").click()
    figures |= _clicks(page, count, suffix)
    page.get_by_role("radio", name="Queue").click()
    _idle(page)
    return figures


def _keys(page: Page, home: Path, count: int, suffix: str) -> dict[str, float]:
    page.evaluate("window.waits = []")
    known = set(row_folders(home))
    for number in range(count):
        page.wait_for_function("window.ready()")  # nobody judges what is not there yet
        page.keyboard.press("ArrowRight" if number % 2 else "ArrowLeft")
        time.sleep(PACE_SECONDS)
    eventually(lambda: len(row_folders(home)) == len(known) + count, f"{count} more rows")
    waits = _waits(page)
    fresh = [folder for folder in row_folders(home) if folder not in known]
    # Rows are saved in the order of the keys; the folder's change time is that of the rename.
    saved = [1000 * saved_at(folder) - wait["at"] for folder, wait in zip(fresh, waits, strict=True)]
    return {
        **_percentiles("key_to_image", [wait["painted"] - wait["at"] for wait in waits], suffix),
        **_percentiles("key_to_saved", saved, suffix),
    }


def _clicks(page: Page, count: int, suffix: str) -> dict[str, float]:
    page.reload()
    page.locator(".frame img").nth(3).wait_for()
    _idle(page)
    page.evaluate("window.waits = []")
    for number in range(count):
        place = number % 4
        page.evaluate("(place) => { window.place = place; }", place)
        page.locator(".tile").nth(place).get_by_role("button", name="Good").click()
        time.sleep(PACE_SECONDS)
    waits = _waits(page)
    return _percentiles("batch_click", [wait["painted"] - wait["at"] for wait in waits], suffix)


def _idle(page: Page) -> None:
    """Wait until the page has been drawn."""
    page.locator('[data-test-script-state="notRunning"]').wait_for(state="attached")


def _waits(page: Page) -> list[dict[str, float]]:
    """What was noted, once the last image is painted."""
    page.wait_for_function("window.waits.every((wait) => wait.painted)")
    waits: list[dict[str, float]] = page.evaluate("window.waits")
    return waits


def _percentiles(name: str, waits: list[float], suffix: str) -> dict[str, float]:
    return {
        f"{name}_p50_ms{suffix}": float(np.percentile(waits, 50)),
        f"{name}_p95_ms{suffix}": float(np.percentile(waits, 95)),
    }


if __name__ == "__main__":
    main()
