// What part of the map is on screen: its centre, and the length of the map that the shorter side of the view shows.
// The map's y axis points up, the screen's down.

const CLOSEST = 1 / 20000, FARTHEST = 8; // spans, as parts of the one that shows everything
const CELL = 64; // CSS pixels
const MARGIN = 1.06; // around everything

class Camera {
  constructor() {
    Object.assign(this, { x: 0, y: 0, span: 1, fitted: true, width: 1, height: 1, whole: 1 });
    this.covered = { left: 0, top: 0 }; // CSS pixels at the edges where something else stands
  }

  get state() {
    const { x, y, span, fitted } = this;
    return { x, y, span, fitted };
  }

  // Take a state of before; one that makes no sense is left alone.
  set state({ x, y, span, fitted } = {}) {
    if (![x, y, span].every(Number.isFinite) || span <= 0) return;
    Object.assign(this, { x, y, span, fitted: Boolean(fitted) });
  }

  get pixelsPerUnit() {
    return Math.min(this.width, this.height) / this.span;
  }

  // How much larger than with everything in view.
  get magnification() {
    return this.whole / this.span;
  }

  // From the map to the clip space of WebGL.
  get clip() {
    const { x, y, width, height, pixelsPerUnit } = this;
    return { x, y, across: (2 * pixelsPerUnit) / width, up: (2 * pixelsPerUnit) / height };
  }

  // The box of the map that is in view.
  get box() {
    const [left, top] = this.toMap(0, 0);
    const [right, bottom] = this.toMap(this.width, this.height);
    return { left, right, bottom, top };
  }

  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  toScreen(x, y) {
    const scale = this.pixelsPerUnit;
    return [this.width / 2 + (x - this.x) * scale, this.height / 2 - (y - this.y) * scale];
  }

  toMap(across, down) {
    const scale = this.pixelsPerUnit;
    return [this.x + (across - this.width / 2) / scale, this.y - (down - this.height / 2) / scale];
  }

  // The box on the map of the cell that a place of the map is in, of a grid that lies on the screen.
  cellAround(x, y) {
    const [column, line] = this.toScreen(x, y).map((pixels) => Math.floor(pixels / CELL));
    const [left, top] = this.toMap(column * CELL, line * CELL);
    const [right, bottom] = this.toMap((column + 1) * CELL, (line + 1) * CELL);
    return { left, right, bottom, top };
  }

  // Move with the pointer, in CSS pixels.
  pan(across, down) {
    this.x -= across / this.pixelsPerUnit;
    this.y += down / this.pixelsPerUnit;
    this.fitted = false;
  }

  // Zoom so that what is at a place of the screen stays there.
  zoom(factor, across = this.width / 2, down = this.height / 2) {
    const [x, y] = this.toMap(across, down);
    const span = this.span / factor;
    this.span = Math.min(this.whole * FARTHEST, Math.max(this.whole * CLOSEST, span));
    const [newX, newY] = this.toMap(across, down);
    this.x += x - newX;
    this.y += y - newY;
    this.fitted = false;
  }

  centre(x, y) {
    Object.assign(this, { x, y, fitted: false });
  }

  // What is covered, but never so much that little is left.
  get margins() {
    return { left: Math.min(this.covered.left, this.width / 4), top: Math.min(this.covered.top, this.height / 4) };
  }

  // The span with which a box is in view, where nothing covers it.
  spanOf({ left, right, bottom, top }) {
    const side = Math.min(this.width, this.height);
    const { margins } = this;
    const [width, height] = [this.width - margins.left, this.height - margins.top];
    const span = MARGIN * Math.max(((right - left) * side) / width, ((top - bottom) * side) / height);
    return span > 0 ? span : 1;
  }

  fit(bounds) {
    this.whole = this.span = this.spanOf(bounds);
    const { margins } = this;
    this.x = (bounds.left + bounds.right) / 2 - margins.left / 2 / this.pixelsPerUnit;
    this.y = (bounds.bottom + bounds.top) / 2 + margins.top / 2 / this.pixelsPerUnit;
    this.fitted = true;
  }
}
