"""Are keys lost? Judgements by key at 8 a second in a real browser, through all that interrupts them.

2,000 keys (200 with `--quick`) on images of 64². In between the page is loaded anew twice, the second time
with its script held up for five seconds, and the server is ended by kill -9 and started again. Each key is
noted with the image that it was about; then every row on disk is compared with that. A key counts when its
image stands on screen: nobody judges what is not there.
"""

import contextlib
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench.report import publish, quick
from tests.support.app_server import AppServer
from tests.support.browser import chromium, labels
from tests.support.rows import fill_session
from tests.support.waiting import eventually

ROWS, SIZE = 20, 64
KEYS_A_SECOND = 8
BLOCK = "block"  # a file beside the project folder, while which is there `bench.blocked_main` waits

# The id of the candidate whose image stands in the frame, or null.
_SHOWN = """() => {
  for (const host of document.querySelectorAll(".st-key-curation_deck *")) {
    const frame = host.shadowRoot?.querySelector(".deck .frame");
    const image = frame?.querySelector("img");
    if (frame) return image?.complete && image.naturalWidth ? frame.dataset.candidate : null;
  }
  return null;
}"""


def main() -> None:
    short = quick()
    keys = 200 if short else 2000
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        home = Path(folder) / "home"
        fill_session(home, ROWS, SIZE)
        before = labels(home)
        with AppServer(home, script="bench/blocked_app.py").running() as server:
            pressed, seconds = _judged(browser, server, home, keys)
            with contextlib.suppress(AssertionError):  # then the figures say how many are missing
                eventually(lambda: pressed.keys() <= labels(home).keys(), "row for every key")
        saved = {id_: label for id_, label in labels(home).items() if id_ not in before}
    wrong = sum(saved[id_] != label for id_, label in pressed.items() if id_ in saved)
    figures = {
        "keys": len(pressed),
        "lost": sum(id_ not in saved for id_ in pressed),
        "wrong": wrong,
        "not_asked_for": len(saved.keys() - pressed.keys()),
        "keys_a_second": len(pressed) / seconds,
    }
    publish("events", figures, quick=short)


def _judged(browser: Browser, server: AppServer, home: Path, count: int) -> tuple[dict[str, int], float]:
    """What was pressed, by candidate, and how long that took without the interruptions."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server.url}/?size={SIZE}")
    _shown(page)
    page.mouse.click(1000, 880)
    pressed: dict[str, int] = {}
    seconds = _press(page, pressed, count // 4)
    page.reload()
    seconds += _press(page, pressed, count // 4)
    block = home.parent / BLOCK
    block.touch()
    page.reload()
    seconds += _press(page, pressed, count // 4)
    block.unlink()
    server.kill()
    with contextlib.suppress(TimeoutError):  # what was decoded ahead is judged while nobody hears
        _press(page, pressed, 5, patience=3)
    server.start()
    seconds += _press(page, pressed, count - len(pressed))
    return pressed, seconds


def _press(page: Page, pressed: dict[str, int], count: int, patience: float = 60) -> float:
    """Press so many keys, each about an image of its own; the seconds that were not spent waiting for one.

    Raises `TimeoutError` when none comes for `patience` seconds.
    """
    seconds = 0.0
    for number in range(count):
        id_ = _shown(page, pressed, patience)
        began = time.monotonic()
        label = 1 if number % 3 else -1
        page.keyboard.press("ArrowRight" if label == 1 else "ArrowLeft")
        pressed[id_] = label
        time.sleep(max(0.0, 1 / KEYS_A_SECOND - (time.monotonic() - began)))
        seconds += time.monotonic() - began
    return seconds


def _shown(page: Page, besides: Collection[str] = (), patience: float = 60) -> str:
    """The candidate on screen, once there is one that was not judged."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        id_ = page.evaluate(_SHOWN)
        if id_ is not None and id_ not in besides:
            return str(id_)
        time.sleep(0.01)
    raise TimeoutError(f"No image came for {patience} seconds.")


if __name__ == "__main__":
    main()
