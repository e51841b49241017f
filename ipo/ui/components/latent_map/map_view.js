// The map on the page: a canvas with points, the camera over it, and what pointers do there.

const REACH = 12; // CSS pixels from a point at which a pointer is on it
const CALM_MS = 120; // without a change of the view: now it rests
const MOVE_MS = 600; // of points, from their former places to new ones
const CELL = 64; // CSS pixels of a cell of the map
const OUTLINE = '<path class="outline" fill="currentColor" fill-opacity="0.08" stroke="currentColor" stroke-width="1.5" stroke-dasharray="5 3"/>';

class MapView {
  constructor(root, { onHover, onSelect, onViewChange, onError } = {}) {
    Object.assign(this, { root, onHover, onSelect, onViewChange, onError });
    Object.assign(this, { mode: "pan", points: null, index: null, visible: null, palette: [], colours: null });
    Object.assign(this, { labelled: new Uint32Array(0), selection: new Uint32Array(0), focus: -1, hovered: -1, moving: null, changedAt: -Infinity });
    this.view = new Camera();
    this.canvas = document.createElement("canvas");
    this.canvas.style.cssText = "position: absolute; inset: 0; width: 100%; height: 100%; touch-action: none";
    this.canvas.setAttribute("role", "img");
    this.overlay = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.overlay.style.cssText = "position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none";
    this.overlay.innerHTML = OUTLINE;
    root.prepend(this.canvas, this.overlay);
    this.startDrawing();
    this.gestures = new Gestures(this.canvas, this);
    this.canvas.addEventListener("webglcontextlost", this.lose);
    this.canvas.addEventListener("webglcontextrestored", this.restore);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.canvas);
  }

  startDrawing() {
    try {
      this.renderer = new Renderer(this.canvas);
      this.supported = true;
    } catch (error) {
      this.supported = false;
      this.onError?.(error.message);
    }
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.resized.disconnect();
    this.gestures.close();
    this.canvas.removeEventListener("webglcontextlost", this.lose);
    this.canvas.removeEventListener("webglcontextrestored", this.restore);
    this.renderer?.close();
    this.canvas.remove();
    this.overlay.remove();
    this.isClosed = true;
  }

  lose = (event) => {
    event.preventDefault();
    this.isLost = true;
  };

  restore = () => {
    this.isLost = false;
    this.renderer.start();
    if (this.points) this.upload();
    this.askFrame();
  };

  // Everything that the renderer shows, from what is here.
  upload() {
    const { renderer, points } = this;
    renderer.setCount(points.count);
    renderer.setPlaces(points.xy, null);
    renderer.setColours(this.colours);
    renderer.setVisible(this.visible);
    renderer.setPalette(this.palette);
    renderer.setLabelled(this.labelled);
    renderer.setSelected(this.selection);
  }

  // Show points; those of another number of rows are another set. Moves them there if they are the same set.
  setPoints(points, animate = false) {
    const former = this.points?.count === points.count ? this.points : null;
    const places = former && this.placesNow();
    this.points = points;
    this.index = new SpatialIndex(points);
    this.moving = null;
    this.canvas.setAttribute("aria-label", `Map of ${points.count.toLocaleString("en")} points`);
    if (!former) {
      this.colours = new Uint8Array(points.count).fill(255);
      this.visible = new Uint8Array(points.count).fill(1);
      this.labelled = this.selection = new Uint32Array(0);
      this.focus = -1;
      this.showFocus();
    }
    this.view.whole = this.view.spanOf(points.bounds);
    const from = this.view.state;
    if (this.view.fitted) this.view.fit(points.bounds);
    if (this.supported && !this.isLost) {
      if (former) this.renderer.setPlaces(points.xy, animate && !stillness() ? places : null);
      else this.upload();
      if (former && animate && !stillness()) this.moving = { since: performance.now(), places, from, to: this.view.state };
    }
    this.hover(null);
    this.askFrame();
  }

  // Where points are on screen now, also on their way.
  placesNow() {
    const { xy } = this.points;
    if (!this.moving) return xy;
    const part = ease((performance.now() - this.moving.since) / MOVE_MS);
    return xy.map((to, at) => (Number.isFinite(this.moving.places[at]) ? to * part + this.moving.places[at] * (1 - part) : to));
  }

  setColours(index, palette, visible = new Uint8Array(index.length).fill(1)) {
    const isNewPalette = String(palette) !== String(this.palette);
    const isNewVisible = !this.visible || visible.some((seen, row) => seen !== this.visible[row]);
    Object.assign(this, { colours: index, palette, visible });
    if (!this.supported || this.isLost || !this.points) return;
    this.renderer.setColours(index);
    if (isNewPalette) this.renderer.setPalette(palette);
    if (isNewVisible) this.renderer.setVisible(visible);
    this.askFrame();
  }

  // `labelled` has a byte for each row: 1 where it is drawn above the others.
  setLabelled(labelled) {
    const rows = [];
    for (let row = 0; row < labelled.length; row++) if (labelled[row]) rows.push(row);
    this.labelled = Uint32Array.from(rows);
    this.show((renderer) => renderer.setLabelled(this.labelled));
  }

  setSelection(rows) {
    this.selection = Uint32Array.from(rows);
    this.show((renderer) => renderer.setSelected(this.selection));
  }

  setFocus(row) {
    this.focus = row;
    this.showFocus();
  }

  showFocus() {
    this.show((renderer) => (renderer.focus = this.points?.isPlaced(this.focus) ? this.focus : -1));
  }

  show(change) {
    if (!this.supported || this.isLost || !this.points) return;
    change(this.renderer);
    this.askFrame();
  }

  get camera() {
    return this.view.state;
  }

  set camera(state) {
    this.view.state = state ?? {};
    this.askFrame();
  }

  fit() {
    if (!this.points) return;
    this.view.fit(this.points.bounds);
    this.changeView();
  }

  // Bring a row to the middle of the view.
  centre(row) {
    if (!this.points?.isPlaced(row)) return;
    this.stopMoving();
    this.view.centre(this.points.xy[2 * row], this.points.xy[2 * row + 1]);
    this.changeView();
  }

  isSeen = (row) => this.visible[row] === 1;

  // The nearest row in that direction of the screen, the row itself where there is none; from no row, the one nearest
  // to the middle. Muted points are passed over, here and in all that follows.
  neighbour(row, dx, dy) {
    if (!this.points) return -1;
    if (!this.points.isPlaced(row)) return this.index.nearest(this.view.x, this.view.y, Infinity, this.isSeen);
    const found = this.index.towards(row, dx, -dy, this.isSeen);
    return found < 0 ? row : found;
  }

  inView() {
    return this.points ? this.index.inBox(this.view.box, this.isSeen) : new Uint32Array(0);
  }

  // The rows in the same cell of a grid that lies on the screen.
  cellAt(row) {
    if (!this.points?.isPlaced(row)) return new Uint32Array(0);
    const [across, down] = this.view.toScreen(this.points.xy[2 * row], this.points.xy[2 * row + 1]);
    const [column, line] = [Math.floor(across / CELL), Math.floor(down / CELL)];
    const [left, top] = this.view.toMap(column * CELL, line * CELL);
    const [right, bottom] = this.view.toMap((column + 1) * CELL, (line + 1) * CELL);
    return this.index.inBox({ left, right, bottom, top }, this.isSeen);
  }

  rowAt([across, down]) {
    if (!this.points) return -1;
    return this.index.nearest(...this.view.toMap(across, down), REACH / this.view.pixelsPerUnit, this.isSeen);
  }

  begin() {
    this.stopMoving();
  }

  pan(across, down) {
    this.view.pan(across, down);
    this.changeView();
  }

  zoom(factor, across, down) {
    this.view.zoom(factor, across, down);
    this.changeView();
  }

  pick(place, how) {
    const row = this.rowAt(place);
    if (row >= 0) this.onSelect?.(Uint32Array.of(row), how);
    else if (how === "replace") this.onSelect?.(new Uint32Array(0), how);
  }

  // An outline on screen: shown while it is drawn, and what it holds is selected when it is done.
  drawOutline(outline, how) {
    const path = how || !outline.length ? "" : `M${outline.map((place) => place.join(" ")).join("L")}Z`;
    this.overlay.firstElementChild.setAttribute("d", path);
    if (!how || !this.points) return;
    const polygon = outline.flatMap(([across, down]) => this.view.toMap(across, down));
    this.onSelect?.(this.index.inPolygon(polygon, this.isSeen), how);
  }

  // Where the pointer is, or null: the next frame says which point that is.
  hover(pointer) {
    this.pointer = pointer;
    this.askFrame();
  }

  changeView() {
    this.isViewNews = true;
    this.changedAt = performance.now();
    this.askFrame();
  }

  stopMoving() {
    if (!this.moving) return;
    this.view.state = this.moving.to;
    this.moving = null;
    if (this.supported && !this.isLost) this.renderer.setPlaces(this.points.xy, null);
    this.askFrame();
  }

  // Draw again before the next frame, with the colours that the page has now.
  redraw() {
    this.page = null;
    this.askFrame();
  }

  askFrame() {
    if (!this.isClosed) this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.resize();
    if (!this.points) return;
    this.reportHover();
    if (this.isViewNews) this.onViewChange?.(this.view.state);
    this.isViewNews = false;
    if (!this.supported || this.isLost) return;
    const isMoving = this.step();
    this.page ??= pageLook(this.root);
    const look = { ...this.page, ...pointLook(this.view, this.points.count, this.index.countIn(this.view.box)), dpr: devicePixels() };
    const isCalm = performance.now() - this.changedAt > CALM_MS;
    const isLate = this.renderer.draw(this.view.clip, look, { isCalm, isMoving });
    if (isLate || isMoving) this.askFrame();
  }

  // Fit the canvas to its place on the page, in whole pixels of the screen.
  resize() {
    const { canvas, view } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const dpr = devicePixels();
    const [across, down] = [Math.max(1, Math.round(width * dpr)), Math.max(1, Math.round(height * dpr))];
    if (canvas.width !== across) canvas.width = across;
    if (canvas.height !== down) canvas.height = down;
    if (view.width === width && view.height === height) return;
    view.resize(width, height);
    if (!this.points) return;
    view.whole = view.spanOf(this.points.bounds);
    if (view.fitted) view.fit(this.points.bounds);
  }

  // Points and camera a little further on their way; false once they are there.
  step() {
    if (!this.moving) return false;
    const time = (performance.now() - this.moving.since) / MOVE_MS;
    if (time >= 1) {
      this.stopMoving();
      return false;
    }
    const { from, to } = this.moving;
    const part = ease(time);
    const between = (name) => from[name] * (1 - part) + to[name] * part;
    this.view.state = { ...to, x: between("x"), y: between("y"), span: between("span") };
    this.renderer.progress = part;
    return true;
  }

  reportHover() {
    if (this.pointer === undefined) return;
    const row = this.pointer ? this.rowAt(this.pointer.place) : -1;
    const { clientX = 0, clientY = 0 } = this.pointer ?? {};
    this.pointer = undefined;
    if (row < 0 && this.hovered < 0) return;
    this.hovered = row;
    this.canvas.style.cursor = row >= 0 ? "pointer" : this.mode === "pan" ? "grab" : "crosshair";
    if (this.supported) this.renderer.hovered = row;
    this.onHover?.(row, clientX, clientY);
  }
}
