// The points of a map as the server sends them: little endian, one block after the other.

class Points {
  // uint32 count, uint32 classes, float32 places (n, 2), uint32 order (n), uint8 predicted (n), uint8 certainty (n).
  static parse(buffer) {
    if (buffer.byteLength < 8) throw new RangeError("The points of the map are cut short.");
    const [count, classes] = new Uint32Array(buffer, 0, 2);
    if (buffer.byteLength !== 8 + 14 * count) {
      throw new RangeError(`${count} points take ${8 + 14 * count} bytes, and ${buffer.byteLength} came.`);
    }
    return new Points({
      classes,
      xy: new Float32Array(buffer, 8, 2 * count),
      order: new Uint32Array(buffer, 8 + 8 * count, count),
      predicted: new Uint8Array(buffer, 8 + 12 * count, count),
      certainty: new Uint8Array(buffer, 8 + 13 * count, count),
    });
  }

  constructor({ classes, xy, order, predicted, certainty }) {
    Object.assign(this, { classes, xy, order, predicted, certainty, count: xy.length / 2 });
    this.missing = rowsWhere(this.count, (row) => !this.isPlaced(row));
    this.bounds = boundsOf(this);
  }

  placeOf(row) {
    return [this.xy[2 * row], this.xy[2 * row + 1]];
  }

  // Whether a row has a place on the map.
  isPlaced(row) {
    return Number.isFinite(this.xy[2 * row] + this.xy[2 * row + 1]);
  }
}

function rowsWhere(count, test) {
  const rows = [];
  for (let row = 0; row < count; row++) if (test(row)) rows.push(row);
  return Uint32Array.from(rows);
}

// Whether two lists hold the same numbers.
function isSameList(list, other) {
  return list.length === other?.length && list.every((value, at) => value === other[at]);
}

const SAMPLE = 8192; // points that say where nearly all of them are
const TAIL = 0.001; // of the sample at each end
const PAD = 0.25; // of what is between, for points beyond

// The box with nearly all points, so that a few far away do not shrink the others to a dot.
function boundsOf(points) {
  const [left, right] = rangeOf(points, 0);
  const [bottom, top] = rangeOf(points, 1);
  return { left, right, bottom, top };
}

function rangeOf({ xy, count }, axis) {
  let low = Infinity, high = -Infinity;
  for (let at = axis; at < xy.length; at += 2) {
    const value = xy[at];
    if (value - value !== 0) continue; // x − x is 0 for finite x only
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high >= low)) return [-0.5, 0.5];
  if (high === low) return [low - 0.5, low + 0.5];
  const step = Math.max(1, Math.floor(count / SAMPLE));
  const sample = [];
  for (let row = 0; row < count; row += step) sample.push(xy[2 * row + axis]);
  const values = Float32Array.from(sample.filter(Number.isFinite)).sort();
  if (values.length < 2) return [low, high];
  const tail = Math.floor(TAIL * values.length);
  const [first, last] = [values[tail], values[values.length - 1 - tail]];
  const pad = PAD * (last - first) || 0.5;
  return [Math.max(low, first - pad), Math.min(high, last + pad)];
}
