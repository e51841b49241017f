// The table of features. Sorting is the browser's; a step changes the numbers and nothing else.

const FEATURE = "feature";
const SUMMARY = { mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length, min: (values) => Math.min(...values), max: (values) => Math.max(...values) };
const MARKED = "win rate"; // the column that a look is about
const ARROWS = { ArrowUp: -1, ArrowDown: 1 };

export default (component) => mount(component, (parent) => new FeatureTable(parent));

class FeatureTable {
  constructor(parent) {
    this.root = parent.querySelector(".features");
    this.sort = null; // {name, down}, of a column; null for the order of the features
    this.root.onclick = (event) => this.click(event);
    this.root.onkeydown = (event) => this.key(event);
    this.onFollowed = (key) => key === undefined && this.mark();
    shared.listeners.add(this.onFollowed);
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.root.getRootNode().host);
  }

  update({ data, setStateValue }) {
    this.setStateValue = setStateValue;
    adopt(data.followed);
    if (this.address === data.source.address) return this.place.ask();
    this.place?.end();
    this.address = data.source.address;
    this.place = followPanel(data.source, (content) => {
      this.content = content?.columns ? content : { columns: [], rows: [], looks: [] };
      setTimeout(() => this.draw()); // behind the figures
    });
  }

  close() {
    shared.listeners.delete(this.onFollowed);
    this.resized.disconnect();
    this.place.end();
  }

  // The features as they stand below each other.
  get order() {
    const { rows, columns } = this.content;
    const order = rows.map((_, feature) => feature);
    if (!this.sort) return order;
    const { name, down } = this.sort;
    const column = columns.indexOf(name);
    const value = (feature) => rows[feature][column] ?? -Infinity;
    return order.sort((one, other) => (value(one) - value(other)) * (down ? -1 : 1));
  }

  draw() {
    const { columns, rows, looks } = this.content;
    if (this.sort && !columns.includes(this.sort.name)) this.sort = null;
    const frame = JSON.stringify([columns, rows.length, this.sort]);
    const same = frame === this.frame;
    if (!same) this.build(columns, rows.length);
    this.frame = frame;
    const summaries = Object.values(SUMMARY).map((sum) => columns.map((_, column) => summed(sum, rows.map((row) => row[column]))));
    this.summaries.forEach((line, place) => write(line, summaries[place]));
    this.order.forEach((feature, place) => {
      const line = this.lines[place];
      line.dataset.feature = feature;
      line.className = looks[feature];
      write(line, rows[feature], String(feature));
    });
    this.mark();
    if (!same) this.fit();
  }

  // As wide as some whole columns are, so that none is cut at the edge. Measured where it has all the room, whatever
  // its width was: else two widths could each ask for the other, for ever.
  fit() {
    const { root } = this;
    root.style.width = "";
    const frame = root.offsetWidth - root.clientWidth; // scrollbar and border
    const room = root.clientWidth;
    let wide = 0, whole = 0;
    for (const head of root.querySelectorAll("thead tr:first-child > th")) {
      wide += head.getBoundingClientRect().width;
      if (wide <= room + 0.5) whole = wide;
    }
    const over = wide > room + 0.5;
    root.classList.toggle("more", over);
    if (over) root.style.width = `${whole + frame}px`;
  }

  // The table without its numbers.
  build(columns, count) {
    const focused = this.focusedColumn;
    const heads = columns.map((name, column) => `<th scope="col" aria-sort="${this.sorted(name)}"><button type="button" data-column="${column}">${escaped(name)}${this.arrow(name)}</button></th>`);
    const save = `<button type="button" class="save" title="Save as CSV" aria-label="Save the features as CSV">↧</button>`;
    const cells = columns.map((name) => (name === MARKED ? '<td class="marked"></td>' : "<td></td>")).join("");
    const line = (name) => `<tr><th scope="row" class="marked">${name}</th>${cells}</tr>`;
    const summary = count ? Object.keys(SUMMARY).map(line).join("") : "";
    this.root.innerHTML = `<table role="grid" aria-label="Features"><thead><tr><th scope="col"><button type="button" data-column="">${FEATURE}</button>${save}</th>${heads.join("")}</tr>${summary}</thead><tbody>${line("").repeat(count)}</tbody></table>`;
    this.summaries = [...this.root.querySelectorAll("thead tr:not(:first-child)")];
    this.lines = [...this.root.querySelectorAll("tbody tr")];
    this.resized.observe(this.root.firstElementChild); // longer numbers make it wider
    if (focused !== undefined) this.root.querySelector(`[data-column="${focused}"]`)?.focus({ preventScroll: true });
  }

  // Whose head has the keyboard, which drawing would take from it.
  get focusedColumn() {
    return this.root.getRootNode().activeElement?.dataset.column;
  }

  sorted(name) {
    return this.sort?.name !== name ? "none" : this.sort.down ? "descending" : "ascending";
  }

  arrow(name) {
    return { none: "", ascending: " ↑", descending: " ↓" }[this.sorted(name)];
  }

  mark() {
    const followed = shared.places[FEATURE];
    for (const row of this.root.querySelectorAll("tbody tr")) row.setAttribute("aria-selected", String(Number(row.dataset.feature) === followed));
  }

  click(event) {
    const button = event.target.closest("button");
    const row = event.target.closest("tbody tr");
    if (button?.classList.contains("save")) this.save();
    else if (button) this.sortBy(button.dataset.column);
    else if (row) this.follow(Number(row.dataset.feature));
  }

  // Up, down, and as the features are numbered.
  sortBy(column) {
    const name = this.content.columns[column]; // none is the column of the features
    const again = this.sort?.name === name;
    this.sort = name === undefined || (again && this.sort.down) ? null : { name, down: again };
    this.draw();
  }

  follow(feature) {
    const { [FEATURE]: before, ...others } = shared.places;
    this.setStateValue("followed", follow(before === feature ? others : { ...others, [FEATURE]: feature }));
  }

  key(event) {
    const by = ARROWS[keyName(event)];
    if (!by || !this.content?.rows.length) return;
    event.preventDefault();
    const { order } = this;
    const at = order.indexOf(shared.places[FEATURE]);
    const next = order[Math.min(Math.max(at + by, 0), order.length - 1)];
    if (next !== shared.places[FEATURE]) this.follow(next);
    this.root.querySelector(`[data-feature="${next}"]`).scrollIntoView({ block: "nearest" });
  }

  save() {
    const { columns, rows } = this.content;
    const quoted = columns.map((name) => `"${name.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`); // no formula
    const lines = [[FEATURE, ...quoted], ...this.order.map((feature) => [feature, ...rows[feature].map((value) => value ?? "nan")])];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.map((cells) => cells.join(",")).join("\n") + "\n"], { type: "text/csv" }));
    link.download = "features.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

// Of the values that are numbers; null if none is.
function summed(sum, values) {
  const numbers = values.filter((value) => value !== null);
  return numbers.length ? sum(numbers) : null;
}

// Put numbers into a line, and what it is called; what stays is not touched.
function write(line, values, name = line.cells[0].textContent) {
  [name, ...values.map((value) => (value === null ? "NaN" : numberText(value, 4)))].forEach((text, place) => {
    if (line.cells[place].textContent !== text) line.cells[place].textContent = text;
  });
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
