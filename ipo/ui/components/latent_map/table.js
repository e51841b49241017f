// The same images as a table: for readers of the screen, without WebGL, and to sort what is chosen.

const PAGE = 100; // rows at a time
const COLUMNS = {
  row: { name: "Image", of: (row) => row },
  label: { name: "Your label", of: (row, { codes }) => codes[row] },
  predicted: { name: "Predicted", of: (row, { points }) => points?.predicted[row] ?? 255 },
  certainty: { name: "Certainty", of: (row, { points }) => points?.certainty[row] ?? 0 },
};

class Table {
  // `act` is {choose(rows, how)}.
  constructor(root, thumbnails, act) {
    Object.assign(this, { root: root.querySelector(".table"), thumbnails, act, sort: "row", isUp: true, page: 0 });
    this.root.onclick = (event) => {
      const { sort, turn } = event.target.closest("[data-sort], [data-turn]")?.dataset ?? {};
      const line = event.target.closest("tbody tr");
      if (sort) this.sortBy(sort);
      else if (turn) this.turn(Number(turn));
      else if (line) act.choose([Number(line.dataset.row)], event.shiftKey || event.ctrlKey || event.metaKey || this.isOfSelection ? "focus" : "replace");
    };
  }

  sortBy(sort) {
    this.isUp = this.sort === sort ? !this.isUp : sort !== "certainty";
    Object.assign(this, { sort, page: 0, sorted: null });
    this.draw(this.state);
  }

  turn(by) {
    this.page += by;
    this.draw(this.state);
  }

  // The rows of the selection where there are several; all others where there is one or none.
  get isOfSelection() {
    return this.state.selection.rows.length > 1;
  }

  draw(state) {
    this.state = state;
    if (this.root.hidden) return;
    const rows = this.rows();
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    this.page = Math.max(0, Math.min(this.page, pages - 1));
    const shown = rows.subarray(this.page * PAGE, (this.page + 1) * PAGE);
    const place = this.root.scrollTop;
    this.root.replaceChildren(this.head(rows.length, pages), this.body(shown));
    this.root.scrollTop = place;
  }

  rows() {
    const { selection, count, points, codes } = this.state;
    const about = this.isOfSelection ? selection.rows : count;
    const isSame = this.sorted && this.about === about && this.points === points && (this.sort !== "label" || this.codes === codes);
    if (isSame) return this.sorted;
    Object.assign(this, { about, points, codes });
    const rows = this.isOfSelection ? Uint32Array.from(about) : Uint32Array.from({ length: count }, (_, row) => row);
    const { of } = COLUMNS[this.sort];
    const way = this.isUp ? 1 : -1;
    if (this.sort !== "row" || !this.isUp || this.isOfSelection) rows.sort((one, other) => way * (of(one, this.state) - of(other, this.state)) || one - other);
    return (this.sorted = rows);
  }

  // The place of the row at hand among those that are listed, and the row at another place.
  step(row, by) {
    const rows = this.rows();
    const place = Math.max(0, Math.min(rows.length - 1, rows.indexOf(row) + by));
    this.page = Math.floor(place / PAGE);
    return rows[place] ?? -1;
  }

  head(count, pages) {
    const head = document.createElement("header");
    const words = document.createElement("span");
    const what = this.isOfSelection ? `${count.toLocaleString("en")} chosen images` : `${count.toLocaleString("en")} images`;
    words.textContent = pages > 1 ? `${what} · page ${this.page + 1} of ${pages.toLocaleString("en")}` : what;
    head.append(words, turnButton("‹ Before", -1, this.page === 0), turnButton("Next ›", 1, this.page === pages - 1));
    return head;
  }

  body(rows) {
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    head.append(document.createElement("th"));
    for (const [key, { name }] of Object.entries(COLUMNS)) {
      const cell = document.createElement("th");
      const button = document.createElement("button");
      button.dataset.sort = key;
      button.textContent = key === this.sort ? `${name} ${this.isUp ? "↑" : "↓"}` : name;
      cell.setAttribute("aria-sort", key !== this.sort ? "none" : this.isUp ? "ascending" : "descending");
      cell.append(button);
      head.append(cell);
    }
    const body = table.createTBody();
    for (const row of rows) this.line(body.insertRow(), row);
    return table;
  }

  line(line, row) {
    const { data, points, codes, selection } = this.state;
    const picture = Object.assign(document.createElement("span"), { className: "picture" });
    this.thumbnails.draw(picture, row);
    line.insertCell().append(picture);
    const predicted = data.classes[points?.predicted[row]] ?? "–";
    const certainty = points ? `${Math.round((100 * points.certainty[row]) / 255)} %` : "–";
    for (const text of [row.toLocaleString("en"), Labels.text(codes[row], data.classes), predicted, certainty]) line.insertCell().textContent = text;
    line.dataset.row = row;
    line.setAttribute("aria-selected", String(row === selection.focus));
  }
}

function turnButton(text, by, isDisabled) {
  const button = Object.assign(document.createElement("button"), { textContent: text, disabled: isDisabled });
  button.dataset.turn = by;
  return button;
}
