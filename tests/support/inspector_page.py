"""Driving the Inspect page in Chromium and reading what it shows."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.app_server import AppServer
from tests.support.waiting import eventually

PATIENCE = 60_000  # milliseconds; bounds a hang only

# sha256 of what is painted in a figure.
_PIXELS = """async (canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const digest = await crypto.subtle.digest("SHA-256", data);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}"""


class InspectorPage:
    """One tab on the Inspect page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.main = page.get_by_test_id("stMain")

    @classmethod
    def opened(cls, browser: Browser, server: AppServer) -> "InspectorPage":
        """A new tab, as soon as there is a session in it."""
        page = browser.new_page(viewport={"width": 1400, "height": 1200})
        page.goto(f"{server.url}/inspect")
        made = cls(page)
        made.ready()
        return made

    def below(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    def button(self, name: str) -> Locator:
        """A button by its words; those that a tooltip or a shortcut adds do not count."""
        return self.page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}( Shortcut .)?$"))

    def press(self, name: str) -> None:
        self.button(name).click()

    def ready(self) -> None:
        """Wait until there is a session, or word that there is none."""
        eventually(lambda: re.search(r"\d steps?|No session", self.says), "session")

    def idle(self) -> None:
        """Wait until the next batch may be asked for."""
        expect(self.below("inspect_step").locator("[aria-busy]")).to_have_count(0, timeout=PATIENCE)
        expect(self.button("Step")).to_be_enabled(timeout=PATIENCE)

    def drawn(self) -> None:
        """Wait until nothing of the page is from a drawing before."""
        expect(self.page.locator('[data-test-script-state="notRunning"]')).to_be_attached(timeout=PATIENCE)

    def begin_afresh(self) -> None:
        """Have a session without steps."""
        if not re.search(r"\b0 steps", self.says):
            self.main.get_by_role("button", name=re.compile("^Set up( afresh)?$")).click()
        self.has_steps(0)
        self.idle()

    def step(self, name: str = "Step", *, shows: int | None = None) -> int:
        """Press a button that steps, wait until it is done, and say which step is the latest.

        Waits until the batch on screen is that of step `shows`, or the latest.
        """
        self.idle()
        before = self.steps
        self.press(name)
        eventually(lambda: self.steps > before, "next step")
        self.idle()
        self.drawn()
        latest = self.steps - 1
        self.painted(latest if shows is None else shows)
        return latest

    @property
    def says(self) -> str:
        """What stands in the toolbar."""
        return self.below("inspect_toolbar").inner_text()

    @property
    def steps(self) -> int:
        """Wait for the number of steps in the toolbar, and say it."""
        return int(eventually(lambda: re.search(r"(\d+) steps?", self.says), "number of steps")[1])

    @property
    def loss(self) -> float:
        found = re.search(r"loss (\d\.\d+)", self.says)
        return float(found[1]) if found else float("nan")

    def has_steps(self, count: int) -> None:
        expect(self.below("inspect_toolbar")).to_contain_text(
            re.compile(rf"\b{count} steps?\b"), timeout=PATIENCE
        )

    def figure(self, key: str, within: Locator | None = None) -> Locator:
        """The first figure of a tensor, on the page or in a panel."""
        return (within or self.main).locator(f'figure[data-key$="/{key}"]').first

    def painted(self, step: int, key: str = "batch_images", within: Locator | None = None) -> None:
        """Wait until a figure shows a step."""
        figure = self.figure(key, within)
        expect(figure).to_have_attribute("data-step", str(step), timeout=PATIENCE)
        figure.scroll_into_view_if_needed()
        expect(figure).to_have_attribute("data-painted", str(step), timeout=PATIENCE)

    def pixels(self, key: str = "batch_images", within: Locator | None = None) -> str:
        """What is painted in a figure, as a checksum."""
        return self.pixels_of(self.figure(key, within))

    @staticmethod
    def pixels_of(figure: Locator) -> str:
        return str(figure.locator(".base").evaluate(_PIXELS))

    def fill(self, key: str, number: str) -> None:
        """A box for a number."""
        box = self.below(key).locator("input")
        box.fill(number)
        box.press("Tab")

    @property
    def features(self) -> Locator:
        return self.below("inspect_features").locator("table")

    def sort_by_first_column(self) -> None:
        """Click the head of the column after the number of the feature."""
        self.features.locator("thead button[data-column='0']").click()

    def click_first_feature(self) -> None:
        self.features.locator("tbody tr").first.click()

    def go_to(self, step: int) -> None:
        """By the box."""
        box = self.below("inspect_go_to").locator("input")
        box.fill(str(step))
        box.press("Enter")

    @property
    def timeline(self) -> Locator:
        return self.below("inspect_timeline").locator(".timeline")

    def points(self) -> int:
        """How many steps the timeline has."""
        last = self.timeline.get_attribute("data-last")
        return 0 if last is None else int(last) + 1

    def click_timeline(self, step: int) -> None:
        """Above the number of a step."""
        number = self.timeline.get_by_text(str(step), exact=True).last.bounding_box()
        assert number is not None
        self.page.mouse.click(number["x"] + number["width"] / 2, number["y"] - 40)

    def section(self, title: str) -> Locator:
        """A panel that folds."""
        summary = self.page.locator("summary", has_text=title)
        return self.main.get_by_test_id("stExpander").filter(has=summary)

    def open_section(self, title: str) -> Locator:
        section = self.section(title)
        section.locator("summary").click()
        return section

    def column(self, number: int) -> list[str]:
        """A column of the features table, from 1, in the order on screen."""
        return self.features.locator(f"tbody tr > :nth-child({number})").all_inner_texts()

    def choose(self, key: str, name: str) -> None:
        """One of a box of choices."""
        self.below(key).locator("input").fill(name)
        self.page.get_by_role("option", name=name, exact=True).click()

    def menu(self) -> Locator:
        """What can be done with the session: the popover, opened."""
        return self._popover("inspect_session_menu", "Fork")

    def run_until(self, what: str, **numbers: str) -> None:
        """Run until something happens, with numbers by the beginning of the end of their key."""
        popover = self._popover("inspect_until", "Stop when")
        popover.get_by_text(what).click()
        expect(popover.get_by_role("radio", name=what)).to_be_checked()
        for key, number in numbers.items():
            box = popover.locator(f'[class*="st-key-inspect_until_{key}"] input')
            box.fill(number)
            box.press("Tab")
        popover.get_by_role("button", name="Run").click()

    def _popover(self, key: str, has: str) -> Locator:
        self.page.mouse.move(0, 0)  # a tooltip of what was pressed last may cover the button
        body = self.page.get_by_test_id("stPopoverBody").filter(has_text=has)
        if not body.count():
            self.below(key).get_by_role("button").click()
        return body

    def fine(self) -> None:
        """Nothing on the page broke."""
        expect(self.page.get_by_test_id("stException")).to_have_count(0)


def with_mnist(home: Path, datasets: Path) -> Path:
    """A project folder with MNIST in it."""
    home.mkdir(parents=True)
    (home / "datasets").symlink_to(datasets, target_is_directory=True)
    return home
