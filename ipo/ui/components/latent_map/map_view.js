// The map on the page: a canvas with points, the camera over it, and what pointers do there. Rows are named by their
// number; muted points are passed over wherever points are looked for.

const REACH = 12; // CSS pixels from a point at which a pointer is on it
const CALM_MS = 120; // without a change of the view: now it rests
const WHOLE = "position: absolute; inset: 0; width: 100%; height: 100%;";
const CURSORS = { pan: "grab", lasso: "crosshair", rectangle: "crosshair" };

class MapView {
  // `root` has a position of its own. Without WebGL 2 `supported` is false and nothing is drawn; the rest works.
  constructor(root, { onHover, onSelect, onViewChange, onError } = {}) {
    Object.assign(this, { root, onHover, onSelect, onViewChange, onError });
    Object.assign(this, { points: null, index: null, colours: null, palette: [], visible: null, movement: null });
    Object.assign(this, { labelled: [], selection: [], focus: -1, hovered: -1, changedAt: -Infinity });
    this.view = new Camera();
    this.canvas = document.createElement("canvas");
    this.canvas.role = "img";
    this.canvas.ariaLabel = "Map";
    this.canvas.style.cssText = `${WHOLE} touch-action: none`;
    this.overlay = outlineLayer();
    this.overlay.style.cssText = `${WHOLE} pointer-events: none`;
    root.prepend(this.canvas, this.overlay);
    this.mode = "pan";
    this.canvas.addEventListener("webglcontextlost", this.lose);
    this.canvas.addEventListener("webglcontextrestored", this.restore);
    try {
      this.renderer = new Renderer(this.canvas);
    } catch (error) {
      this.onError?.(error.message);
    }
    this.gestures = new Gestures(this.canvas, this);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.canvas);
  }

  close() {
    this.isClosed = true;
    cancelAnimationFrame(this.frame);
    this.resized.disconnect();
    this.gestures.close();
    this.canvas.removeEventListener("webglcontextlost", this.lose);
    this.canvas.removeEventListener("webglcontextrestored", this.restore);
    this.renderer?.close();
    for (const layer of [this.canvas, this.overlay]) layer.remove();
  }

  get supported() {
    return Boolean(this.renderer);
  }

  // What a drag does: "pan", "lasso" or "rectangle".
  get mode() {
    return this.dragMode;
  }

  set mode(mode) {
    this.dragMode = mode;
    this.canvas.style.cursor = CURSORS[mode];
  }

  get camera() {
    return this.view.state;
  }

  set camera(state) {
    this.view.state = state ?? {};
    this.askFrame();
  }

  // Show points; `animate` lets them move there from their former places. Those of another count are another set, and
  // begin grey, with none selected.
  setPoints(points, animate = false) {
    const isSameSet = this.points?.count === points.count;
    const isMoving = isSameSet && animate && this.supported && !prefersStillness();
    const places = isMoving ? this.movement?.placesNow(this.points.xy) ?? this.points.xy : null;
    const before = this.view.state;
    Object.assign(this, { points, index: new SpatialIndex(points), movement: null });
    this.canvas.ariaLabel = `Map of ${points.count.toLocaleString("en")} points`;
    this.refit();
    if (!isSameSet) this.forget();
    if (isMoving) this.movement = new Movement(places, before, this.view.state);
    this.show((renderer) => (isSameSet ? renderer.setPlaces(points.xy, places) : this.upload()));
    this.setFocus(this.focus);
    this.hover(null);
  }

  forget() {
    this.colours = new Uint8Array(this.points.count).fill(NO_COLOUR);
    this.visible = new Uint8Array(this.points.count).fill(1);
    Object.assign(this, { labelled: [], selection: [], focus: -1 });
  }

  // A colour of the palette ([red, green, blue], up to 255) for each point; 255 is grey. `visible` is 0 where muted.
  setColours(index, palette, visible = new Uint8Array(index.length).fill(1)) {
    const isNew = { colours: !isSameList(index, this.colours), visible: !isSameList(visible, this.visible) };
    isNew.palette = String(palette) !== String(this.palette);
    Object.assign(this, { colours: index, palette, visible });
    if (isNew.colours) this.show((renderer) => renderer.setColours(index));
    if (isNew.palette) this.show((renderer) => renderer.setPalette(palette));
    if (isNew.visible) this.show((renderer) => renderer.setVisible(visible));
  }

  // Points with a 1 are drawn above the others.
  setLabelled(labelled) {
    const rows = rowsWhere(labelled.length, (row) => labelled[row] === 1);
    if (isSameList(rows, this.labelled)) return;
    this.labelled = rows;
    this.show((renderer) => renderer.setLabelled(this.labelled));
  }

  setSelection(rows) {
    if (isSameList(rows, this.selection)) return;
    this.selection = Uint32Array.from(rows);
    this.show((renderer) => renderer.setSelected(this.selection));
  }

  setFocus(row) {
    this.focus = row;
    this.show((renderer) => (renderer.focus = this.points.isPlaced(row) ? row : -1));
  }

  // Change what is drawn, if anything is: after a lost context all comes back from here.
  show(change) {
    if (!this.supported || this.isLost || !this.points) return;
    change(this.renderer);
    this.askFrame();
  }

  upload() {
    const { renderer } = this;
    renderer.setCount(this.points.count);
    renderer.setPlaces(this.points.xy, null);
    renderer.setColours(this.colours);
    renderer.setVisible(this.visible);
    renderer.setPalette(this.palette);
    renderer.setLabelled(this.labelled);
    renderer.setSelected(this.selection);
  }

  lose = (event) => {
    event.preventDefault(); // else it never comes back
    this.isLost = true;
  };

  restore = () => {
    this.isLost = false;
    this.renderer.start();
    this.show(() => this.upload());
  };

  fit() {
    if (!this.points) return;
    this.arrive();
    this.view.fit(this.points.bounds);
    this.changeView();
  }

  // What covers the map at its left and at its top, in CSS pixels: everything is fitted beside it.
  set covered(covered) {
    this.view.covered = covered;
    this.refit();
  }

  // Bring a row to the middle of the view.
  centre(row) {
    if (!this.points?.isPlaced(row)) return;
    this.arrive();
    this.view.centre(...this.points.placeOf(row));
    this.changeView();
  }

  isSeen = (row) => this.visible[row] === 1;

  // The nearest row in a direction of the screen, or the row itself; from −1 the one nearest to the middle.
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
    return this.index.inBox(this.view.cellAround(...this.points.placeOf(row)), this.isSeen);
  }

  rowAt([across, down]) {
    if (!this.points) return -1;
    return this.index.nearest(...this.view.toMap(across, down), REACH / this.view.pixelsPerUnit, this.isSeen);
  }

  // What gestures do, in CSS pixels of the canvas:
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

  // While an outline is drawn, it is shown; when it is done, `how` says what becomes of the points inside.
  drawOutline(outline, how) {
    showOutline(this.overlay, how ? [] : outline);
    if (!how || !this.points) return;
    const polygon = outline.flatMap(([across, down]) => this.view.toMap(across, down));
    this.onSelect?.(this.index.inPolygon(polygon, this.isSeen), how);
  }

  // Where the pointer is, {place, clientX, clientY}, or null; the next frame says which point is there.
  hover(pointer) {
    this.pointer = pointer;
    this.isHoverNews = true;
    this.askFrame();
  }

  changeView() {
    this.changedAt = performance.now();
    this.isViewNews = this.isHoverNews = true;
    this.askFrame();
  }

  // End a movement where it leads to.
  arrive() {
    if (!this.movement) return;
    this.view.state = this.movement.to;
    this.movement = null;
    this.show((renderer) => renderer.setPlaces(this.points.xy, null));
  }

  // Draw again with the colours that the page has now.
  redraw() {
    this.page = null;
    this.renderer?.pictures.spoil();
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
    if (this.movement?.isOver) this.arrive();
    if (this.isViewNews) this.onViewChange?.(this.view.state);
    if (this.isHoverNews) this.reportHover();
    this.isViewNews = this.isHoverNews = false;
    if (this.supported && !this.isLost) this.drawPoints();
  }

  drawPoints() {
    const { view, movement, renderer } = this;
    if (movement) {
      view.state = movement.cameraNow;
      renderer.progress = movement.part;
    }
    this.page ??= pageLook(this.root);
    const inView = this.index.countIn(view.box);
    const look = { ...this.page, ...pointLook(view, this.points.count, inView), dpr: devicePixels() };
    const isCalm = performance.now() - this.changedAt > CALM_MS;
    const isLate = renderer.draw(view.clip, look, { isCalm, isMoving: Boolean(movement) });
    if (isLate || movement) this.askFrame();
  }

  resize() {
    const { view } = this;
    const [width, height] = fitCanvas(this.canvas);
    if (view.width === width && view.height === height) return;
    view.resize(width, height);
    this.refit();
  }

  // Everything stays in view where it was, and its scale is known.
  refit() {
    if (!this.points) return;
    this.view.whole = this.view.spanOf(this.points.bounds);
    if (this.view.fitted && !this.movement) this.view.fit(this.points.bounds);
    this.askFrame();
  }

  reportHover() {
    const row = this.pointer ? this.rowAt(this.pointer.place) : -1;
    if (row < 0 && this.hovered < 0) return;
    this.hovered = row;
    this.canvas.style.cursor = row >= 0 ? "pointer" : CURSORS[this.mode];
    if (this.supported) this.renderer.hovered = row;
    this.onHover?.(row, this.pointer?.clientX ?? 0, this.pointer?.clientY ?? 0);
  }
}
