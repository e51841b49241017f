"""A folder of pictures is judged by keys, comes back after a reload, and stays as it was."""

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.app_server import AppServer
from tests.support.browser import row_folders, seen
from tests.support.embedder import CHECKOUT
from tests.support.pictures import fill_folder, paint
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

COUNT = 12


def bytes_of(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_folder_is_judged_by_keys_and_is_there_after_a_reload(
    browser: Browser, server: AppServer, tmp_path: Path
) -> None:
    server.home.mkdir(exist_ok=True)
    (server.home / "embedders").symlink_to(CHECKOUT / "embedders")
    folder = fill_folder(tmp_path / "renders", COUNT - 1)
    paint(folder / "in" / "wide.jpg", (90, 160, 90), 99, (1600, 700))
    (folder / "diary.png").write_text("dear diary")
    before = bytes_of(folder)
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server.url}/?decoder=pictures")
    expect(page.get_by_text("Type the folder of your pictures above.")).to_be_visible()
    shown = ""
    path = page.get_by_label("Folder", exact=True)
    path.fill(str(folder))
    path.press("Enter")
    expect(page.get_by_text(f"{COUNT} pictures.")).to_be_visible()
    judged: list[str] = []
    for number in range(COUNT):
        shown = seen(page, other_than=shown).id
        assert shown not in judged
        judged.append(shown)
        page.keyboard.press("ArrowRight" if number % 2 else "ArrowLeft")
        eventually(lambda: len(row_folders(server.home)) == len(judged), "the row")
    frame = page.locator(".frame").first
    expect(frame).to_have_attribute(
        "data-waiting", re.compile(f"All {COUNT} pictures of this folder are judged or skipped.")
    )
    expect(page.get_by_role("button", name="1 passed over")).to_be_visible()
    page.reload()
    expect(page.locator(".recent button:not(.none)")).to_have_count(10)
    expect(page.get_by_label("Folder", exact=True)).to_have_value(str(folder))
    expect(page.get_by_text("Dataset rows")).to_be_visible()
    page.keyboard.press("Backspace")
    again = seen(page)
    assert again.id == judged[-1]
    assert bytes_of(folder) == before
    page.close()
