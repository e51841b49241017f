// Figures side by side, in as many rows as it takes for each to be readable.

const GAP = 24; // CSS pixels between figures
const MEASURE = "ipo-tensors"; // with the key: among the browser's performance entries, from values to pixels

export default (component) => mount(component, (parent) => new Tensors(parent));

class Tensors {
  constructor(parent) {
    this.root = parent.querySelector(".tensors");
    this.words = parent.querySelector(".says");
    this.figures = new Map(); // key → figure
    this.asked = 0;
    this.onTold = (key) => this.eachFigure((figure) => (key === undefined ? figure.drawFollowed() : figure.spec.key === key && figure.paint()));
    shared.listeners.add(this.onTold);
    this.width = 0; // as observed: to ask the page would have it laid out for each component anew
    this.resized = new ResizeObserver(([{ contentRect }]) => {
      this.width = Math.floor(contentRect.width);
      if (this.figures.size && this.wide !== `${this.width} at ${window.devicePixelRatio}`) this.lay();
    });
    this.resized.observe(this.root);
  }

  close() {
    this.place?.end();
    shared.listeners.delete(this.onTold);
    this.resized.disconnect();
    this.eachFigure((figure) => figure.close());
  }

  eachFigure(act) {
    for (const figure of this.figures.values()) act(figure);
  }

  update({ data, setStateValue, setTriggerValue }) {
    Object.assign(this, { data, setStateValue, setTriggerValue });
    if (this.mode !== data.mode) {
      if (this.mode) for (const key of this.figures.keys()) shared.modes.delete(key);
      this.mode = data.mode;
    }
    this.look = lookOf(this.root);
    adopt(data.followed);
    if (data.source) this.follow(data.source);
    else this.content = { figures: data.figures, says: [] };
    if (this.content !== undefined) this.draw();
  }

  // Show what the server says that there is, whenever that is another.
  follow(source) {
    if (this.address === source.address) return this.place.ask();
    this.place?.end();
    this.address = source.address;
    this.place = followPanel(source, (content, values) => {
      this.content = content;
      return this.draw(values);
    });
  }

  // `brought`: values at hand, by id.
  async draw(brought = new Map()) {
    const { figures = [], failed, says = [failed] } = this.content ?? { says: [] };
    this.words.replaceChildren(...says.map(paragraph));
    this.arrange(figures);
    this.asked += 1;
    const asked = this.asked;
    const redraw = () => (this.place ? this.place.ask() : this.setTriggerValue("redraw", true));
    const loaded = await Promise.all(figures.map((spec) => load(spec, brought, redraw)));
    if (asked !== this.asked || !this.root.isConnected) return; // another step has been asked for since
    const from = performance.now();
    loaded.forEach(([values, weights], place) => this.figures.get(figures[place].key).show(figures[place], values, weights));
    this.lay();
    const name = `${MEASURE} ${this.data.key}`;
    performance.clearMeasures(name);
    performance.measure(name, { start: from });
  }

  // Ask again for values that did not come.
  retry() {
    this.draw();
  }

  say(followed) {
    this.setStateValue("followed", followed);
  }

  // One figure per key, in order; a new one keeps its place before its values are there.
  arrange(specs) {
    const keys = new Set(specs.map(({ key }) => key));
    for (const [key, figure] of this.figures) {
      if (keys.has(key)) continue;
      figure.close();
      this.figures.delete(key);
    }
    let came = false;
    const ordered = specs.map((spec) => {
      came ||= !this.figures.has(spec.key);
      const figure = this.figures.get(spec.key) ?? new TensorFigure(this);
      figure.expect(spec);
      this.figures.set(spec.key, figure);
      return figure.root;
    });
    if (ordered.some((root, place) => this.root.children[place] !== root)) this.root.append(...ordered);
    this.figures = new Map(specs.map(({ key }) => [key, this.figures.get(key)]));
    if (came) this.lay();
  }

  lay() {
    const { width } = this;
    if (!width) return;
    const dpr = window.devicePixelRatio || 1;
    this.wide = `${width} at ${dpr}`;
    const figures = [...this.figures.values()].filter((figure) => figure.picture);
    const available = Math.floor(width * dpr);
    const units = fit(figures.map((figure) => figure.picture), available, dpr);
    figures.forEach((figure, place) => figure.lay(units[place], dpr, available));
  }
}

async function load({ tensor, weights }, brought, redraw) {
  try {
    return [await valuesOf(tensor, brought, redraw), weights && (await valuesOf(weights, brought, redraw))];
  } catch (error) {
    return [error];
  }
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

// The length of a cell in each picture: the largest with which all stand in one row, else in two, and so on.
function fit(pictures, available, dpr) {
  const together = [];
  for (const [place, picture] of pictures.entries()) {
    const before = pictures[place - 1];
    if (!before || before.alone || picture.alone) together.push([]);
    together.at(-1).push(picture);
  }
  return together.flatMap((group) => fitGroup(group, available, dpr));
}

function fitGroup(pictures, available, dpr) {
  for (let lines = 1; lines <= pictures.length; lines++) {
    const perLine = Math.ceil(pictures.length / lines);
    const units = [];
    for (let from = 0; from < pictures.length; from += perLine) {
      units.push(fitLine(pictures.slice(from, from + perLine), available, dpr));
    }
    if (units.every(Boolean)) return units.flat();
  }
  return pictures.map((picture) => picture.units(dpr)[0]);
}

// Pictures of the same shape have cells of the same size. `null` if not even the smallest cells fit.
function fitLine(pictures, available, dpr) {
  const alike = (picture) => JSON.stringify([picture.spec.kind, picture.spec.tensor.shape, picture.spec.zoom]);
  const bounds = new Map(pictures.map((picture) => [alike(picture), picture.units(dpr)]));
  const units = new Map([...bounds].map(([name, [, most]]) => [name, most]));
  const space = available - (pictures.length - 1) * Math.ceil(GAP * dpr);
  for (;;) {
    const width = pictures.reduce((sum, picture) => sum + widthOf(picture, units.get(alike(picture)), available, dpr), 0);
    if (width <= space) return pictures.map((picture) => units.get(alike(picture)));
    const larger = [...units].filter(([name, unit]) => unit > bounds.get(name)[0]);
    if (!larger.length) return null;
    const [name, unit] = larger.reduce((one, other) => (other[1] / bounds.get(other[0])[1] > one[1] / bounds.get(one[0])[1] ? other : one));
    units.set(name, unit - 1);
  }
}

function widthOf(picture, unit, available, dpr) {
  return Math.max(picture.lay(unit, dpr, available).width, Math.ceil(NARROWEST * dpr));
}
