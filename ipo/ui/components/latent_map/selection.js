// The images that were chosen, in the order in which they were; kept across a reload.

const MOST_KEPT = 100_000; // rows that a browser has room for

class Selection {
  constructor(place) {
    this.place = place;
    this.rows = new Uint32Array(0);
    this.focus = -1; // the one that the panel shows
    const kept = loadList(place).filter((row) => Number.isInteger(row) && row >= 0);
    if (kept.length) this.set(kept, kept[0]);
  }

  // A selection by what a gesture means: instead of, beside, or taken from the one before.
  choose(rows, how = "replace") {
    if (how === "replace") this.set(rows, rows.length ? rows[0] : -1);
    else if (how === "add") this.set([...this.rows, ...rows], rows.length ? rows[0] : this.focus);
    else {
      const had = new Set(this.rows);
      const gone = new Set([...rows].filter((row) => had.has(row)));
      const more = [...rows].filter((row) => !had.has(row));
      const left = [...this.rows].filter((row) => !gone.has(row));
      this.set([...left, ...more], more.length ? more[0] : gone.has(this.focus) ? left.at(-1) ?? -1 : this.focus);
    }
  }

  set(rows, focus) {
    this.rows = Uint32Array.from(new Set(rows));
    this.focus = focus;
    const kept = this.rows.length > MOST_KEPT ? [] : [focus, ...this.rows].filter((row) => row >= 0);
    saveList(this.place, [...new Set(kept)]);
  }

  // Forget what is no row of a set of so many images.
  limit(count) {
    if (!this.rows.some((row) => row >= count)) return;
    const rows = this.rows.filter((row) => row < count);
    this.set(rows, rows[0] ?? -1);
  }
}

// Those of some rows that have the label of one, or its prediction where it has no label.
function likeIn(rows, row, codes, predicted) {
  const classes = codes[row] >= 0 ? codes : predicted;
  return rows.filter((other) => classes[other] === classes[row]);
}
