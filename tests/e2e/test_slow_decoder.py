"""A decoder that takes seconds an image: keys act at once on what is there, and the wait is said."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import open_page, row_folders, seen, shown
from tests.support.forked_server import ForkedServer
from tests.support.installed_decoders import documented_decoder, install_decoder
from tests.support.rows import SIZE
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

SLOWLY = """            for step in range(4):
                time.sleep(0.5)
                context.report((step + 1) / 4, f"Step {step + 1} of 4")
                context.preview(lambda: np.full((1, 8, 8, 3), 60 * step, np.uint8), at)
"""
# What the frame shows, each time that it is another: "preview", "" for an image, "none".
WATCH = """frame => {
  window.framesSeen = [];
  const look = () => window.framesSeen.push(frame.querySelector("img")?.className ?? "none");
  look();
  new MutationObserver(look).observe(frame, { childList: true });
}"""
AHEAD = '[style*="url("]'  # a place in *Up next* with its image


def slow_decoder() -> str:
    lines = (
        documented_decoder().replace("import numpy", "import time\n\nimport numpy").splitlines(keepends=True)
    )
    at = next(at for at, line in enumerate(lines) if "context.check()" in line)
    return "".join([*lines[: at + 1], SLOWLY, *lines[at + 1 :]])


def test_keys_act_at_once_where_an_image_takes_seconds(browser: Browser, tmp_path: Path) -> None:
    install_decoder(tmp_path / "packages", "stripes", slow_decoder(), "Stripes")
    server = ForkedServer(tmp_path / "home", env={"PYTHONPATH": str(tmp_path / "packages")})
    with server.running():
        page = open_page(browser, f"{server.url}/?size={SIZE}&decoder=stripes")
        pace, places = page.locator(".pace"), page.locator(".next span")
        expect(pace).to_contain_text(re.compile(r"The next one in about \d s \(Step \d of 4\)"))
        expect(pace).to_contain_text(re.compile(r"An image takes [2-4]\.\d s; [2-5] are made ahead"))
        expect(page.locator(f".next span{AHEAD}")).not_to_have_count(1)
        assert places.filter(visible=True).count() < places.count()
        judged = []
        for _ in range(2):
            judged.append(seen(page).id)
            page.keyboard.press("ArrowRight")
            assert shown(page) not in judged  # the next one is there, or nothing: not what was judged
        eventually(lambda: len(row_folders(server.home)) == len(judged), "both rows")
        while shown(page):  # until nothing is left to judge
            judged.append(shown(page))
            page.keyboard.press("ArrowLeft")
        frame = page.locator(".frame").first
        frame.evaluate(WATCH)
        waiting = re.compile(r"^Step \d of 4 · about \d s")
        expect(frame).to_have_attribute("data-waiting", waiting)
        expect(frame.locator("img.preview")).to_be_visible()  # it is seen while it is made
        page.keyboard.press("ArrowRight")  # nobody can judge it yet
        judged.append(seen(page).id)
        frames = page.evaluate("() => window.framesSeen")
        assert "none" not in frames[frames.index("preview") :]  # and gives way to the image without a gap
        page.keyboard.press("ArrowRight")
        eventually(lambda: len(row_folders(server.home)) == len(judged), "all rows")
        page.context.close()
