"""A contact sheet of all pages: empty and with something in them, light and dark, in three sizes of window.

python -m bench.screens [--only WORD] [--folder build/screens]

Look at `sheet.html` in the folder before a release; a click on a picture shows it as large as it is.
`sheet.png` is the same as one picture. Behind the name of a screen is the whole of its page, in a window as
tall as that.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, Error, Page

from ipo.datasets import mnist
from ipo.project import project_folder
from tests.support.app_server import AppServer
from tests.support.browser import chromium
from tests.support.filled_project import fill_project
from tests.support.screens import EMPTY, FILLED, SIZES, THEMES, Screen, Theme, rest

SHOWN = (1400, 900)  # the window in which a screen is opened
SETTLE_MS = 300  # charts are drawn a moment after the window has another size

_STYLE = """
body { font: 14px/1.4 sans-serif; margin: 16px; background: #888; color: #000; }
table { border-spacing: 12px; }
th { text-align: left; vertical-align: top; }
tbody th { width: 140px; }
img { display: block; width: 280px; }
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="only screens with this in their names")
    parser.add_argument("--folder", type=Path, default=Path("build/screens"), help="where pictures go")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        failed = take(browser, asked.folder, asked.only)
    print(f"{asked.folder}/sheet.html")
    if failed:
        raise SystemExit("These did not come up as they should: " + ", ".join(failed))


def take(browser: Browser, folder: Path, only: str = "") -> list[str]:
    """Write all pictures and the sheet of them into a folder. The names of screens that did not come up."""
    mnist.load("train", project_folder())
    failed: list[str] = []
    taken: list[Screen] = []
    with tempfile.TemporaryDirectory() as home:
        empty, filled = Path(home) / "empty", Path(home) / "filled"
        empty.mkdir()
        fill_project(filled, project_folder() / "datasets" / "mnist")
        for project, screens in ((empty, EMPTY), (filled, FILLED)):
            chosen = [screen for screen in screens if only in screen.name]
            taken += chosen
            with AppServer(project).running() as server:
                failed += [
                    screen.name for screen in chosen if not picture(browser, server.url, screen, folder)
                ]
    (folder / "sheet.html").write_text(sheet(taken), encoding="utf-8")
    page = browser.new_page(viewport={"width": 2000, "height": 1000})
    page.goto((folder / "sheet.html").resolve().as_uri())
    page.screenshot(path=folder / "sheet.png", full_page=True)
    page.close()
    return failed


def picture(browser: Browser, url: str, screen: Screen, folder: Path) -> bool:
    """Write a screen in all themes and sizes. Whether it came up."""
    page = browser.new_page(viewport={"width": SHOWN[0], "height": SHOWN[1]})
    try:
        screen.open(page, url)
        came_up = True
    except (AssertionError, Error) as error:
        print(f"{screen.name}: {str(error).splitlines()[0]}")
        came_up = False
    for theme, size in _looks():
        page.emulate_media(color_scheme=theme)
        _resize(page, *size)
        page.screenshot(path=folder / _file(screen, theme, size))
    page.emulate_media(color_scheme="light")
    _resize(page, *SHOWN)
    tall = page.get_by_test_id("stMain").evaluate("(main) => main.scrollHeight")
    _resize(page, SHOWN[0], max(SHOWN[1], tall))
    page.screenshot(path=folder / f"{_slug(screen)}.png")
    page.close()
    return came_up


def _resize(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    rest(page)
    page.wait_for_timeout(SETTLE_MS)


def sheet(screens: Sequence[Screen]) -> str:
    """HTML: a row for each screen, a column for each theme and size."""
    heads = "".join(f"<th>{theme}, {width} × {height}</th>" for theme, (width, height) in _looks())
    rows = "".join(f"<tr>{_name(screen)}{''.join(_pictures(screen))}</tr>" for screen in screens)
    return (
        f"<!doctype html><meta charset=utf-8><title>Screens</title><style>{_STYLE}</style>"
        f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _name(screen: Screen) -> str:
    return f'<th><a href="{_slug(screen)}.png">{escape(screen.name)}</a></th>'


def _pictures(screen: Screen) -> Iterator[str]:
    for theme, size in _looks():
        file = _file(screen, theme, size)
        alt = escape(f"{screen.name}, {theme}, {size[0]}")
        yield f'<td><a href="{file}"><img src="{file}" alt="{alt}"></a></td>'


def _looks() -> Iterator[tuple[Theme, tuple[int, int]]]:
    for theme in THEMES:
        for size in SIZES:
            yield theme, size


def _file(screen: Screen, theme: Theme, size: tuple[int, int]) -> str:
    return f"{_slug(screen)}-{theme}-{size[0]}.png"


def _slug(screen: Screen) -> str:
    return screen.name.lower().replace(",", "").replace(" ", "-")


if __name__ == "__main__":
    main()
