// What a key means to a component, on the keyboards that people have, and when it is not the component's.

const MODIFIERS = ["ctrlKey", "altKey", "metaKey"];
const STREAMLIT = ["c", "r"]; // clear the cache, run again
const PRESSES = ["Enter", " "]; // what has the focus is pressed by these
const NOT_TYPED_IN = ["button", "checkbox", "color", "file", "image", "reset", "submit"]; // types of <input>

// The name of a key: a small Latin letter, a digit, or what the standard calls it, as "ArrowLeft". Empty for what
// is nobody's: a shortcut of the browser or of Streamlit, a third-level character, a letter on its way.
function keyName(event) {
  if (!event.key) return ""; // a browser that fills in a form sends such
  if (MODIFIERS.some((name) => event[name]) || event.getModifierState("AltGraph")) return "";
  if (event.isComposing || event.keyCode === 229) return "";
  const name = characterOf(event);
  return STREAMLIT.includes(name) ? "" : name;
}

// What is written on the key, in Latin letters and European digits. Where the layout has another script, or has its
// digits behind Shift, the place of the key says it; a Latin layout keeps its own letters, wherever they are.
function characterOf({ key, code, shiftKey }) {
  if (/^[A-Z][A-Za-z0-9]+$/.test(key) && key !== "Unidentified") return key;
  const character = key.normalize("NFKC"); // full-width letters and digits
  if (/^[a-z0-9]$/i.test(character)) return character.toLowerCase();
  const [, letter] = /^Key([A-Z])$/.exec(code) ?? [];
  if (letter) return key === "Unidentified" || isOtherScript(character) ? letter.toLowerCase() : "";
  const [, digit] = /^(?:Digit|Numpad)([0-9])$/.exec(code) ?? [];
  return digit && !shiftKey ? digit : character;
}

// Letters, and vowels that are written as marks, of no Latin alphabet. A key may have two of them.
function isOtherScript(text) {
  return /^[\p{L}\p{M}]+$/u.test(text) && !/\p{Script=Latin}/u.test(text);
}

// The components of the page that hear keys, the one that Streamlit drew last behind the others.
const keyboards = (window.ipoKeyboards ??= new Set());

// Hears the keys of the whole page for a component, before a widget that still has the focus. What was left for another
// mode or page stands in the document until that is drawn whole: keys are then for what was drawn last.
class Keyboard {
  // `actOf(name)` gives what a key does now; those that `repeats(name)` do it again while they are held down.
  constructor(root, actOf, repeats = () => false) {
    Object.assign(this, { root, actOf, repeats });
    this.tabbed = false; // whether the focus was moved by keyboard
    this.onKey = (event) => this.press(event);
    this.onPointer = () => (this.tabbed = false);
    window.addEventListener("pointerdown", this.onPointer, true);
    window.addEventListener("keydown", this.onKey, true);
    this.claim();
  }

  // From now on keys are this component's.
  claim() {
    keyboards.delete(this);
    keyboards.add(this);
  }

  close() {
    keyboards.delete(this);
    window.removeEventListener("pointerdown", this.onPointer, true);
    window.removeEventListener("keydown", this.onKey, true);
  }

  press(event) {
    if (event.key === "Tab") this.tabbed = true;
    const owner = [...keyboards].findLast(({ root }) => root.isConnected);
    if (owner !== this || isElsewhere(event, this.root, this.tabbed)) return;
    const name = keyName(event);
    const act = name && this.actOf(name);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat || this.repeats(name)) act(event);
  }
}

// Whether a key belongs to what has the focus. Whoever walks the page by Tab keeps a widget's own keys; after a
// click on one, keys are the component's, except while text is typed, a dialog or a list is open or a slider was
// touched.
function isElsewhere(event, root, tabbed) {
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.some((element) => isTypedIn(element, tabbed) || element.matches("dialog, [aria-modal=true]"))) return true;
  const [target] = path;
  if (!target || target === document.body || target === document.documentElement) return false;
  if (PRESSES.includes(event.key) && target.closest("button, a, summary, input")) return true;
  return !root.contains(target) && (tabbed || target.getAttribute("role") === "slider");
}

function isTypedIn(element, tabbed) {
  if (element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName)) return true;
  if (element.tagName !== "INPUT" || NOT_TYPED_IN.includes(element.type)) return false;
  const closedList = element.getAttribute("role") === "combobox" && element.getAttribute("aria-expanded") !== "true";
  return tabbed || !closedList;
}
