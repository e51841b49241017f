"""Every page of the app in the states in which somebody meets it, and how to get there in a browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page, expect

from tests.support.rows import SIZE

PATIENCE = 90_000  # milliseconds; bounds a hang only
SIZES = ((1100, 700), (1400, 900), (1920, 1080))  # windows that the app is made for
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")

# Whether nothing on the page is from a drawing before, or about to come.
_DRAWN = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  if (app?.dataset.testScriptState !== "notRunning") return false;
  if (document.querySelector("[data-stale=true], [data-testid=stSkeleton]")) return false;
  const moves = ({ playState, effect }) =>
    playState === "running" && Number.isFinite(effect?.getComputedTiming().endTime);
  if (document.getAnimations().some(moves)) return false;
  return [...document.images].every((image) => image.complete);
}"""
_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


@dataclass(frozen=True)
class Screen:
    """A page in one state: its address, what is visible once it is there, and what is done to it then."""

    name: str
    address: str
    ready: str  # a selector
    acts: tuple[Callable[[Page], None], ...] = ()
    adds: str = ""  # a selector of what it shows beside the screen of its address before it, if there is one

    def open(self, page: Page, url: str) -> None:
        """Show the screen of the app at `url`, and wait until it rests."""
        page.goto(f"{url}/{self.address}")
        expect(page.locator(self.ready).first).to_be_visible(timeout=PATIENCE)
        self.act(page)

    def act(self, page: Page) -> None:
        """Go on from another screen of the same address, and wait until the page rests."""
        for act in self.acts:
            act(page)
        rest(page)


def rest(page: Page) -> None:
    """Wait until the page is drawn."""
    page.wait_for_function(_DRAWN, timeout=PATIENCE)
    page.evaluate(_TWO_FRAMES)


def press(name: str, then: str) -> Callable[[Page], None]:
    """Press a button on the page, and wait for what it brings."""

    def act(page: Page) -> None:
        button = page.get_by_test_id("stMain").get_by_role("button", name=re.compile(name)).first
        expect(button).to_be_enabled(timeout=PATIENCE)
        button.click()
        expect(page.locator(then).first).to_be_visible(timeout=PATIENCE)

    return act


def tab(name: str, then: str) -> Callable[[Page], None]:
    """Open a tab of the page, and wait for what is in it."""

    def act(page: Page) -> None:
        page.get_by_role("tab", name=name).click()
        panel = page.get_by_role("tabpanel").locator("visible=true")
        expect(panel.locator(then).first).to_be_visible(timeout=PATIENCE)

    return act


def unfold(key: str) -> Callable[[Page], None]:
    """Open an expander or a popover by its key."""

    def act(page: Page) -> None:
        page.locator(f".st-key-{key}").locator("summary, button").first.click()

    return act


def step(page: Page) -> None:
    """Have the inspector step, and wait until its figures are painted."""
    press("^Step", "figure[data-painted]")(page)


_JUDGED = f"preferences?size={SIZE}&mode="
_PLOT = ".js-plotly-plot .main-svg"
_DIGITS = "?data=small"

EMPTY = (
    Screen("first visit", "", ".deck .frame img"),
    Screen("line, empty", "preferences?mode=Line", "text=Judge images"),
    Screen("gallery, empty", "preferences?mode=Gallery", "text=Judge images"),
    Screen("latent map, empty", "latent_map", "text=Fetch MNIST"),
    Screen("mailbox, empty", "mailbox", "text=Fetch or import mails"),
    Screen("value model, empty", "value_model", ".st-key-value_model_judge button"),
    Screen("SSVAE, empty", "ssvae", "text=Fetch MNIST"),
    Screen("settings", "settings", "text=Measure again"),
    Screen("pictures without a folder", "?decoder=pictures", "text=Type the folder of your pictures"),
    Screen("mail, empty", "mail", "text=Or bring your own"),
    Screen("inspector, empty", "inspect", "text=Fetch MNIST"),
)
FILLED = (
    Screen("glossary", "glossary", ".ipo-glossary"),
    Screen("queue", f"{_JUDGED}Queue", ".deck .frame img"),
    Screen(
        "sidebar, all open",
        f"{_JUDGED}Queue",
        ".deck .frame img",
        tuple(unfold(f"sidebar_{name}") for name in ("train_results", "step_scores", "logs")),
        "[data-testid=stSidebar]",
    ),
    Screen(
        "session menu",
        f"{_JUDGED}Queue",
        ".deck .frame img",
        (unfold("session_menu"),),
        "[data-testid=stPopoverBody]",
    ),
    Screen(
        "decoder menu",
        f"{_JUDGED}Queue&decoder=diffusion",  # without its weights, which is said
        ".deck .frame img",
        (press("· procedural", "text=Negative prompt"),),
        "[data-testid=stPopoverBody]",
    ),
    Screen("batch", f"{_JUDGED}Batch&tiles=9+tiles", ".deck .tile:nth-child(9) .frame img"),
    Screen("pair", f"{_JUDGED}Pair", ".deck .tile:nth-child(2) .frame img"),
    Screen("line", f"{_JUDGED}Line", ".ipo-tiles img"),
    Screen("gallery", f"{_JUDGED}Gallery", ".gallery .tile"),
    Screen(
        "latent map",
        f"latent_map{_DIGITS}",
        ".latent-map .tray .items button",
        (tab("Statistics", "text=Confusion"),),
    ),
    Screen(
        "latent map, review",
        f"latent_map{_DIGITS}",
        ".latent-map .tray .items button",
        (tab("Label review", "p"),),
        "[role=tabpanel]",
    ),
    Screen("mailbox", "mailbox?mails=small", ".mailbox .why .sentence"),
    Screen(
        "value model",
        f"value_model?size={SIZE}",
        _PLOT,
        (press("Compute curve", f".st-key-value_model_curve {_PLOT}"),),
    ),
    Screen("SSVAE", f"ssvae{_DIGITS}", _PLOT),
    Screen("mail", "mail?mails=small", ".ipo-mail-card .title"),
    *(
        Screen(
            f"mail, {name.lower()}",
            "mail?mails=small",
            ".ipo-mail-card .title",
            (tab(name, then),),
            "[role=tabpanel]",
        )
        for name, then in (
            ("Meaning map", _PLOT),
            ("Threshold", _PLOT),
            ("Mistakes", "p"),
            ("Nerd Mode", "input"),
            ("Runs", "canvas"),
        )
    ),
    Screen("inspector", "inspect", ".st-key-inspect_step button", (step,)),
    Screen(
        "inspector, all open",
        "inspect",
        ".st-key-inspect_step button",
        (step, press("Open all", "text=Close all")),
        "[data-testid=stExpander]",
    ),
)
