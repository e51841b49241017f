"""What anybody may be kept from on a page: by axe-core, and text of which a part is cut off."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LOOKS, LOOK_MS = 15, 100  # at a page, until nothing on it is cut; milliseconds between two

# What Streamlit draws and the app cannot change, by the rule that finds it.
STREAMLITS = {
    "list": "[data-testid=stSidebarNavItems]",  # groups of pages are <div> between <ul> and <li>
    "listitem": "[data-testid=stSidebarNavItems]",
    "color-contrast": "label[disabled]",  # WCAG asks for no contrast where nothing can be done
}

_SERIOUS = """async ([within, options, streamlits]) => {
  const { violations } = await axe.run(within || document, options);
  const isStreamlits = (rule, [target, ...inShadow]) =>
    streamlits[rule] && !inShadow.length && document.querySelector(target)?.closest(streamlits[rule]);
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) =>
      nodes
        .filter(({ target }) => !isStreamlits(id, target))
        .map(({ html, failureSummary: why }) => `${id}: ${html.slice(0, 200)} ${why.split("\\n").at(-1)}`),
    );
}"""

# Texts of which a part lies outside what clips it, as "text | element". Not cut are: what can be scrolled to,
# what is there for screen readers alone, and text that ends in an ellipsis and has all of it as its title.
_CUT_TEXTS = """() => {
  const SLACK = { x: 1.5, y: 4 }; // pixels: a line box is taller than its letters
  const found = new Set();
  const parentOf = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;
  const nameOf = (element) => [element.tagName.toLowerCase(), ...element.classList].join(".");
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  function isTitled(element, text) {
    for (let at = element; at; at = parentOf(at)) {
      const title = at.getAttribute?.("title") ?? "";
      if (title.replace(/\\s+/g, " ").includes(text)) return true;
    }
    return false;
  }

  // Whether a box of text reaches beyond an element that clips it, before one that scrolls it into view.
  function isCut(box, element) {
    const free = { x: true, y: true };
    for (let at = element; at && (free.x || free.y); at = parentOf(at)) {
      const style = getComputedStyle(at), clip = at.getBoundingClientRect();
      if (style.position === "fixed") return false;
      for (const [axis, near, far, own, all] of [
        ["x", "left", "right", at.clientWidth, at.scrollWidth],
        ["y", "top", "bottom", at.clientHeight, at.scrollHeight],
      ]) {
        const overflow = style[axis === "x" ? "overflowX" : "overflowY"];
        if (!free[axis] || overflow === "visible") continue;
        if (Math.min(clip.width, clip.height) <= 2) return false; // for screen readers
        if (["auto", "scroll"].includes(overflow) && all > own) free[axis] = false;
        else if (box[near] < clip[near] - SLACK[axis] || box[far] > clip[far] + SLACK[axis]) return true;
      }
    }
    return false;
  }

  function lookAt(element) {
    if (["SCRIPT", "STYLE", "NOSCRIPT", "TITLE"].includes(element.tagName)) return;
    if (!(element instanceof ShadowRoot) && !seen(element)) return;
    const typed = element.tagName === "INPUT" && element.value;
    if (typed && element.scrollWidth > element.clientWidth + 1 && !isTitled(element, typed)) {
      found.add(`${typed} | ${nameOf(element)}`);
    }
    for (const child of element.childNodes) {
      if (child instanceof Element) lookAt(child);
      const text = child.nodeType === Node.TEXT_NODE ? child.data.replace(/\\s+/g, " ").trim() : "";
      if (!text) continue;
      const range = document.createRange();
      range.selectNodeContents(child);
      const cut = [...range.getClientRects()].some((box) => box.width && isCut(box, element));
      if (cut && !isTitled(element, text)) found.add(`${text.slice(0, 80)} | ${nameOf(element)}`);
    }
    if (element.shadowRoot) lookAt(element.shadowRoot);
  }

  lookAt(document.body);
  const main = document.querySelector("[data-testid=stMain]");
  if (main?.scrollWidth > main?.clientWidth + 1) found.add("The page can be scrolled sideways | stMain");
  return [...found];
}"""


def cut_texts(page: Page) -> list[str]:
    """Texts on the page that nobody can read to their end, each with the element that it is in."""
    for _ in range(LOOKS):  # charts take their new width a moment after the window has it
        found = [str(text) for text in page.evaluate(_CUT_TEXTS)]
        if not found:
            break
        page.wait_for_timeout(LOOK_MS)
    return found


# Controls that look the same with the keyboard's focus as without: they, and what they stand in.
_WITHOUT_FOCUS = """async () => {
  const LOOK = ["outline", "boxShadow", "border", "background", "color", "textDecoration"];
  const WITHIN = 8; // elements round a control that may show its focus in its stead
  const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex]";
  const found = new Set();
  const parentOf = (node) => node.parentElement ?? node.getRootNode().host ?? null;

  function looksOf(control) {
    const looks = [];
    for (let at = control; at && looks.length < WITHIN; at = parentOf(at)) {
      const style = getComputedStyle(at);
      looks.push(LOOK.map((name) => style[name]).join("; "));
    }
    return looks.join("\\n");
  }

  function controlsIn(root) {
    const roots = [...root.querySelectorAll("*")].map(({ shadowRoot }) => shadowRoot).filter(Boolean);
    return [...root.querySelectorAll(CONTROLS), ...roots.flatMap(controlsIn)];
  }

  const drawn = () => new Promise((done) => setTimeout(done)); // React draws it a moment later
  const still = new CSSStyleSheet();
  still.replaceSync("* { transition: none !important }");
  const roots = new Set([document]);
  const controls = controlsIn(document).filter(
    (control) =>
      control.tabIndex >= 0 && !control.disabled && control.checkVisibility({ visibilityProperty: true }),
  );
  for (const control of controls) roots.add(control.getRootNode());
  for (const root of roots) root.adoptedStyleSheets = [...root.adoptedStyleSheets, still];
  for (const control of controls) {
    document.activeElement?.blur();
    await drawn();
    const before = looksOf(control);
    control.focus({ preventScroll: true, focusVisible: true });
    await drawn();
    if (control.matches(":focus") && looksOf(control) === before) found.add(control.outerHTML.slice(0, 160));
  }
  document.activeElement?.blur();
  for (const root of roots) {
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((sheet) => sheet !== still);
  }
  return [...found];
}"""


def without_visible_focus(page: Page) -> list[str]:
    """Controls that show nothing when the keyboard comes to them."""
    page.keyboard.press("Shift")  # from now on the focus is the keyboard's
    return [f"no visible focus: {control}" for control in page.evaluate(_WITHOUT_FOCUS)]


def serious_findings(page: Page, within: str = "", *, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds to be serious or worse within an element, a line each; by all rules or by these."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    return [str(finding) for finding in page.evaluate(_SERIOUS, [within, options, STREAMLITS])]
