// Heatmaps and bars. A picture knows where each value stands; all lengths are whole device pixels, so that cells
// are equally large and crisp. Cells are {row, column}; what a figure adds (titles, probe, scale) is in figure.js.

const LINKED = ["image", "feature"]; // axes that are followed
const SIDE = 384, CELL = 16; // CSS pixels: what a heatmap is high, and the most that one of its cells takes
const WIDE = 1536; // what a heatmap or bars may take of the width of the page
const BAR_HEIGHT = 96, BAR = 8, GUTTER = 58, MARK = 6;

class Picture {
  constructor(spec) {
    this.spec = spec;
    this.coloured = spec.weights ?? spec.tensor; // what the colour scale is about
    this.bitmap = document.createElement("canvas");
  }

  load(values) {
    this.values = values;
  }

  // Lengths of the frame around what is followed.
  measure(dpr) {
    this.dpr = dpr;
    this.line = Math.max(1, Math.round(dpr));
    this.inset = 2 * this.line;
  }

  value(at) {
    return this.values[at] * this.spec.tensor.unit;
  }

  // What is followed after a click: the places of the cell, or no longer if they were.
  clicked(cell, places) {
    const wanted = Object.entries(this.placesOf(cell, places)).filter(([axis]) => LINKED.includes(axis));
    const kept = { ...places };
    if (wanted.every(([axis, place]) => places[axis] === place)) for (const [axis] of wanted) delete kept[axis];
    else Object.assign(kept, Object.fromEntries(wanted));
    return kept;
  }

  get links() {
    return this.spec.axes.some((axis) => LINKED.includes(axis));
  }
}

class Heatmap extends Picture {
  constructor(spec) {
    super(spec);
    [this.rows, this.columns] = spec.tensor.shape;
    this.kind = spec.square ? "matrix" : "heatmap";
    const [down, across] = spec.axes;
    this.says = spec.square ? `${this.rows} × ${plural(this.columns, across)}` : `${plural(this.rows, down)} ↓ × ${plural(this.columns, across)} →`;
  }

  units(dpr) {
    const { square } = this.spec;
    const most = square ? side(Math.max(this.rows, this.columns), dpr) : side(this.columns, dpr, WIDE);
    return [Math.min(most, Math.ceil((this.spec.square ? 3 : 2) * dpr)), most];
  }

  lay(unit, dpr) {
    this.measure(dpr);
    this.across = unit;
    this.down = this.spec.square ? unit : side(this.rows, dpr);
    const mark = Math.round(MARK * dpr);
    return {
      width: this.columns * this.across + 2 * this.inset + mark,
      height: this.rows * this.down + 2 * this.inset + mark,
    };
  }

  paint(context, scale) {
    const { rows, columns, across, down, inset } = this;
    const image = fresh(this.bitmap, columns, rows);
    colour(this.values, 0, rows * columns, wordsOf(image), 0, this.spec.colours, scale.range, this.spec.tensor.unit);
    this.bitmap.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.bitmap, inset, inset, columns * across, rows * down);
  }

  at(x, y) {
    const column = Math.floor((x - this.inset) / this.across), row = Math.floor((y - this.inset) / this.down);
    return row >= 0 && row < this.rows && column >= 0 && column < this.columns ? { row, column } : null;
  }

  box({ row, column }) {
    const { inset, across, down } = this;
    return [inset + column * across, inset + row * down, across, down];
  }

  // Frames around the followed row and column, with a pointer outside that the eye finds at once.
  mark(context, places, look) {
    const { rows, columns, across, down, inset } = this;
    const right = inset + columns * across, foot = inset + rows * down;
    const row = placeIn(places, this.spec.axes[0], rows), column = placeIn(places, this.spec.axes[1], columns);
    if (row !== null) {
      frame(context, [inset, inset + row * down, columns * across, down], this.line);
      pointer(context, right + inset, inset + (row + 0.5) * down, -1, 0, this.dpr, look);
    }
    if (column !== null) {
      frame(context, [inset + column * across, inset, across, rows * down], this.line);
      pointer(context, inset + (column + 0.5) * across, foot + inset, 0, -1, this.dpr, look);
    }
  }

  move(cell, across, down) {
    if (!cell) return { row: 0, column: 0 };
    return { row: clamp(cell.row + down, 0, this.rows - 1), column: clamp(cell.column + across, 0, this.columns - 1) };
  }

  text({ row, column }) {
    const [down, across] = this.spec.axes;
    return `${down} ${row} · ${across} ${column} · ${numberText(this.value(row * this.columns + column), 4)}`;
  }

  followedText(places) {
    const [down, across] = this.spec.axes;
    const row = placeIn(places, down, this.rows), column = placeIn(places, across, this.columns);
    if (row !== null && column !== null && !this.spec.square) return this.text({ row, column });
    const { unit } = this.spec.tensor, { values, columns } = this;
    if (row !== null) return spanText(`${down} ${row}`, spanOf(values, unit, row * columns, (row + 1) * columns));
    if (column !== null) return spanText(`${across} ${column}`, spanOf(values, unit, column, values.length, columns));
    return null;
  }

  // On a matrix one axis stands on both sides: a click goes from the followed place to the other one.
  placesOf({ row, column }, places) {
    const [down, across] = this.spec.axes;
    if (!this.spec.square) return { [down]: row, [across]: column };
    return { [down]: places[down] === row && row !== column ? column : row };
  }
}

class Bars extends Picture {
  constructor(spec) {
    super(spec);
    [this.count] = spec.tensor.shape;
    this.kind = "bars";
    this.says = plural(this.count, spec.axes[0]);
  }

  units(dpr) {
    return [Math.ceil(Math.min(3, 1024 / this.count) * dpr), Math.floor(clamp(WIDE / this.count, 3, BAR) * dpr)].sort((a, b) => a - b);
  }

  lay(unit, dpr) {
    this.measure(dpr);
    this.pitch = unit;
    this.gap = unit > 2 * this.line ? this.line : 0;
    this.left = Math.round(GUTTER * dpr);
    this.top = Math.round(6 * dpr);
    this.tall = Math.round(BAR_HEIGHT * dpr);
    return { width: this.left + this.count * unit + this.inset, height: this.top + this.tall + this.inset + Math.round((MARK + 1) * dpr) };
  }

  paint(context, scale, look) {
    const ends = [Math.min(0, scale.range[0]), Math.max(0, scale.range[1])];
    this.ends = ends[0] < ends[1] ? ends : [0, 1];
    const width = this.count * this.pitch;
    context.font = `${11 * this.dpr}px ${look.mono}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of new Set([...this.ends, 0])) {
      const y = this.y(value);
      context.fillStyle = look.border;
      context.fillRect(this.left, y, width, this.line);
      const crowded = value === 0 && this.ends.some((end) => end !== 0 && Math.abs(this.y(end) - y) < 14 * this.dpr);
      context.fillStyle = look.text;
      if (!crowded) context.fillText(numberText(value), this.left - 6 * this.dpr, y);
    }
    for (let bar = 0; bar < this.count; bar++) {
      const value = this.value(bar);
      const signed = this.spec.colours === "diverging" && value > 0;
      context.fillStyle = Number.isFinite(value) ? (signed ? RED : BLUE) : NOT_FINITE;
      context.fillRect(...this.bar(bar));
    }
  }

  y(value) {
    const [low, high] = this.ends;
    return Math.round(this.top + ((high - clamp(value, low, high)) / (high - low)) * this.tall);
  }

  bar(index) {
    const value = this.value(index);
    const x = this.left + index * this.pitch, width = this.pitch - this.gap;
    if (!Number.isFinite(value)) return [x, this.top, width, this.tall];
    const zero = this.y(0), end = this.y(value);
    return [x, Math.min(zero, end), width, Math.max(Math.abs(end - zero), this.line)];
  }

  at(x) {
    const row = Math.floor((x - this.left) / this.pitch);
    return row >= 0 && row < this.count ? { row } : null;
  }

  box({ row }) {
    return [this.left + row * this.pitch, this.top, this.pitch - this.gap, this.tall];
  }

  mark(context, places, look) {
    const row = placeIn(places, this.spec.axes[0], this.count);
    if (row === null) return;
    context.fillStyle = look.follow;
    if (Number.isFinite(this.value(row))) context.fillRect(...this.bar(row));
    pointer(context, this.left + row * this.pitch + (this.pitch - this.gap) / 2, this.top + this.tall + this.inset, 0, -1, this.dpr, look);
  }

  move(cell, across) {
    return cell ? { row: clamp(cell.row + across, 0, this.count - 1) } : { row: 0 };
  }

  text({ row }) {
    return `${this.spec.axes[0]} ${row} · ${numberText(this.value(row), 4)}`;
  }

  followedText(places) {
    const row = placeIn(places, this.spec.axes[0], this.count);
    return row === null ? null : this.text({ row });
  }

  placesOf({ row }) {
    return { [this.spec.axes[0]]: row };
  }
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// Device pixels of one of `count` cells that share a side.
function side(count, dpr, whole = SIDE) {
  return clamp(Math.floor((whole * dpr) / count), 1, Math.floor(CELL * dpr));
}

function placeIn(places, axis, count) {
  const place = places[axis];
  return Number.isInteger(place) && place < count ? place : null;
}

function spanText(what, span) {
  return span ? `${what} · ${rangeText(span)}` : `${what} · nothing finite`;
}

function fresh(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return new ImageData(width, height);
}

function wordsOf(image) {
  return new Uint32Array(image.data.buffer);
}

// White within black: seen on every colour. It stands around the box.
function frame(context, [x, y, width, height], line) {
  context.lineWidth = line;
  for (const [colour, out] of [["#fff", line / 2], ["#000", 1.5 * line]]) {
    context.strokeStyle = colour;
    context.strokeRect(x - out, y - out, width + 2 * out, height + 2 * out);
  }
}

// A small triangle whose tip is at (x, y) and looks in direction (dx, dy).
function pointer(context, x, y, dx, dy, dpr, look) {
  const length = 5 * dpr, half = 4 * dpr;
  context.fillStyle = look.follow;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - dx * length + dy * half, y - dy * length + dx * half);
  context.lineTo(x - dx * length - dy * half, y - dy * length - dx * half);
  context.fill();
}
