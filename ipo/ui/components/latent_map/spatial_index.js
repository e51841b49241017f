// Which points are near a place, in a box or in a polygon of the map: a grid of cells, each with its rows.
// Points beyond the bounds stand in the cells at the edge, so that a few far away do not make the grid coarse.

const PER_CELL = 3; // points, if they were spread evenly
const MOST_CELLS = 1024; // along one side

class SpatialIndex {
  constructor(points) {
    const { xy, count, bounds } = points;
    Object.assign(this, { points, bounds });
    this.side = Math.max(1, Math.min(MOST_CELLS, Math.round(Math.sqrt(count / PER_CELL))));
    this.across = this.side / (bounds.right - bounds.left);
    this.up = this.side / (bounds.top - bounds.bottom);
    const cells = new Int32Array(count).fill(-1);
    this.starts = new Uint32Array(this.side * this.side + 1);
    for (let row = 0; row < count; row++) {
      if (!points.isPlaced(row)) continue;
      cells[row] = this.line(xy[2 * row + 1]) * this.side + this.column(xy[2 * row]);
      this.starts[cells[row] + 1]++;
    }
    for (let cell = 0; cell < this.side * this.side; cell++) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.rows = new Uint32Array(this.starts[this.side * this.side]);
    for (let row = 0; row < count; row++) if (cells[row] >= 0) this.rows[next[cells[row]]++] = row;
  }

  column(x) {
    return this.inside((x - this.bounds.left) * this.across);
  }

  line(y) {
    return this.inside((y - this.bounds.bottom) * this.up);
  }

  inside(cell) {
    return cell <= 0 ? 0 : cell >= this.side ? this.side - 1 : Math.floor(cell);
  }

  // About how many points are in a box: those of all cells that it touches.
  countIn(box) {
    const [first, last] = [this.column(box.left), this.column(box.right)];
    let count = 0;
    for (let line = this.line(box.bottom); line <= this.line(box.top); line++) {
      count += this.starts[line * this.side + last + 1] - this.starts[line * this.side + first];
    }
    return count;
  }

  // Every row of the cells that a box touches, one after the other.
  forEach(box, visit) {
    const [first, last] = [this.column(box.left), this.column(box.right)];
    for (let line = this.line(box.bottom); line <= this.line(box.top); line++) {
      const end = this.starts[line * this.side + last + 1];
      for (let at = this.starts[line * this.side + first]; at < end; at++) visit(this.rows[at]);
    }
  }

  inBox(box, isSeen) {
    const { xy } = this.points;
    const rows = [];
    this.forEach(box, (row) => {
      const x = xy[2 * row], y = xy[2 * row + 1];
      if (x >= box.left && x <= box.right && y >= box.bottom && y <= box.top && isSeen(row)) rows.push(row);
    });
    return Uint32Array.from(rows).sort();
  }

  // The row nearest to a place and not farther than `reach`, else −1.
  nearest(x, y, reach, isSeen) {
    return this.best(x, y, reach, (row, across, up) => (isSeen(row) ? across * across + up * up : Infinity));
  }

  // The nearest other row in a cone of 90° round a direction, else −1.
  towards(row, dx, dy, isSeen) {
    const { xy, bounds } = this.points;
    const [x, y] = [xy[2 * row], xy[2 * row + 1]];
    const length = Math.hypot(dx, dy);
    const cost = (other, across, up) => {
      const along = (across * dx + up * dy) / length;
      const squared = across * across + up * up;
      return along > 0 && 2 * along * along >= squared && other !== row && isSeen(other) ? squared : Infinity;
    };
    const most = 2 * Math.max(bounds.right - bounds.left, bounds.top - bounds.bottom);
    for (let reach = 2 / Math.min(this.across, this.up); reach < most; reach *= 2) {
      const found = this.best(x, y, reach, cost);
      if (found >= 0) return found;
    }
    return this.best(x, y, Infinity, cost);
  }

  // The row with the lowest squared distance, as `cost` says it, among those not farther than `reach`.
  best(x, y, reach, cost) {
    const { xy } = this.points;
    let best = -1, lowest = reach * reach;
    this.forEach({ left: x - reach, right: x + reach, bottom: y - reach, top: y + reach }, (row) => {
      const value = cost(row, xy[2 * row] - x, xy[2 * row + 1] - y);
      if (value <= lowest && value < Infinity) [best, lowest] = [row, value];
    });
    return best;
  }

  // Rows inside a closed polygon [x0, y0, x1, y1, …]; where it winds round a place at all, that place is inside.
  inPolygon(polygon, isSeen) {
    const edges = edgesOf(polygon);
    const box = boxOf(polygon);
    const { xy } = this.points;
    const found = [];
    for (let line = this.line(box.bottom); line <= this.line(box.top); line++) {
      const [low, high] = this.heights(line);
      const near = edges.filter((edge) => edge.low <= high && edge.high >= low);
      const crossed = this.columnsOf(near, low, high);
      let inside = null; // of the uncrossed cells since the last crossed one: they are alike
      for (let column = this.column(box.left); column <= this.column(box.right); column++) {
        const cell = line * this.side + column;
        const [from, to] = [this.starts[cell], this.starts[cell + 1]];
        const open = column === 0 || column === this.side - 1 || line === 0 || line === this.side - 1;
        if (crossed[column] || open) inside = null;
        else inside ??= winds(near, this.middle(column), (low + high) / 2);
        if (inside === false) continue;
        for (let at = from; at < to; at++) {
          const row = this.rows[at];
          if ((inside || winds(near, xy[2 * row], xy[2 * row + 1])) && isSeen(row)) found.push(row);
        }
      }
    }
    return Uint32Array.from(found).sort();
  }

  // The lowest and highest y of points in a line of cells.
  heights(line) {
    const low = this.bounds.bottom + line / this.up;
    return [line === 0 ? -Infinity : low, line === this.side - 1 ? Infinity : low + 1 / this.up];
  }

  middle(column) {
    return this.bounds.left + (column + 0.5) / this.across;
  }

  // Which cells between two heights an edge passes through.
  columnsOf(edges, low, high) {
    const crossed = new Uint8Array(this.side);
    for (const edge of edges) {
      const ends = [edge.at(Math.max(low, edge.low)), edge.at(Math.min(high, edge.high))];
      const flat = edge.low === edge.high;
      const left = flat ? Math.min(edge.x0, edge.x1) : Math.min(...ends);
      const right = flat ? Math.max(edge.x0, edge.x1) : Math.max(...ends);
      crossed.fill(1, this.column(left), this.column(right) + 1);
    }
    return crossed;
  }
}

function edgesOf(polygon) {
  const edges = [];
  for (let at = 0; at < polygon.length; at += 2) {
    const [x0, y0] = [polygon[at], polygon[at + 1]];
    const [x1, y1] = [polygon[(at + 2) % polygon.length], polygon[(at + 3) % polygon.length]];
    const slope = (x1 - x0) / (y1 - y0);
    edges.push({
      ...{ x0, x1, low: Math.min(y0, y1), high: Math.max(y0, y1), way: y1 > y0 ? 1 : -1 },
      at: (y) => x0 + (y - y0) * slope,
    });
  }
  return edges;
}

function boxOf(polygon) {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (let at = 0; at < polygon.length; at += 2) {
    box.left = Math.min(box.left, polygon[at]);
    box.right = Math.max(box.right, polygon[at]);
    box.bottom = Math.min(box.bottom, polygon[at + 1]);
    box.top = Math.max(box.top, polygon[at + 1]);
  }
  return box;
}

// Whether edges wind round a place: those that a ray to the right meets, counted by the way they go.
function winds(edges, x, y) {
  let turns = 0;
  for (const edge of edges) if (edge.low <= y && y < edge.high && edge.at(y) > x) turns += edge.way;
  return turns !== 0;
}
