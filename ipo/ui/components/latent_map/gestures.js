// What pointers and the wheel do on the map: they move the camera, pick a place or draw an outline round points.

const DRAG = 4; // CSS pixels from where a pointer went down; less is a click
const CORNER = 3; // between two corners of a lasso
const WHEEL = 0.0016, PINCH = 0.01, LINE = 16; // zoom of a pixel of the wheel, of a trackpad; pixels of a line

class Gestures {
  // `owner` is {mode, arrive, pan, zoom, pick, drawOutline, hover}; places are in CSS pixels of the canvas.
  constructor(canvas, owner) {
    Object.assign(this, { canvas, owner, pointers: new Map(), kind: null, outline: [] });
    this.stopped = new AbortController();
    const { signal } = this.stopped;
    const on = (name, act, options) => canvas.addEventListener(name, act, { signal, ...options });
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event, true));
    on("pointercancel", (event) => this.up(event, false));
    on("pointerleave", () => owner.hover(null));
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("dblclick", (event) => this.owner.zoom(event.shiftKey ? 0.5 : 2, ...this.placeOf(event)));
    on("contextmenu", (event) => this.kind && event.preventDefault());
  }

  close() {
    this.stopped.abort();
  }

  placeOf({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  // Shift adds where a mode draws outlines; where it is what makes one drawn, Ctrl or ⌘ does.
  kindOf({ button, shiftKey, altKey }) {
    const { mode } = this.owner;
    if (button === 1) return "pan";
    if (mode !== "pan") return mode;
    return altKey ? "rectangle" : shiftKey ? "lasso" : "pan";
  }

  down(event) {
    if (event.button > 1 || this.pointers.size > 1) return;
    this.owner.arrive();
    if (event.button === 1) event.preventDefault(); // else the browser scrolls
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.placeOf(event));
    this.outline = [];
    this.isDrag = this.pointers.size > 1;
    this.kind = this.isDrag ? "pinch" : this.kindOf(event);
    this.start = this.placeOf(event);
    this.owner.drawOutline([], null);
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    const place = this.placeOf(event);
    if (!before) {
      if (event.pointerType !== "touch") this.owner.hover({ place, clientX: event.clientX, clientY: event.clientY });
      return;
    }
    if (!this.isDrag && distance(place, this.start) < DRAG) return;
    if (!this.isDrag) this.owner.hover(null);
    this.isDrag = true;
    if (this.kind === "pinch") this.pinch(event.pointerId, before, place);
    else if (this.kind === "pan") this.owner.pan(place[0] - before[0], place[1] - before[1]);
    else this.draw(place);
    this.pointers.set(event.pointerId, place);
  }

  // Two fingers: what is between them follows them.
  pinch(pointer, before, place) {
    const [other] = [...this.pointers].filter(([id]) => id !== pointer).map(([, at]) => at);
    if (!other) return;
    const middle = (at) => [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
    const [from, to] = [middle(before), middle(place)];
    this.owner.pan(to[0] - from[0], to[1] - from[1]);
    this.owner.zoom(Math.max(1, distance(place, other)) / Math.max(1, distance(before, other)), ...to);
  }

  draw(place) {
    const { outline, start } = this;
    if (this.kind === "rectangle") {
      this.outline = [start, [place[0], start[1]], place, [start[0], place[1]]];
    } else if (!outline.length) this.outline = [start, place];
    else if (distance(outline.at(-1), place) >= CORNER) outline.push(place);
    this.owner.drawOutline(this.outline, null);
  }

  up(event, isDone) {
    if (!this.pointers.delete(event.pointerId)) return;
    const { kind, isDrag, outline } = this;
    const adds = event.ctrlKey || event.metaKey || (event.shiftKey && this.owner.mode !== "pan");
    if (this.pointers.size) {
      this.kind = "pan"; // the finger that stays
      return;
    }
    this.kind = null;
    this.outline = [];
    if (isDone && isDrag && outline.length > 2) this.owner.drawOutline(outline, adds ? "add" : "replace");
    else this.owner.drawOutline([], null);
    if (isDone && !isDrag && kind !== "pinch" && event.button === 0) {
      const toggles = event.shiftKey || event.ctrlKey || event.metaKey;
      this.owner.pick(this.placeOf(event), toggles ? "toggle" : "replace");
    }
  }

  wheel(event) {
    event.preventDefault();
    this.owner.arrive();
    const pixels = event.deltaY * (event.deltaMode === 1 ? LINE : event.deltaMode === 2 ? this.canvas.clientHeight : 1);
    const rate = event.ctrlKey ? PINCH : WHEEL;
    this.owner.zoom(Math.exp(-rate * Math.max(-400, Math.min(400, pixels))), ...this.placeOf(event));
  }
}

function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

// What outlines are drawn on.
function outlineLayer() {
  const layer = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  layer.innerHTML =
    '<path fill="currentColor" fill-opacity="0.08" stroke="currentColor" stroke-width="1.5" stroke-dasharray="5 3"/>';
  return layer;
}

function showOutline(layer, outline) {
  const path = outline.length ? `M${outline.map((place) => place.join(" ")).join("L")}Z` : "";
  layer.firstElementChild.setAttribute("d", path);
}
