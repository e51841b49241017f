// The list: as many lines as fit are drawn, however many mails there are.

const LINE = 52; // CSS pixels, as in mailbox.css
const BEYOND = 4; // lines above and below what is seen

class MailList {
  // `choose(row)` is called when a line is pressed.
  constructor(root, choose) {
    this.root = root.querySelector(".list");
    this.room = this.root.querySelector(".room");
    this.rows = [];
    this.root.addEventListener("scroll", () => this.drawLines());
    this.root.addEventListener("click", (event) => {
      const line = event.target.closest(".line");
      if (line) choose(Number(line.dataset.row));
    });
    this.watching = new ResizeObserver(() => this.drawLines());
    this.watching.observe(this.root);
  }

  close() {
    this.watching.disconnect();
  }

  // `state` is {list, scores, letters, reasons, current}.
  draw(rows, state) {
    Object.assign(this, { rows, state });
    this.room.style.height = `${rows.length * LINE}px`;
    this.drawLines();
  }

  // Scroll as little as makes the line at hand, and its next one, visible.
  reveal(row) {
    const place = this.rows.indexOf(row);
    if (place < 0) return;
    const { scrollTop, clientHeight } = this.root;
    const [top, bottom] = [place * LINE, (place + 2) * LINE];
    if (top < scrollTop) this.root.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.root.scrollTop = bottom - clientHeight;
  }

  drawLines() {
    if (!this.state?.list) return;
    const first = Math.max(0, Math.floor(this.root.scrollTop / LINE) - BEYOND);
    const last = Math.min(this.rows.length, Math.ceil((this.root.scrollTop + this.root.clientHeight) / LINE) + BEYOND);
    const lines = this.rows.slice(first, last).map((row, at) => this.line(row, first + at));
    this.room.replaceChildren(...lines);
    this.root.setAttribute("aria-activedescendant", `ipo-mail-${this.state.current}`);
  }

  line(row, place) {
    const { list, letters, reasons, current } = this.state;
    const line = make("div", "line");
    const title = withTitle(make("b", "", list.titles[row] || "(no title)"));
    const text = make("div", "text", title, make("span", "when", dayOf(list.dates[row])));
    const words = withTitle(make("span", reasons[row] ? "reason" : "beginning", reasons[row] ?? list.beginnings[row]));
    const under = make("div", "text", words, this.marks(row));
    line.append(make("div", "verdict", chip(letters[row] ?? "-"), this.bar(row)), make("div", "words", text, under));
    Object.assign(line.dataset, { row });
    line.id = `ipo-mail-${row}`;
    line.style.top = `${place * LINE}px`;
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", String(row === current));
    line.setAttribute("aria-posinset", place + 1);
    line.setAttribute("aria-setsize", this.rows.length);
    return line;
  }

  // How much of a spam the filter takes it for.
  bar(row) {
    const { scores } = this.state;
    if (!scores) return "";
    const bar = make("i", scores.spam[row] ? "bar spam" : "bar safe");
    bar.style.setProperty("--part", scores.probability[row]);
    bar.title = `The filter: ${percent(scores.probability[row])} spam`;
    return bar;
  }

  marks(row) {
    if (!this.state.scores?.disagree[row]) return "";
    const mark = make("span", "disagree", "≠");
    mark.title = "Text and clues disagree";
    return mark;
  }
}
