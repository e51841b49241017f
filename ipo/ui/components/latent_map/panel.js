// At the right: all about the image at hand, or a contact sheet where many are chosen.

const SHEET = 64; // pictures of a contact sheet
const SAMPLE_ROWS = 20_000; // of a large selection, that are looked through for odd ones
const DETAILS_KEPT = 200;

class Panel {
  // `act` is {label(code), choose(rows, how), go(row)}.
  constructor(root, thumbnails, act) {
    Object.assign(this, { root: root.querySelector(".panel"), thumbnails, act });
    this.details = new Map(); // "version/row" → what the server says, or null while it is asked
    this.find(".near").onclick = this.find(".sheet").onclick = (event) => {
      const picture = event.target.closest("button");
      if (!picture) return;
      if (picture.closest(".near")) act.go(Number(picture.dataset.row));
      else act.choose([Number(picture.dataset.row)], event.shiftKey ? "toggle" : "focus");
    };
    this.find(".classes").onclick = this.find(".others").onclick = (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.code) act.label(button.dataset.code);
    };
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // `state` is {data, address, points, version, codes, selection}.
  draw(state) {
    const { data, selection } = state;
    const many = selection.rows.length > 1;
    const row = selection.focus;
    this.state = state;
    this.drawButtons(data, selection.rows.length);
    this.find(".none").hidden = row >= 0;
    this.find(".one").hidden = row < 0;
    this.find(".about").hidden = many || row < 0;
    this.find(".many").hidden = !many;
    if (row < 0) return;
    const base = state.address;
    this.drawPrediction(row);
    const about = `${this.find(".row").textContent}, ${this.find(".yours").textContent}, ${this.find(".predicted").textContent}`;
    setSource(this.find(".original"), `${base}/images/${data.sha}/${row}.png`, about);
    setSource(this.find(".rebuilt"), state.version ? `${base}/reconstructions/${state.version}/${row}.png` : "", `What the model makes of it: ${about}`);
    if (many) this.drawSheet();
    else this.drawDetails(row);
  }

  drawPrediction(row) {
    const { data, points, codes } = this.state;
    this.find(".row").textContent = `Image ${row.toLocaleString("en")}`;
    this.find(".image").textContent = `Image ${row}. `;
    const class_ = points?.predicted[row] ?? 255;
    const certainty = Math.round(((points?.certainty[row] ?? 0) / 255) * 100);
    this.find(".predicted").textContent = class_ < data.classes.length ? `Predicted ${data.classes[class_]} (${certainty} %)` : "No prediction yet";
    this.find(".yours").textContent = `your label: ${Labels.text(codes[row], data.classes)}`;
  }

  drawDetails(row) {
    const { version } = this.state;
    const details = version ? this.ask(version, row) : null;
    this.find(".bars").classList.toggle("late", !details);
    if (!details) return;
    const { data, codes } = this.state;
    const drawn = JSON.stringify([version, row, data.classes, details.neighbours.map((near) => codes[near.row])]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.find(".bars").replaceChildren(...details.probabilities.map((part, place) => bar(data.classes[place], part, place === details.predicted)));
    this.find(".bars").classList.toggle("named", hasNames(data.classes));
    this.find(".bars").style.setProperty("--lines", Math.ceil(data.classes.length / 2));
    replacePictures(this.find(".near"), details.neighbours.map((near) => this.picture(near.row, `distance ${near.distance.toPrecision(2)}`)));
  }

  ask(version, row) {
    const key = `${version}/${row}`;
    if (this.details.has(key)) return this.details.get(key);
    this.details.set(key, null);
    if (this.details.size > DETAILS_KEPT) this.details.delete(this.details.keys().next().value);
    this.load(key);
    return null;
  }

  async load(key) {
    try {
      const answer = await fetch(`${this.state.address}/details/${key}`);
      if (!answer.ok) return; // of a map that is no more
      this.details.set(key, await answer.json());
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no answer: the next drawing asks again
      this.details.delete(key);
      return;
    }
    const { version, selection } = this.state;
    if (key === `${version}/${selection.focus}`) this.draw(this.state);
  }

  // What the model takes for something else than most of the selection, or is least sure of, comes first.
  drawSheet() {
    const { data, points, codes, selection } = this.state;
    const rows = selection.rows;
    const counts = new Map();
    for (const row of rows) counts.set(codes[row], (counts.get(codes[row]) ?? 0) + 1);
    const words = [...counts].sort((one, other) => other[1] - one[1]).map(([code, count]) => `${code === NO_LABEL ? "no label" : Labels.text(code, data.classes)}: ${count.toLocaleString("en")}`);
    this.find(".count").textContent = `${rows.length.toLocaleString("en")} images`;
    this.find(".counts").textContent = words.join(" · ");
    const odd = points ? oddest(rows, points) : rows.subarray(0, SHEET);
    this.find(".order").textContent = rows.length > odd.length ? `${odd.length} of them, the odd ones first` : "The odd ones first";
    replacePictures(this.find(".sheet"), Array.from(odd, (row) => this.picture(row, "")));
    this.drawn = null;
  }

  picture(row, title) {
    const { data, codes, points, selection } = this.state;
    const picture = document.createElement("button");
    const label = Labels.text(codes[row], data.classes);
    const predicted = data.classes[points?.predicted[row]] ?? "–";
    picture.className = "picture";
    picture.dataset.row = row;
    picture.title = [`Image ${row}`, `predicted ${predicted}`, `your label: ${label}`, title].filter(Boolean).join(" · ");
    picture.setAttribute("aria-label", picture.title);
    picture.setAttribute("aria-pressed", String(row === selection.focus));
    this.thumbnails.draw(picture, row);
    if (codes[row] !== NO_LABEL) picture.append(Object.assign(document.createElement("b"), { textContent: codes[row] === UNSURE ? "?" : label }));
    return picture;
  }

  drawButtons(data, chosen) {
    const classes = this.find(".classes");
    const names = JSON.stringify(data.classes);
    if (names !== this.names) {
      this.names = names;
      classes.replaceChildren(...data.classes.map((name, code) => labelButton(name, code, code < 10 ? String(code) : "")));
      classes.classList.toggle("named", hasNames(data.classes));
    }
    for (const button of this.root.querySelectorAll("[data-code]")) button.disabled = chosen === 0;
    classes.title = chosen ? "" : "Choose images first: click a point, or press N for the next suggestion.";
  }
}

function hasNames(classes) {
  return classes.some((name) => name.length > 2);
}

function labelButton(name, code, key) {
  const button = document.createElement("button");
  button.dataset.code = code;
  button.append(Object.assign(document.createElement("span"), { textContent: name }));
  if (key && key !== name) button.append(Object.assign(document.createElement("kbd"), { textContent: key }));
  button.setAttribute("aria-label", `Label ${name}`);
  return button;
}

function bar(name, part, isPredicted) {
  const line = document.createElement("div");
  const [text, track, number] = ["span", "i", "b"].map((tag) => document.createElement(tag));
  text.textContent = name;
  track.style.setProperty("--part", part === null ? 0 : part);
  number.textContent = part === null ? "–" : `${(100 * part).toFixed(part > 0.0995 ? 0 : 1)} %`;
  line.append(text, track, number);
  line.classList.toggle("predicted", isPredicted);
  return line;
}

function setSource(image, source, alt) {
  image.alt = alt;
  image.hidden = !source;
  if (image.getAttribute("src") !== source) source ? image.setAttribute("src", source) : image.removeAttribute("src");
}

function oddest(rows, points) {
  const step = Math.max(1, Math.floor(rows.length / SAMPLE_ROWS));
  const sample = step === 1 ? Array.from(rows) : Array.from({ length: Math.floor(rows.length / step) }, (_, at) => rows[at * step]);
  const counts = new Uint32Array(256);
  for (const row of sample) counts[points.predicted[row]]++;
  const most = counts.indexOf(Math.max(...counts));
  const oddness = (row) => (points.predicted[row] === most ? 0 : 256) + 255 - points.certainty[row];
  return sample.sort((one, other) => oddness(other) - oddness(one)).slice(0, SHEET);
}
