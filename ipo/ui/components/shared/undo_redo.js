const WALKS = [["undo", "Undo", "Backspace"], ["redo", "Redo", "Shift+Backspace"]]; // kind, word, key

// What the last of some events did that an answer acknowledges, if it was an undo or a redo; undefined if neither.
// `undo` and `redo` of the view say what would be next, so the act that was moved is the first of the other.
function newsOf(applied, view) {
  const kind = applied.at(-1)?.kind;
  if (view.notice || (kind !== "undo" && kind !== "redo")) return undefined;
  const [act] = kind === "undo" ? view.redo : view.undo;
  return act && `${kind === "undo" ? "Took back" : "Did again"}: ${act.text}`;
}

// What the buttons of undo and redo would do, given what is `undo` and `redo` of a table. `buttonOf(kind)`: its button.
function drawWalks(buttonOf, table) {
  for (const [kind, word, key] of WALKS) {
    const button = buttonOf(kind);
    const [act] = table[kind];
    button.disabled = !act;
    button.title = act ? `${word}: ${act.text ?? "your last act"} (${key})` : `Nothing to ${kind}`;
  }
}
