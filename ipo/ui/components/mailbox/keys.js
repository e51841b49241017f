// What each key and each button of the mailbox does; keys are listed under “?”.

const KEY_LINES = [
  ["S", "Spam"],
  ["H", "Safe (ham)"],
  ["U", "Unsure: never taught"],
  ["Delete", "Take the label away"],
  ["J · ↓", "Next mail"],
  ["K · ↑", "Previous mail"],
  ["Z", "Undo"],
  ["Shift+Z · Y", "Redo"],
  ["Space", "Read on"],
  ["N", "Compute order and filter anew"],
  ["/", "Search; Enter goes back to the list, Esc ends it"],
  ["?", "These keys"],
];
const STEPS = { j: 1, ArrowDown: 1, ArrowRight: 1, k: -1, ArrowUp: -1, ArrowLeft: -1 };

// What a key does now; `mailbox` is the mailbox that it is for.
function actOfKey(mailbox, name) {
  if (name in STEPS) return () => mailbox.step(STEPS[name]);
  return {
    s: () => mailbox.label("spam"),
    h: () => mailbox.label("safe"),
    u: () => mailbox.label("unsure"),
    Delete: () => mailbox.label("clear"),
    Backspace: () => mailbox.label("clear"),
    z: (event) => mailbox.takeBack(event.shiftKey ? "redo" : "undo"),
    y: () => mailbox.takeBack("redo"),
    n: () => mailbox.renew(),
    "/": () => mailbox.find(".words").select(),
    " ": (event) => mailbox.readOn(event.shiftKey ? -1 : 1),
    "?": () => mailbox.toggleKeys(),
    Escape: () => mailbox.escape(),
  }[name];
}

function actOfButton(mailbox, { label, do: name }) {
  if (label) return () => mailbox.label(label);
  return {
    renew: () => mailbox.renew(),
    undo: () => mailbox.takeBack("undo"),
    redo: () => mailbox.takeBack("redo"),
    keys: () => mailbox.toggleKeys(),
    retry: () => mailbox.connection.send(true),
    noted: () => mailbox.noteStorage(),
  }[name];
}

function keyTable() {
  const table = make("table");
  for (const [key, what] of KEY_LINES) {
    const line = table.insertRow();
    line.insertCell().append(make("kbd", "", key));
    line.insertCell().textContent = what;
  }
  return table;
}
