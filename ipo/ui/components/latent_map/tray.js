// At the foot: what to label next, why each of them, and by which strategy.

const STRATEGY_NAMES = { auto: "Automatic", typical: "Typical", entropy: "Entropy", margin: "Margin", bald: "Disagreement", core_set: "Far apart", hybrid: "Unsure and typical" };

class Tray {
  // `act` is {go(row), strategy(name)}.
  constructor(root, thumbnails, act) {
    Object.assign(this, { root: root.querySelector(".tray"), thumbnails });
    this.items = this.root.querySelector(".items");
    this.select = this.root.querySelector("select");
    this.switch = this.root.querySelector("input");
    this.items.onclick = (event) => {
      const item = event.target.closest("button");
      if (item) act.go(Number(item.dataset.row));
    };
    this.select.onchange = () => {
      act.strategy(this.select.value);
      this.select.blur(); // keys are the map's again
    };
    this.switch.onchange = () => this.keepAdvance(this.switch.checked);
  }

  // Show another set; whether to go on after a label is kept for each.
  begin(place) {
    this.place = `${place}-advance`;
    [this.advances = null] = loadList(this.place);
    this.switch.checked = Boolean(this.advances);
  }

  // Whether to go on now that a suggestion was labelled: yes, until the user says otherwise.
  advancesAfterLabel() {
    if (this.advances === null) this.keepAdvance(true);
    return this.advances;
  }

  keepAdvance(isOn) {
    this.advances = this.switch.checked = isOn;
    saveList(this.place, [isOn]);
  }

  draw({ suggestions, strategies, codes, names, focus, problem, terms = {} }) {
    const { items, why, error, running, chosen } = suggestions;
    this.drawStrategies(strategies, chosen ?? "auto");
    this.select.title = terms[this.select.value] ?? "";
    const news = error || (running ? "Working out what to label next …" : why) || problem;
    this.root.querySelector(".why").textContent = news;
    this.root.querySelector(".why").title = news;
    const drawn = JSON.stringify([items, items.map(({ row }) => codes[row]), focus, this.thumbnails.version]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const place = this.items.scrollLeft;
    replacePictures(this.items, items.map((item) => this.item(item, codes[item.row], names, item.row === focus)));
    this.items.scrollLeft = place;
  }

  item({ row, reason }, code, names, isChosen) {
    const item = document.createElement("button");
    const [picture, chip] = ["span", "span"].map((tag) => document.createElement(tag));
    picture.className = "picture";
    chip.className = "chip";
    this.thumbnails.draw(picture, row);
    const label = code === NO_LABEL ? "" : Labels.text(code, names);
    if (label) picture.append(Object.assign(document.createElement("b"), { textContent: code === UNSURE ? "?" : label }));
    chip.textContent = reason;
    item.dataset.row = row;
    item.title = `Image ${row}: ${reason}`;
    item.setAttribute("aria-label", `Suggestion, image ${row}: ${reason}${label ? `, your label: ${label}` : ""}`);
    item.setAttribute("aria-pressed", String(isChosen));
    item.append(picture, chip);
    return item;
  }

  drawStrategies(strategies, chosen) {
    const drawn = JSON.stringify(strategies);
    if (drawn !== this.strategies) {
      this.strategies = drawn;
      this.select.replaceChildren(...strategies.map((name) => new Option(STRATEGY_NAMES[name] ?? name, name)));
    }
    this.select.hidden = !strategies.length;
    if (strategies.includes(chosen)) this.select.value = chosen;
  }
}

// The first suggestion after the one at hand that has no label yet, else the first of all.
function nextSuggestion(items, focus, labels) {
  const place = items.findIndex(({ row }) => row === focus);
  const around = [...items.slice(place + 1), ...items.slice(0, place + 1)];
  return around.find(({ row }) => row !== focus && labels.isOpen(row));
}
