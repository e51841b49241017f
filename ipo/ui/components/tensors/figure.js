// One figure: its name, the picture with what is followed on top, its scale, and the line that says what is probed.
// The picture on screen stays until the values of the next one are there.

const PICTURES = { heatmap: Heatmap, bars: Bars, tiles: Tiles, neighbourhoods: Neighbourhoods };
const NARROWEST = 184; // CSS pixels that the words need
const LENS = 112; // CSS pixels of a thumbnail under the pointer
const MODE_NAMES = { panels: "both panels", tile: "each tile", grid: "this step", locked: "locked" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10; // cells that Shift and an arrow move
const FRAME = `
  <header><h4></h4><span class="odd"></span>
    <button type="button" class="save" title="Save as PNG"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 20h14v-2H5zM19 9h-4V3H9v6H5l7 7z"/></svg></button></header>
  <div class="picture" tabindex="0" role="application" aria-roledescription="tensor figure"><canvas class="base"></canvas><canvas class="marks"></canvas></div>
  <div class="scale"><span class="low"></span><span class="ramp"></span><span class="high"></span>
    <select title="What the ends of the colour scale are taken from" aria-label="Scale"></select></div>
  <p class="probe"></p>
  <button type="button" class="retry" title="Try again (Enter)" hidden>Retry</button>
  <canvas class="lens" hidden></canvas>`;

class TensorFigure {
  constructor(owner) {
    this.owner = owner; // {look, mode, say(followed)}
    this.root = document.createElement("figure");
    this.root.innerHTML = FRAME;
    this.base = this.find(".base");
    this.marks = this.find(".marks");
    this.lens = this.find(".lens");
    this.field = this.find(".picture");
    this.field.onpointermove = (event) => this.probe(this.cellAt(event), false);
    this.field.onpointerleave = () => this.probe(null, false);
    this.field.onclick = (event) => this.click(this.cellAt(event));
    this.field.onkeydown = (event) => this.key(event);
    this.field.onblur = () => this.byKey && this.probe(null, false);
    this.find("select").onchange = (event) => this.choose(event.target.value);
    this.find(".save").onclick = () => savePicture(this);
    this.find(".retry").onclick = () => this.owner.retry();
    this.seen = false;
    this.watch = new IntersectionObserver((entries) => this.appear(entries.at(-1).isIntersecting), { rootMargin: "300px" });
    this.watch.observe(this.field);
  }

  close() {
    this.watch.disconnect();
    this.root.remove();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // Say what will be here, so that its place is kept while the values travel.
  expect(spec) {
    if (!this.spec) this.show(spec, null);
  }

  // `values` is null while they travel, and an Error if they did not come.
  show(spec, values, weights) {
    if (values instanceof Error) {
      if (!this.picture) this.expect(spec);
      this.failed = `${spec.name} of step ${spec.step} could not be loaded: ${values.message}`;
      this.drawProbe();
      return;
    }
    this.failed = "";
    const alike = this.spec?.kind === spec.kind && String(this.spec.tensor.shape) === String(spec.tensor.shape);
    if (!alike) this.cell = null; // else what is probed stays, from step to step
    this.spec = spec;
    this.picture = new PICTURES[spec.kind](spec);
    this.ready = values !== null;
    if (this.ready) this.picture.load(values, weights);
    this.drawWords();
  }

  get modes() {
    if (this.spec.fixed) return [];
    const alone = this.picture instanceof Tiled ? ["tile", "grid", "locked"] : ["grid", "locked"];
    return this.spec.panels ? ["panels", ...alone] : alone;
  }

  get mode() {
    const mode = shared.modes.get(this.spec.key) ?? this.owner.mode;
    return this.modes.includes(mode) ? mode : "grid";
  }

  get own() {
    const { low, high } = this.picture.coloured;
    return [low, high];
  }

  get scale() {
    const { spec, mode } = this;
    if (spec.fixed) return { tile: false, range: spec.fixed };
    let range = mode === "panels" ? spec.panels : this.own;
    if (mode === "locked") {
      if (!spec.locked && !shared.locks.has(spec.key)) shared.locks.set(spec.key, range);
      range = spec.locked ?? shared.locks.get(spec.key);
    }
    return { tile: mode === "tile", range: scaleOf(spec.colours, range) };
  }

  choose(mode) {
    shared.modes.set(this.spec.key, mode);
    shared.locks.delete(this.spec.key); // a new lock is at the range of now
    tellAll(this.spec.key);
  }

  drawWords() {
    const { spec, picture } = this;
    const { nan, inf } = picture.coloured;
    const odd = [nan && `${nan} NaN`, inf && `${inf} infinite`].filter(Boolean).join(", ");
    const title = this.find("h4");
    say(title, spec.name);
    title.title = spec.name;
    say(this.find(".odd"), odd);
    const what = `${spec.name}, step ${spec.step}: ${picture.kind}, ${picture.says}, ${rangeText(this.own)}`;
    this.field.setAttribute("aria-label", odd ? `${what}, ${odd}` : what);
    this.field.classList.toggle("links", picture.links);
    this.find(".save").setAttribute("aria-label", `Save ${spec.name} as PNG`);
    this.root.dataset.key = spec.key;
    this.root.dataset.kind = spec.kind;
    this.root.dataset.step = spec.step;
  }

  // Take the size that the row leaves for it.
  lay(unit, dpr, available) {
    const size = this.picture.lay(unit, dpr, available);
    this.dpr = dpr;
    for (const canvas of [this.base, this.marks]) {
      if (canvas.width !== size.width) canvas.width = size.width;
      if (canvas.height !== size.height) canvas.height = size.height;
      canvas.style.width = `${size.width / dpr}px`;
      canvas.style.height = `${size.height / dpr}px`;
    }
    this.root.style.width = `${Math.max(size.width / dpr, NARROWEST)}px`;
    this.paint();
  }

  appear(seen) {
    this.seen = seen;
    if (seen && this.stale) this.paint();
  }

  paint() {
    this.drawScale();
    this.stale = true;
    if (!this.ready || !this.dpr) return;
    if (this.seen) {
      const context = this.base.getContext("2d");
      context.clearRect(0, 0, this.base.width, this.base.height);
      this.picture.paint(context, this.scale, this.owner.look);
      this.root.dataset.painted = this.spec.step;
      this.stale = false;
    }
    this.drawFollowed();
  }

  drawScale() {
    const { modes, mode, scale, spec } = this;
    const select = this.find("select");
    select.hidden = !modes.length;
    if (select.length !== modes.length) {
      select.replaceChildren(...modes.map((name) => new Option(MODE_NAMES[name], name)));
    }
    select.value = mode;
    const bars = spec.kind === "bars";
    this.root.classList.toggle("bars", bars);
    if (!bars) this.find(".ramp").style.backgroundImage = gradientOf(spec.colours);
    this.drawEnds(scale);
  }

  drawEnds(scale) {
    const tile = scale.tile && this.cell ? this.picture.atlas.spans[this.picture.tileOf(this.cell)] : null;
    const range = scale.tile ? tile && scaleOf(this.spec.colours, tile) : scale.range;
    say(this.find(".low"), range ? numberText(range[0]) : "min");
    say(this.find(".high"), range ? numberText(range[1]) : "max");
  }

  drawFollowed() {
    this.drawMarks();
    this.drawProbe();
  }

  drawMarks() {
    const context = this.marks.getContext("2d");
    context.clearRect(0, 0, this.marks.width, this.marks.height);
    if (!this.ready || !this.dpr || this.stale) return;
    this.picture.mark(context, shared.places, this.owner.look);
    if (this.cell) frame(context, this.picture.box(this.cell), this.picture.line);
  }

  drawProbe() {
    const probe = this.find(".probe");
    const followed = this.ready && !this.cell ? this.picture.followedText(shared.places) : null;
    const text = this.cell ? this.picture.text(this.cell) : followed ?? this.picture?.says;
    say(probe, this.failed || text || "");
    probe.title = probe.textContent;
    probe.classList.toggle("idle", !this.cell && !followed);
    probe.classList.toggle("failed", Boolean(this.failed));
    this.find(".retry").hidden = !this.failed;
    probe.setAttribute("aria-live", this.byKey ? "polite" : "off");
  }

  cellAt({ clientX, clientY }) {
    if (!this.ready) return null;
    const { left, top } = this.base.getBoundingClientRect();
    return this.picture.at((clientX - left) * this.dpr, (clientY - top) * this.dpr);
  }

  probe(cell, byKey) {
    this.cell = cell;
    this.byKey = byKey;
    this.drawFollowed();
    this.drawLens();
    if (this.scale.tile) this.drawEnds(this.scale);
  }

  // The thumbnail under the pointer, larger, beside it.
  drawLens() {
    const { picture, lens, cell, dpr } = this;
    const small = cell && picture instanceof Tiled && (picture.high * picture.zoom) / dpr < 0.7 * LENS;
    lens.hidden = !small;
    if (!small) return;
    const zoom = Math.max(1, Math.floor((LENS * dpr) / Math.max(picture.high, picture.wide)));
    lens.width = picture.wide * zoom;
    lens.height = picture.high * zoom;
    const [width, height] = [lens.width / dpr, lens.height / dpr];
    const context = lens.getContext("2d");
    picture.atlas.draw(context, picture.tileOf(cell), [0, 0, lens.width, lens.height]);
    if (cell.down !== undefined) frame(context, [cell.across * zoom, cell.down * zoom, zoom, zoom], picture.line);
    const [x, y, wide, high] = picture.box(cell).map((length) => length / dpr);
    const field = this.field.getBoundingClientRect();
    const right = field.left + x + wide + 12 + width < document.documentElement.clientWidth;
    const top = clamp(field.top + y + (high - height) / 2, 8, window.innerHeight - height - 8) - field.top;
    lens.style.cssText = `width: ${width}px; height: ${height}px; left: ${right ? x + wide + 12 : x - width - 12}px; top: ${this.field.offsetTop + top}px`;
  }

  click(cell) {
    if (cell && this.picture.links) this.owner.say(follow(this.picture.clicked(cell, shared.places)));
  }

  key(event) {
    const name = keyName(event);
    const act = this.failed && PRESSES.includes(name) ? () => this.owner.retry() : this.actOf(name, event.shiftKey);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat || ARROWS[name]) act();
  }

  // What a key does now.
  actOf(name, far) {
    if (!this.ready) return undefined;
    if (ARROWS[name]) {
      const [across, down] = ARROWS[name].map((cells) => cells * (far ? FAR : 1));
      return () => this.probe(this.picture.move(this.cell, across, down), true);
    }
    if (PRESSES.includes(name)) return () => this.click(this.cell);
    return name === "Escape" && this.cell ? () => this.probe(null, true) : undefined;
  }
}

// Words that stay are not put there anew, which would have the page laid out again.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
