// The labels of all images: those that the server told last, with the acts on top that it has not acknowledged.

const NO_LABEL = -1, UNSURE = -2;

class Labels {
  // `changed()` is called when all labels came from the server.
  constructor(address, changed) {
    Object.assign(this, { address, changed, version: null, saved: new Int8Array(0), codes: new Int8Array(0) });
    this.applied = []; // acts that the server has, and that are not in `saved` yet
  }

  // Take in what an answer says, and the acts that left the log with it. `asked` is the version that was sent.
  take({ version, changes }, applied, asked) {
    if (version === null || version === this.version) return;
    if (changes && asked === this.version) {
      changes.rows.forEach((row, place) => (this.saved[row] = changes.codes[place]));
      this.version = version;
    } else {
      this.applied.push(...applied);
      this.load();
    }
  }

  // Read all labels; once more if the server had taken others meanwhile.
  async load() {
    this.isLate = true;
    if (this.loading) return;
    this.loading = true;
    try {
      while (this.isLate) {
        this.isLate = false;
        await this.read();
      }
      this.changed();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no answer: the next view asks again
    } finally {
      this.loading = false;
    }
  }

  async read() {
    const contained = this.applied.length;
    const answer = await fetch(`${this.address}/labels`, { cache: "no-store" });
    if (!answer.ok) return;
    const bytes = await answer.arrayBuffer();
    const [version, count] = new Uint32Array(bytes, 0, 2);
    Object.assign(this, { version, saved: new Int8Array(bytes, 8, count), applied: this.applied.slice(contained) });
  }

  // Apply the acts that are on their way.
  apply(events) {
    this.codes = this.saved.slice();
    for (const { kind, rows, label } of [...this.applied, ...events]) {
      const code = { label, clear: NO_LABEL, unsure: UNSURE }[kind];
      if (code !== undefined) for (const row of rows) this.codes[row] = code;
    }
  }

  isOpen(row) {
    return this.codes[row] === NO_LABEL;
  }

  // What a label is called.
  static text(code, names) {
    if (code === UNSURE) return "unsure";
    return code >= 0 ? names[code] ?? String(code) : "–";
  }
}
