"""Driving the Preferences page in Chromium and reading what it shows and what it saved."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from ipo.images import decode_png, pixel_hash
from tests.support.waiting import eventually

_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Suggestions of an address bar that nobody sees, in pages of their own: 0.8 s of CPU time a window.
    # The last list counts, so what Playwright leaves out for the sake of what is seen stands here again.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,PaintHolding,HttpsUpgrades,MediaRouter,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose",
]

# The frame of a place on the page: `.frame` of the deck, whose component lives in a shadow root.
_FRAME = """(place) => {
  const hosts = document.querySelectorAll(".st-key-curation_deck *");
  const host = [...hosts].find((e) => e.shadowRoot?.querySelector(".deck"));
  return host?.shadowRoot.querySelectorAll(".frame")[place];
}"""

# Which candidate stands in a place, once its image does; else null.
_SHOWN = f"""(place) => {{
  const frame = ({_FRAME})(place);
  const image = frame?.querySelector("img");
  return image?.complete && image.naturalWidth ? frame.dataset.candidate : null;
}}"""

# Which candidate stands in a place, once its image does, and the sha256 of its RGB pixels; null for `not`.
_SEEN = f"""async ([place, not]) => {{
  const frame = ({_FRAME})(place);
  const image = frame?.querySelector("img");
  const id = frame?.dataset.candidate;
  if (!image?.complete || !image.naturalWidth || id === not) return null;
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d", {{ willReadFrequently: true }});
  context.drawImage(image, 0, 0);
  const rgba = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {{
    rgb[to++] = rgba[from]; rgb[to++] = rgba[from + 1]; rgb[to++] = rgba[from + 2];
  }}
  const digest = await crypto.subtle.digest("SHA-256", rgb);
  return [id, [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("")];
}}"""


# The image that stands in a place, as the base64 of a PNG.
_PNG = f"""(place) => {{
  const image = ({_FRAME})(place).querySelector("img");
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}}"""


@dataclass(frozen=True)
class Seen:
    """What was on screen."""

    id: str
    pixels: str


@dataclass(frozen=True)
class Saved:
    """What a row on disk says."""

    number: int
    id: str
    label: int
    pixels: str


@dataclass(frozen=True)
class SavedPair:
    """What a pair on disk says."""

    preferred: str
    preferred_pixels: str
    other: str
    other_pixels: str


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=_ARGS
        )
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(url)
    seen(page)
    return page


def shown(page: Page, place: int = 0) -> str:
    """The id of the candidate on screen; empty while none is."""
    return page.evaluate(_SHOWN, place) or ""


def seen(page: Page, *, other_than: str = "", place: int = 0) -> Seen:
    """Wait for an image on screen (another than `other_than`) and say which."""
    id_, pixels = eventually(lambda: page.evaluate(_SEEN, [place, other_than]), "image on screen")
    return Seen(id_, pixels)


def image_data(page: Page, place: int = 0) -> str:
    """The image on screen, as the base64 of a PNG."""
    return str(page.evaluate(_PNG, place))


def row_folders(home: Path) -> list[Path]:
    """The row folders of the only session in a project folder, in order."""
    return sorted(home.glob("preference/*/rows/[0-9]*"))


def saved(home: Path) -> list[Saved]:
    """The rows of the only session in a project folder, in order."""
    rows = []
    for folder in row_folders(home):
        record = json.loads((folder / "row.json").read_text())
        pixels = pixel_hash(decode_png((folder / "image.png").read_bytes()))
        rows.append(Saved(int(folder.name), record["candidate"]["id"], record["label"], pixels))
    return rows


def pair_folders(home: Path) -> list[Path]:
    """The pair folders of the only session in a project folder, in order."""
    return sorted(home.glob("preference/*/pairs/[0-9]*"))


def saved_pairs(home: Path) -> list[SavedPair]:
    """The pairs of the only session in a project folder, in order."""

    def said(folder: Path, which: str) -> tuple[str, str]:
        record = json.loads((folder / "pair.json").read_text())
        return record[which]["id"], pixel_hash(decode_png((folder / f"{which}.png").read_bytes()))

    return [SavedPair(*said(folder, "preferred"), *said(folder, "other")) for folder in pair_folders(home)]


def saved_at(folder: Path) -> float:
    """When a row got its number, in seconds since the epoch: the rename is the folder's last change."""
    return folder.stat().st_ctime


def labels(home: Path) -> dict[str, int]:
    """Labels on disk by candidate id."""
    labels = {}
    for folder in row_folders(home):
        with contextlib.suppress(FileNotFoundError):  # undone since the folders were listed
            record = json.loads((folder / "row.json").read_text())
            labels[record["candidate"]["id"]] = record["label"]
    return labels
