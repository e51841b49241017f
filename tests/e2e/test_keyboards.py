"""Keys as the world's keyboards send them: what each means, and that the deck and the gallery act on it."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ipo.ui.components.bundle import shared_scripts
from tests.support.app_server import AppServer
from tests.support.browser import labels, open_page, seen, shown
from tests.support.rows import fill_session
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

# What is written on a key, and its place on the keyboard → what it means. Empty: nobody's.
LAYOUTS: dict[str, list[tuple[str, str, str]]] = {
    "United States": [("g", "KeyG", "g"), ("1", "Digit1", "1"), ("4", "Numpad4", "4")],
    "Caps Lock": [("G", "KeyG", "g")],
    "French": [("&", "Digit1", "1"), ("é", "Digit2", "2"), ("à", "Digit0", "0"), ("q", "KeyA", "q")],
    "French, a comma where others have M": [(",", "KeyM", "")],
    "Belgian": [('"', "Digit3", "3"), ("§", "Digit6", "6"), ("ç", "Digit9", "9")],
    "Czech": [("+", "Digit1", "1"), ("ě", "Digit2", "2"), ("é", "Digit0", "0"), ("y", "KeyZ", "y")],
    "Dvorak": [("b", "KeyN", "b"), ("x", "KeyB", "x"), ("'", "KeyQ", "")],
    "Turkish": [("ı", "KeyI", ""), ("ğ", "KeyE", "")],
    "Russian": [("п", "KeyG", "g"), ("П", "KeyG", "g"), ("и", "KeyB", "b"), ("т", "KeyN", "n")],
    "Greek": [("γ", "KeyG", "g"), ("β", "KeyB", "b"), (";", "KeyQ", "")],
    "Hebrew": [("ע", "KeyG", "g"), ("נ", "KeyB", "b"), ("מ", "KeyN", "n")],
    "Arabic": [("ل", "KeyG", "g"), ("لا", "KeyB", "b"), ("ى", "KeyN", "n"), ("٢", "Digit2", "2")],
    "Persian": [("۳", "Digit3", "3"), ("۴", "Numpad4", "4")],
    "Thai": [("เ", "KeyG", "g"), ("ิ", "KeyB", "b"), ("ๅ", "Digit1", "1")],
    "Hindi": [("ु", "KeyG", "g"), ("व", "KeyB", "b")],
    "Japanese, full width": [("ｇ", "KeyG", "g"), ("１", "Digit1", "1")],
    "Korean": [("ㅎ", "KeyG", "g"), ("ㅠ", "KeyB", "b")],
    "number pad without Num Lock": [("ArrowLeft", "Numpad4", "ArrowLeft")],
    "a remote desktop": [("Unidentified", "KeyG", "g")],
    "named": [
        ("Backspace", "Backspace", "Backspace"),
        ("Enter", "NumpadEnter", "Enter"),
        (" ", "Space", " "),
    ],
    "of Streamlit": [("c", "KeyC", ""), ("R", "KeyR", ""), ("с", "KeyC", ""), ("к", "KeyR", "")],
    "dead": [("Dead", "BracketLeft", "Dead")],
}
# What else an event may say, so that its key is nobody's or another.
HELD: list[tuple[dict[str, Any], str]] = [
    ({"key": "g", "code": "KeyG", "ctrlKey": True}, ""),
    ({"key": "g", "code": "KeyG", "metaKey": True}, ""),
    ({"key": "©", "code": "KeyG", "altKey": True}, ""),
    ({"key": "ŋ", "code": "KeyG", "modifierAltGraph": True}, ""),
    ({"key": "g", "code": "KeyG", "isComposing": True}, ""),
    ({"key": "Process", "code": "KeyG", "keyCode": 229}, ""),
    ({"key": "!", "code": "Digit1", "shiftKey": True}, "!"),
    ({"key": "1", "code": "Digit1", "shiftKey": True}, "1"),  # French
    ({"key": "G", "code": "KeyG", "shiftKey": True}, "g"),
]

_NAMES = """([source, events]) => {
  const keyName = new Function(`${source}; return keyName;`)();
  const pressed = events.map((event) => new KeyboardEvent("keydown", event));
  return [...pressed, new Event("keydown")].map(keyName);
}"""

# A key pressed where the focus is, as its keyboard sends it. Whether somebody took it.
_PRESS = """(event) => {
  let target = document.activeElement;
  while (target.shadowRoot?.activeElement) target = target.shadowRoot.activeElement;
  const options = { bubbles: true, composed: true, cancelable: true };
  return !target.dispatchEvent(new KeyboardEvent("keydown", { ...options, ...event }));
}"""


def press(page: Page, key: str, code: str, **more: Any) -> bool:
    return bool(page.evaluate(_PRESS, {"key": key, "code": code, **more}))


def test_a_key_means_the_same_on_every_keyboard(browser: Browser) -> None:
    rows = [
        ({"key": key, "code": code}, name) for keys in LAYOUTS.values() for key, code, name in keys
    ] + HELD
    page = browser.new_page()
    names = page.evaluate(_NAMES, [shared_scripts("keyboard"), [event for event, _ in rows]])
    page.close()
    assert list(zip([event for event, _ in rows], names, strict=False)) == rows
    assert names[-1] == ""  # what a browser sends that fills in a form


def test_a_batch_is_judged_from_french_and_russian_keyboards(page: Page, server: AppServer) -> None:
    page.get_by_role("radio", name="Batch").click()
    tiles = [seen(page, place=place).id for place in range(4)]
    assert press(page, '"', "Digit3")
    assert press(page, "ArrowRight", "ArrowRight")
    eventually(lambda: labels(server.home) == {tiles[2]: 1}, "the judged tile")
    before = seen(page).id
    assert press(page, "т", "KeyN")
    after = seen(page, other_than=before).id
    assert not press(page, "т", "KeyN", isComposing=True)
    assert not press(page, "т", "KeyN", ctrlKey=True)
    assert press(page, "т", "KeyN", repeat=True)  # taken, so that nothing scrolls, and yet no act
    page.get_by_role("textbox", name="Prompt").focus()
    assert not press(page, "т", "KeyN")
    assert shown(page) == after


def test_the_gallery_relabels_from_a_greek_keyboard(browser: Browser, server: AppServer) -> None:
    fill_session(server.home, rows=2, size=448)
    page = open_page(browser, server.url)
    page.get_by_role("radio", name="Gallery").click()
    chosen = page.locator(".gallery .tile.chosen")
    first = id_of(chosen)
    was = labels(server.home)[first]
    assert press(page, *(("β", "KeyB") if was > 0 else ("γ", "KeyG")))
    eventually(lambda: labels(server.home)[first] == -was, "the other label")
    page.close()


def id_of(tile: Locator) -> str:
    expect(tile.locator("img")).to_be_visible()
    return str(tile.get_attribute("data-candidate"))


# Two components that hear keys, as while one mode of a page gives way to another: who heard which key.
_OWNERS = """(source) => {
  const { Keyboard } = new Function(`${source}; return { Keyboard };`)();
  const heard = [];
  const component = (name) => {
    const root = document.body.appendChild(document.createElement("div"));
    return { root, keyboard: new Keyboard(root, () => () => heard.push(name)) };
  };
  const press = (target = document.body) => {
    const b = { key: "b", code: "KeyB", bubbles: true, composed: true };
    target.dispatchEvent(new KeyboardEvent("keydown", b));
    return heard.splice(0);
  };
  const [deck, gallery] = [component("deck"), component("gallery")];
  const both = [press(), press(deck.root)];
  deck.keyboard.claim();
  const claimed = press();
  deck.root.remove();
  const left = press();
  gallery.keyboard.close();
  return [...both, claimed, left, press()];
}"""


def test_a_key_is_for_what_was_drawn_last_alone(browser: Browser) -> None:
    page = browser.new_page()
    heard = page.evaluate(_OWNERS, shared_scripts("keyboard"))
    assert heard == [["gallery"], ["gallery"], ["deck"], ["gallery"], []]
    page.close()
