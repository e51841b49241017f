// The labels of all images: those that the server told last, with the acts on top that it has not acknowledged.

const NO_LABEL = -1, UNSURE = -2;

class Labels {
  // `changed()` is called when all labels came from the server.
  constructor(changed) {
    Object.assign(this, { changed, version: null, told: new Int8Array(0), codes: new Int8Array(0), applied: [] });
  }

  // Take in what an answer says, and the acts that left the log with it. `asked` is the version that was sent.
  take({ version, changes }, applied, asked, address) {
    if (version === null || version === this.version) return;
    if (changes && asked === this.version) {
      changes.rows.forEach((row, place) => (this.told[row] = changes.codes[place]));
      this.version = version;
    } else {
      this.applied.push(...applied); // they stay on screen until all labels are here
      this.load(address);
    }
  }

  async load(address) {
    if (this.loading) return;
    this.loading = true;
    try {
      const answer = await fetch(`${address}/labels`, { cache: "no-store" });
      if (!answer.ok) return;
      const bytes = await answer.arrayBuffer();
      const [version, count] = new Uint32Array(bytes, 0, 2);
      Object.assign(this, { version, told: new Int8Array(bytes, 8, count), applied: [] });
      this.changed();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no answer: the next view asks again
    } finally {
      this.loading = false;
    }
  }

  // Apply the acts that are on their way.
  apply(events) {
    this.codes = this.told.slice();
    for (const { kind, rows, label } of [...this.applied, ...events]) {
      const code = { label, clear: NO_LABEL, unsure: UNSURE }[kind];
      if (code !== undefined) for (const row of rows) this.codes[row] = code;
    }
  }

  isOpen(row) {
    return this.codes[row] === NO_LABEL;
  }

  // “7 · Sneaker”: what a label is called.
  static text(code, names) {
    if (code === UNSURE) return "unsure";
    return code >= 0 ? names[code] ?? String(code) : "–";
  }
}
