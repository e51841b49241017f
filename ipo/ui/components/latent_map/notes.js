// What the user should know just now, and what undo and redo would do.

const HINT = "Click a point, then 0–9 to label it · N next suggestion · ? keys";
const UNSAVED_SHOWN = 3; // acts on their way from which on they are mentioned

class Notes {
  constructor(root) {
    this.root = root;
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // `state` is {view, connection, log, news, unsupported}; `view` is what the server told last.
  draw({ view, connection, log, news, unsupported }) {
    const wrong = [view?.error, connection.refusal].filter(Boolean).join(" ");
    const unkept = connection.problem || wrong ? "" : storageProblem();
    const waiting = log.events.length;
    const saving = waiting >= UNSAVED_SHOWN ? `Saving ${waiting.toLocaleString("en")} acts …` : "";
    const problem = connection.problem || wrong || unkept;
    const text = problem || saving || news || unsupported || view?.notice || HINT;
    const message = this.find(".message");
    if (message.textContent !== text) message.textContent = text;
    message.classList.toggle("bad", Boolean(problem));
    this.find(".retry").hidden = Boolean(connection.problem) || !wrong;
    this.find(".noted").hidden = !unkept;
    this.drawButton("undo", "Undo", view);
    this.drawButton("redo", "Redo", view);
  }

  // What stands where the map will be.
  drawCover(view, hasMap, connection) {
    const text = hasMap || connection.isLost || view?.error ? "" : coverText(view);
    const cover = this.find(".cover");
    if (cover.textContent !== text) cover.textContent = text;
    cover.hidden = !text;
    return text;
  }

  drawButton(kind, word, view) {
    const button = this.find(`[data-do=${kind}]`);
    button.disabled = !view?.[kind];
    button.title = view?.[kind] ? `${word}: ${actText(view, kind)}` : `Nothing to ${kind}`;
  }
}

function coverText(view) {
  if (!view) return "Opening the images …";
  if (!view.opened) return "Reading the images …";
  if (view.predicting || view.points) return "The map is being worked out …";
  return "There is no map yet. Train some epochs above, and every image gets its place here. The table shows all images already.";
}

// What an undo or redo is about, with the class by its name.
function actText(view, kind) {
  const names = view.data?.classes ?? [];
  return view[kind].replace(/^\d+(?= on )/, (code) => names[code] ?? code);
}
