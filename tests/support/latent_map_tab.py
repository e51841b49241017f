"""A tab on the latent map of small images, in a real browser, and what is in their labels.csv."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, expect

from ipo.digits.folder import folder_in
from ipo.digits.labels.csv_file import read
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.inspector.determinism import one_thread
from tests.support.app_server import AppServer
from tests.support.small_images import NAME, with_small_images
from tests.support.waiting import eventually
from tests.unit.digits.small import CONFIG, digits

COUNT = 400
REACH = 26  # pixels: no other point is so near to one that a test clicks
EDGE = 60  # pixels of the map that are under its buttons
PATIENCE = 60_000  # milliseconds; bounds a hang only


def with_trained_model(home: Path, count: int = COUNT) -> Path:
    """A project folder with small images, and a model of some epochs, without labels."""
    folder = folder_in(with_small_images(home, count), NAME)
    trainer = InteractiveTrainer(CONFIG)
    with one_thread():
        trainer.train_epochs(8, digits()[0][:count], np.full(count, -1, np.int8))
    checkpoint.save(folder.checkpoint, trainer)
    return home


def labels_on_disk(home: Path, count: int = COUNT, classes: int = 10) -> dict[int, int]:
    """The label of each image that has one, by row."""
    values = read(folder_in(home, NAME).path / "labels.csv", count, classes)
    return {row: int(values[row]) for row in np.flatnonzero(values >= 0).tolist()}


class LatentMapTab:
    """One tab. Keys and pointers are those of the browser; places are read from what the map received."""

    def __init__(self, browser: Browser, server: AppServer, *, init: str = "", **how: Any) -> None:
        self.home = server.home
        self.page: Page = browser.new_page(**{"viewport": {"width": 1400, "height": 900}} | how)
        self.posts: list[dict[str, Any]] = []  # bodies of what was sent to the door
        self.frames = 0  # messages to Streamlit
        self.errors: list[str] = []
        self._points = b""
        self.page.on("pageerror", lambda error: self.errors.append(error.stack or error.message))
        self.page.on("request", self._sent)
        self.page.on("websocket", lambda socket: socket.on("framesent", lambda _: self._count()))
        self.page.on("requestfinished", self._received)
        if init:
            self.page.add_init_script(init)
        self.page.goto(f"{server.url}/latent_map?data={NAME}")
        self.ready()

    def _sent(self, request: Any) -> None:
        if request.method == "POST" and request.url.endswith("/events"):
            self.posts.append(json.loads(request.post_data or "{}"))

    def _received(self, request: Any) -> None:
        if "/points/" in request.url:
            self._points = request.response().body()

    def _count(self) -> None:
        self.frames += 1

    def ready(self) -> None:
        """Wait until the map is there."""
        expect(self.of(".legend button").first).to_be_visible(timeout=PATIENCE)
        expect(self.of(".tray .items button").first).to_be_visible(timeout=PATIENCE)

    def of(self, selector: str) -> Locator:
        """Parts of the component, which lives in a shadow root."""
        return self.page.locator(".latent-map").locator(selector)

    def button(self, name: str) -> Locator:
        return self.page.locator(".latent-map").get_by_role("button", name=name, exact=True)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def message(self) -> Locator:
        return self.of(".message")

    @property
    def chosen(self) -> list[int]:
        """The rows that a reload would find again, the one at hand first."""
        return list(self._kept("chosen"))

    @property
    def row(self) -> int:
        """The image at hand."""
        return self.chosen[0]

    def _kept(self, what: str) -> Any:
        return json.loads(self.page.evaluate(f"sessionStorage.getItem('ipo-labels-{NAME}-{what}')") or "[]")

    def places(self) -> NDArray[np.float64]:
        """Where each row is on the page, `(n, 2)`, once the view rests."""
        eventually(lambda: self._points and self._kept("view"), "map at rest")
        (camera,) = self._kept("view")
        count = int.from_bytes(self._points[:4], "little")
        xy = np.frombuffer(self._points, "<f4", 2 * count, offset=8).reshape(count, 2).astype(float)
        box = self.of("canvas").bounding_box()
        assert box is not None
        scale = min(box["width"], box["height"]) / camera["span"]
        across = box["x"] + box["width"] / 2 + (xy[:, 0] - camera["x"]) * scale
        down = box["y"] + box["height"] / 2 - (xy[:, 1] - camera["y"]) * scale
        return np.stack([across, down], axis=1)

    def lonely(self, places: NDArray[np.float64]) -> list[int]:
        """Rows in view that have no other near them, the ones farther from others first."""
        apart = np.linalg.norm(places[:, None] - places[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        box = self.of("canvas").bounding_box()
        assert box is not None
        low = np.array([box["x"] + 130, box["y"] + EDGE])
        high = np.array([box["x"] + box["width"] - EDGE, box["y"] + box["height"] - EDGE])
        seen = ((places > low) & (places < high)).all(axis=1)
        nearest = np.where(seen, apart.min(axis=1), 0)
        return [int(row) for row in np.argsort(-nearest) if nearest[row] > REACH]

    def click(self, place: NDArray[np.float64], **how: Any) -> None:
        self.page.mouse.click(float(place[0]), float(place[1]), **how)

    def lasso(self, corners: NDArray[np.float64]) -> None:
        """Draw round points, in lasso mode."""
        mouse = self.page.mouse
        mouse.move(*map(float, corners[0]))
        mouse.down()
        for corner in corners[1:]:
            mouse.move(*map(float, corner))
        mouse.up()

    def saved(self) -> None:
        """Wait until the server has all acts."""
        eventually(
            lambda: self.page.evaluate(f"sessionStorage.getItem('ipo-labels-{NAME}')") == "[]", "all saved"
        )

    def labels(self) -> dict[int, int]:
        """What is in labels.csv once the server has all acts."""
        self.saved()
        return labels_on_disk(self.home)

    def close(self) -> None:
        expect(self.page.get_by_test_id("stException")).to_have_count(0)
        self.page.close()
        assert not self.errors, self.errors
