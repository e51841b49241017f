// Scalars over all steps, a row each; the step on view, and which steps are in memory. A click goes to a step, and
// the arrow keys go from one step in memory to the next.

const ROW = 68, NAME = 14, FOOT = 48, LEFT = 56, RIGHT = 16, GAP = 8, AIR = 8; // CSS pixels
const FEW = 240; // steps up to which each is a visible point
const EACH = 12; // steps up to which each has its number
const ARROWS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity };
const SVG = "http://www.w3.org/2000/svg";

export default (component) => mount(component, (parent) => new Timeline(parent));

class Timeline {
  constructor(parent) {
    this.root = parent.querySelector(".timeline");
    this.svg = this.root.querySelector("svg");
    this.tip = this.root.querySelector(".tip");
    this.svg.onpointermove = ({ clientX }) => this.point(this.nearest(clientX));
    this.svg.onpointerleave = () => this.point(null);
    this.svg.onclick = ({ clientX }) => {
      const step = this.nearest(clientX);
      if (step !== null) this.setTriggerValue("step", step);
    };
    this.svg.onkeydown = (event) => this.key(event);
    this.svg.onblur = () => this.point(null);
    this.wide = 0;
    this.resized = new ResizeObserver(([{ contentRect }]) => {
      const changed = this.wide !== contentRect.width;
      this.wide = contentRect.width;
      if (this.content && changed) this.draw();
    });
    this.resized.observe(this.root);
  }

  update({ data: { rows, source }, setTriggerValue }) {
    this.setTriggerValue = setTriggerValue;
    this.root.style.height = `${ROW * rows + FOOT}px`; // its place is kept before the lines are there
    if (this.address === source.address) return this.place.ask();
    this.place?.end();
    this.address = source.address;
    this.place = followPanel(source, (content) => {
      if (!content?.rows) return;
      this.content = content;
      this.draw();
    });
  }

  close() {
    this.resized.disconnect();
    this.place.end();
  }

  draw() {
    const { rows, last, at } = this.content;
    if (!this.wide) return;
    this.foot = ROW * rows.length + GAP;
    const steps = this.wide - LEFT - RIGHT - 2 * AIR;
    this.x = (step) => LEFT + AIR + (last ? (step / last) * steps : steps / 2);
    const lines = at === null ? [] : [this.upright("at", at)];
    this.near = element("path", { class: "near" });
    this.svg.replaceChildren(...rows.flatMap((row, place) => this.row(row, place)), ...this.steps(), ...lines, this.near);
    this.root.dataset.last = last;
    this.svg.setAttribute("aria-valuemin", 0);
    this.svg.setAttribute("aria-valuemax", last);
    this.svg.setAttribute("aria-valuenow", at ?? last);
    this.svg.setAttribute("aria-valuetext", [`step ${at ?? last}`, ...this.numbersOf(at ?? last).map(({ textContent }) => textContent)].join(", "));
  }

  // To the next step in memory on that side, or the last one there.
  key(event) {
    const by = ARROWS[keyName(event)];
    if (!by || !this.content) return;
    event.preventDefault();
    const { kept, pinned, at, last } = this.content;
    const steps = [...kept, ...pinned].filter((step) => (by < 0 ? step < (at ?? last) : step > (at ?? last))).sort((one, other) => (one - other) * Math.sign(by));
    if (!steps.length) return;
    this.content.at = Number.isFinite(by) ? steps[0] : steps.at(-1);
    this.draw();
    this.point(this.content.at);
    this.setTriggerValue("step", this.content.at);
  }

  // One scalar: its name above, numbers at the left, and a line for each session.
  row({ name, lines }, place) {
    const top = place * ROW + GAP / 2 + NAME, foot = (place + 1) * ROW - GAP / 2;
    const values = lines.flatMap(({ y }) => y).filter((value) => value !== null);
    let low = Math.min(...values), high = Math.max(...values);
    if (!values.length) [low, high] = [0, 1];
    if (low === high) [low, high] = [low - (Math.abs(low) / 10 || 1), high + (Math.abs(high) / 10 || 1)];
    const air = (high - low) * 0.08;
    const y = (value) => foot - ((value - low + air) / (high - low + 2 * air)) * (foot - top);
    const grid = ticks(low, high, 3);
    return [
      element("path", { class: "grid", d: grid.map((value) => `M${LEFT} ${y(value)}H${this.wide - RIGHT}`).join("") }),
      ...grid.map((value) => element("text", { class: "number", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, tickText(value))),
      ...lines.flatMap(({ x, y: heights, colour }) => {
        const places = x.map((step, at) => (heights[at] === null ? null : `${this.x(step).toFixed(1)} ${y(heights[at]).toFixed(1)}`));
        const line = places.map((point, at) => (point === null ? "" : `${places[at - 1] ? "L" : "M"}${point}`)).join("");
        const points = places.filter(Boolean).map((point) => `M${point}h0`).join("");
        return [
          element("path", { class: "line", d: line, stroke: colour }),
          ...(x.length <= FEW ? [element("path", { class: "points", d: points, stroke: colour })] : []),
        ];
      }),
      element("text", { x: LEFT, y: top - 3 }, name),
    ];
  }

  // Numbers of steps, and above them which steps are in memory, and which are pinned.
  steps() {
    const { last, kept, pinned, colour } = this.content;
    const y = this.foot + 6;
    const numbers = last <= EACH ? Array.from({ length: last + 1 }, (_, step) => step) : ticks(0, last, EACH).filter(Number.isInteger);
    return [
      element("path", { class: "kept", d: kept.map((step) => `M${this.x(step).toFixed(1)} ${y - 4}v8`).join(""), stroke: colour }),
      element("path", { d: pinned.map((step) => `M${this.x(step).toFixed(1)} ${y - 5}l5 5l-5 5l-5 -5z`).join(""), fill: colour }),
      ...numbers.map((step) => element("text", { class: "number", x: this.x(step), y: y + 22, "text-anchor": "middle" }, String(step))),
    ];
  }

  upright(look, step) {
    return element("path", { class: look, d: `M${this.x(step).toFixed(1)} 0V${this.foot + 12}` });
  }

  // The drawn step that is nearest to a place on screen.
  nearest(clientX) {
    const steps = this.content?.rows.flatMap(({ lines }) => lines.flatMap(({ x }) => x)) ?? [];
    const at = clientX - this.root.getBoundingClientRect().left;
    return steps.reduce((best, step) => (best === null || Math.abs(this.x(step) - at) < Math.abs(this.x(best) - at) ? step : best), null);
  }

  // A line for each scalar of a step.
  numbersOf(step) {
    return this.content.rows.flatMap(({ name, lines }) =>
      lines.flatMap(({ name: session, x, y }) => {
        const place = x.indexOf(step);
        if (place < 0 || y[place] === null) return [];
        return [line(`${name}${lines.length > 1 ? `, ${session}` : ""}: `, numberText(y[place], 4))];
      }),
    );
  }

  // Say the numbers of a step, beside it.
  point(step) {
    this.tip.hidden = step === null;
    this.near?.setAttribute("d", step === null ? "" : this.upright("near", step).getAttribute("d"));
    if (step === null) return;
    this.tip.replaceChildren(line("step ", String(step)), ...this.numbersOf(step));
    const x = this.x(step), { offsetWidth } = this.tip;
    this.tip.style.left = `${x + 12 + offsetWidth < this.wide ? x + 12 : x - 12 - offsetWidth}px`;
  }
}

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.textContent = text;
  return made;
}

function line(says, number) {
  const made = document.createElement("div");
  const bold = document.createElement("b");
  bold.textContent = number;
  made.append(says, bold);
  return made;
}

// Round numbers from `low` to `high`, `most` or a few less.
function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const apart = [1, 2, 5, 10].map((factor) => factor * power).find((length) => length >= rough * 0.999);
  const first = Math.ceil(low / apart);
  return Array.from({ length: Math.floor(high / apart) - first + 1 }, (_, place) => Number(((first + place) * apart).toPrecision(6)));
}

function tickText(value) {
  return String(value).replaceAll("-", "−");
}
