// What the reader should know just now, and what undo and redo would do.

const HINT = "S spam · H safe · U unsure · J and K next and previous · ? keys";
const UNSAVED_SHOWN = 3; // acts on their way from which on they are mentioned

class Notes {
  constructor(root) {
    this.root = root;
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // `state` is {view, connection, log, news}; `view` is what the server told last.
  draw({ view, connection, log, news }) {
    const wrong = [view?.error, connection.refusal].filter(Boolean).join(" ");
    const unkept = connection.problem || wrong ? "" : storageProblem();
    const saving = log.events.length >= UNSAVED_SHOWN ? `Saving ${counted(log.events.length, "label")} …` : "";
    const problem = connection.problem || wrong || unkept;
    const text = problem || saving || news || HINT;
    const message = this.find(".message");
    if (message.textContent !== text) message.textContent = text;
    message.classList.toggle("bad", Boolean(problem));
    this.find(".retry").hidden = Boolean(connection.problem) || !wrong;
    this.find(".noted").hidden = !unkept;
    for (const [kind, word] of [["undo", "Undo"], ["redo", "Redo"]]) {
      const button = this.find(`[data-do=${kind}]`);
      button.disabled = !view?.[kind] && !log.events.length;
      button.title = view?.[kind] ? `${word}: ${view[kind]}` : `Nothing to ${kind}`;
    }
  }
}
