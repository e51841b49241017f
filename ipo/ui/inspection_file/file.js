// The file of an inspection: which step is on view, the sections, and what their panels show of it.

const FOLLOWED = { places: {}, number: 0, origin: "file" };

class InspectionFile {
  constructor() {
    this.components = {}; // name → what mounts it; each component's script puts its own here
    this.followers = new Map(); // panel → shows content
    this.mounted = []; // shows everything again
    this.all = new Set(); // panels that show all of their figures
    this.data = read("contents");
    this.sources = read("components");
    this.place = this.data.steps.length - 1;
    // Values by id, as components ask for them.
    this.values = { get: (id) => bytesOf(document.getElementById(`value-${id}`)?.textContent) };
  }

  get step() {
    return this.data.steps[this.place];
  }

  // Called when all components are there.
  begin() {
    const main = document.querySelector("main");
    const { rows } = this.data.timeline;
    if (this.data.findings.rows.length) main.append(this.component("findings", "findings"));
    if (rows.length) main.append(this.component("timeline", "timeline", { rows: rows.length }, ({ step }) => this.goNear(step)));
    this.notes = made("p", "notes");
    main.append(this.notes, ...this.data.sections.map((section) => this.section(section)));
    this.slider = document.getElementById("step");
    this.slider.max = this.data.steps.length - 1;
    this.slider.oninput = () => this.go(Number(this.slider.value));
    document.getElementById("back").onclick = () => this.go(this.place - 1);
    document.getElementById("on").onclick = () => this.go(this.place + 1);
    this.fold = document.getElementById("fold");
    this.fold.onclick = () => {
      const { someFolded } = this;
      for (const section of document.querySelectorAll("details")) section.open = someFolded;
    };
    this.sayFold();
    matchMedia("(prefers-color-scheme: dark)").onchange = () => this.mounted.forEach((update) => update());
    this.go(this.place);
  }

  get someFolded() {
    return [...document.querySelectorAll("details")].some(({ open }) => !open);
  }

  sayFold() {
    this.fold.textContent = this.someFolded ? "Open all" : "Close all";
  }

  go(place) {
    this.place = Math.min(Math.max(place, 0), this.data.steps.length - 1);
    this.slider.value = this.place;
    document.getElementById("back").disabled = this.place === 0;
    document.getElementById("on").disabled = this.place === this.data.steps.length - 1;
    document.getElementById("at").textContent = `step ${this.step} · ${this.place + 1} of ${this.data.steps.length}`;
    const notes = Object.entries(this.data.notes[this.step] ?? {});
    this.notes.textContent = notes.map(([tensor, reason]) => `${tensor}: ${reason}`).join(" · ");
    for (const follower of this.followers.values()) follower();
  }

  // To the step of this file that is nearest.
  goNear(step) {
    const far = this.data.steps.map((one) => Math.abs(one - step));
    this.go(far.indexOf(Math.min(...far)));
  }

  follow(panel, show) {
    const follower = () => show(this.contentOf(panel), this.values);
    this.followers.set(panel, follower);
    follower();
    return { ask: follower, step: () => Promise.resolve(), end: () => this.followers.delete(panel) };
  }

  contentOf(panel) {
    if (panel === "timeline") return { ...this.data.timeline, at: this.step };
    if (panel === "findings") return this.data.findings;
    const content = this.data.panels[panel][this.step];
    const { first } = this.data.sections.find(({ panels }) => panels.some(({ name }) => name === panel));
    return first === null || this.all.has(panel) || !content?.figures ? content : { ...content, figures: content.figures.slice(0, first) };
  }

  section({ title, says, opened, first, panels }) {
    const section = made("details");
    const summary = made("summary");
    summary.append(made("h2", "", title));
    const body = made("div");
    if (says) body.append(made("p", "says", says));
    section.append(summary, body);
    // Drawn when it is first unfolded: only then it has a width.
    section.ontoggle = () => {
      this.sayFold();
      if (!section.open || section.drawn) return;
      section.drawn = true;
      for (const { name, component } of panels) {
        if (first !== null) body.append(this.more(name, first));
        body.append(this.component(component, name));
      }
    };
    section.open = opened;
    return section;
  }

  // A button for the figures beyond the first ones; nothing where there are none.
  more(panel, first) {
    const count = Math.max(...Object.values(this.data.panels[panel]).map((content) => content?.figures.length ?? 0));
    if (count <= first) return "";
    const button = made("button", "more", `All ${count} tensors`);
    button.type = "button";
    button.onclick = () => {
      this.all.add(panel);
      button.remove();
      this.followers.get(panel)();
    };
    return button;
  }

  // An element in which a component lives as it does on the page.
  component(name, panel, data = {}, said = () => {}) {
    const host = made("div");
    host.dataset.panel = panel;
    const parent = host.attachShadow({ mode: "open" });
    const [html, css] = this.sources[name];
    parent.innerHTML = `<style>${css}</style>${html}`;
    const update = () =>
      this.components[name]({
        parentElement: parent,
        data: { key: panel, mode: "grid", followed: FOLLOWED, source: { address: panel, panel }, ...data },
        setStateValue: () => {},
        setTriggerValue: (what, value) => said({ [what]: value }),
      });
    this.mounted.push(update);
    queueMicrotask(update); // once it stands in the document
    return host;
  }
}

function read(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

function bytesOf(encoded) {
  if (encoded === undefined) return undefined;
  const text = atob(encoded);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes.buffer;
}

function made(name, look = "", text = "") {
  const element = document.createElement(name);
  element.className = look;
  element.textContent = text;
  return element;
}

globalThis.ipoFile = new InspectionFile();
