// Labels as the reader sees them: those of the server, with the acts on top that it has not acknowledged.

class Labels {
  constructor() {
    Object.assign(this, { version: null, saved: "", shown: [], waiting: { undo: [], redo: [] } });
  }

  // `view` has the letters of all mails where they are others than those of `version`.
  take(view) {
    if (view.codes !== undefined) Object.assign(this, { saved: view.codes, version: view.labels });
  }

  // What an undo on its way takes back is known if the act is on its way too; else the server says it.
  apply(events, rowOf) {
    this.shown = Array.from(this.saved);
    const [done, undone] = [[], []];
    this.waiting = { undo: done, redo: undone };
    for (const { kind, mail } of events) {
      if (kind === "undo" || kind === "redo") this.turn(...(kind === "undo" ? [done, undone] : [undone, done]));
      else if (rowOf.has(mail)) {
        const row = rowOf.get(mail);
        done.push([row, this.shown[row]]);
        undone.length = 0;
        this.shown[row] = LETTERS[kind];
      }
    }
  }

  // The row that an undo or redo would be about now, if that is of an act on its way.
  nextRow(kind) {
    return this.waiting[kind].at(-1)?.[0];
  }

  turn(from, to) {
    if (!from.length) return;
    const [row, letter] = from.pop();
    to.push([row, this.shown[row]]);
    this.shown[row] = letter;
  }

  // Rows whose label the server says to be another than before.
  changedSince(before) {
    return Array.from(this.saved).flatMap((letter, row) => (letter === before[row] ? [] : [row]));
  }
}
