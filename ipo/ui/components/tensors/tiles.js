// Thumbnails: images, rows of weights, and the neighbours of each row.

const TILE = 56; // CSS pixels that a thumbnail's longer side should have
const LABEL = 13, NUMBER = 20; // CSS pixels for what is written under a thumbnail, or before a row of them
const BLOCK_GAP = 20;

// All thumbnails of a tensor in one bitmap, each at its size in values.
class Atlas {
  constructor([height, width], count) {
    Object.assign(this, { height, width, count });
    this.columns = Math.ceil(Math.sqrt(count));
    this.canvas = document.createElement("canvas");
  }

  load(values, unit) {
    const size = this.height * this.width;
    Object.assign(this, { values, unit, size });
    this.spans = Array.from({ length: this.count }, (_, tile) => spanOf(values, unit, tile * size, (tile + 1) * size));
  }

  paint(colours, scale) {
    const across = this.columns * this.width;
    const image = fresh(this.canvas, across, Math.ceil(this.count / this.columns) * this.height);
    const words = wordsOf(image);
    for (let tile = 0; tile < this.count; tile++) {
      const range = scale.tile ? scaleOf(colours, this.spans[tile] ?? [0, 0]) : scale.range;
      const [x, y] = this.corner(tile);
      for (let row = 0; row < this.height; row++) {
        const from = tile * this.size + row * this.width;
        colour(this.values, from, this.width, words, (y + row) * across + x, colours, range, this.unit);
      }
    }
    this.canvas.getContext("2d").putImageData(image, 0, 0);
  }

  corner(tile) {
    return [(tile % this.columns) * this.width, Math.floor(tile / this.columns) * this.height];
  }

  draw(context, tile, [x, y, width, height]) {
    context.imageSmoothingEnabled = false;
    context.drawImage(this.canvas, ...this.corner(tile), this.width, this.height, x, y, width, height);
  }
}

class Tiled extends Picture {
  constructor(spec) {
    super(spec);
    [this.high, this.wide] = spec.tile;
    this.atlas = new Atlas(spec.tile, this.coloured.shape[0]);
  }

  load(values, weights) {
    super.load(values);
    this.atlas.load(weights ?? values, this.coloured.unit);
  }

  units(dpr) {
    if (this.spec.zoom) return Array(2).fill(Math.max(1, Math.round(this.spec.zoom * dpr)));
    const most = Math.max(1, Math.floor((TILE * dpr) / Math.max(this.high, this.wide)));
    return [Math.min(most, Math.max(1, Math.round(dpr))), most];
  }

  lay(unit, dpr) {
    this.measure(dpr);
    this.zoom = unit;
    this.gap = 2 * this.line;
    this.tileWide = this.wide * unit;
    this.tileHigh = this.high * unit;
  }

  // Which value of which thumbnail, if (x, y) is within it.
  within({ x, y }, cell) {
    const [left, top] = this.box(cell);
    const across = Math.floor((x - left) / this.zoom), down = Math.floor((y - top) / this.zoom);
    return across >= 0 && across < this.wide && down >= 0 && down < this.high ? { ...cell, down, across } : cell;
  }

  pixelText({ down, across }, tile) {
    if (down === undefined) return this.atlas.spans[tile] ? rangeText(this.atlas.spans[tile]) : "nothing finite";
    const value = this.atlas.values[tile * this.atlas.size + down * this.wide + across] * this.atlas.unit;
    return `pixel ${down}, ${across} · ${numberText(value, 4)}`;
  }
}

class Tiles extends Tiled {
  constructor(spec) {
    super(spec);
    [this.count] = spec.tensor.shape;
    this.kind = "thumbnails";
    this.says = `${plural(this.count, spec.axes[0])} of ${this.high} × ${this.wide}`;
  }

  lay(unit, dpr) {
    super.lay(unit, dpr);
    const { perRow } = this.spec;
    this.pitchX = this.tileWide + this.gap;
    this.pitchY = this.tileHigh + this.gap + (this.spec.labels.length ? Math.round(LABEL * dpr) : 0);
    return {
      width: Math.min(perRow, this.count) * this.pitchX - this.gap + 2 * this.inset,
      height: Math.ceil(this.count / perRow) * this.pitchY - this.gap + 2 * this.inset,
    };
  }

  paint(context, scale, look) {
    this.atlas.paint(this.spec.colours, scale);
    for (let row = 0; row < this.count; row++) this.atlas.draw(context, row, this.box({ row }));
    context.fillStyle = look.text;
    context.font = `${11 * this.dpr}px ${look.mono}`;
    context.textAlign = "center";
    context.textBaseline = "top";
    this.spec.labels.forEach((label, row) => {
      const [x, y] = this.box({ row });
      context.fillText(label, x + this.tileWide / 2, y + this.tileHigh + 2 * this.line, this.pitchX);
    });
  }

  at(x, y) {
    const column = Math.floor((x - this.inset) / this.pitchX), line = Math.floor((y - this.inset) / this.pitchY);
    const row = line * this.spec.perRow + column;
    if (column < 0 || column >= this.spec.perRow || row < 0 || row >= this.count) return null;
    return this.within({ x, y }, { row });
  }

  box({ row }) {
    const { perRow } = this.spec;
    const x = this.inset + (row % perRow) * this.pitchX, y = this.inset + Math.floor(row / perRow) * this.pitchY;
    return [x, y, this.tileWide, this.tileHigh];
  }

  mark(context, places, look) {
    const row = placeIn(places, this.spec.axes[0], this.count);
    if (row !== null) ring(context, this.box({ row }), this.gap, look);
  }

  move(cell, across, down) {
    if (!cell) return { row: 0 };
    const row = cell.row + across + down * this.spec.perRow;
    return { row: row >= 0 && row < this.count ? row : cell.row };
  }

  tileOf({ row }) {
    return row;
  }

  text(cell) {
    const label = this.spec.labels[cell.row];
    const which = `${this.spec.axes[0]} ${cell.row}${label === undefined ? "" : ` (${label})`}`;
    return `${which} · ${this.pixelText(cell, cell.row)}`;
  }

  followedText(places) {
    const row = placeIn(places, this.spec.axes[0], this.count);
    return row === null ? null : this.text({ row });
  }

  placesOf({ row }) {
    return { [this.spec.axes[0]]: row };
  }
}

// Rows of a feature and its neighbours, in as many blocks side by side as there is room for.
class Neighbourhoods extends Tiled {
  constructor(spec) {
    super(spec);
    [this.rows, this.neighbours] = spec.tensor.shape;
    this.kind = "neighbourhoods";
    this.alone = true;
    this.says = `${plural(this.rows, spec.axes[0])}, each with its ${plural(this.neighbours, "neighbour")}, the nearest first`;
  }

  // As small as can be read, unless told otherwise: there are many.
  units(dpr) {
    const [least, most] = super.units(dpr);
    return this.spec.zoom ? [least, most] : [least, least];
  }

  lay(unit, dpr, available) {
    super.lay(unit, dpr);
    this.left = Math.round(NUMBER * dpr);
    this.apart = 3 * this.gap; // between a feature and its neighbours
    this.blockWide = this.left + (this.neighbours + 1) * (this.tileWide + this.gap) + this.apart;
    this.blockPitch = this.blockWide + Math.round(BLOCK_GAP * dpr);
    const blocks = Math.max(1, Math.floor((available - 2 * this.inset + this.blockPitch - this.blockWide) / this.blockPitch));
    this.perBlock = Math.ceil(this.rows / blocks);
    this.blocks = Math.ceil(this.rows / this.perBlock);
    return {
      width: this.blocks * this.blockPitch - (this.blockPitch - this.blockWide) + 2 * this.inset,
      height: this.perBlock * (this.tileHigh + this.gap) - this.gap + 2 * this.inset,
    };
  }

  paint(context, scale, look) {
    this.atlas.paint(this.spec.colours, scale);
    context.fillStyle = look.faint;
    context.font = `${10 * this.dpr}px ${look.mono}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let row = 0; row < this.rows; row++) {
      const [x, y] = this.box({ row, column: 0 });
      context.fillText(String(row), x - 2 * this.gap, y + this.tileHigh / 2);
      for (let column = 0; column <= this.neighbours; column++) {
        this.atlas.draw(context, this.tileOf({ row, column }), this.box({ row, column }));
      }
    }
  }

  tileOf({ row, column }) {
    return column ? this.value(row * this.neighbours + column - 1) : row;
  }

  at(x, y) {
    const block = Math.floor((x - this.inset) / this.blockPitch);
    const line = Math.floor((y - this.inset) / (this.tileHigh + this.gap));
    const row = block * this.perBlock + line;
    if (block < 0 || line < 0 || line >= this.perBlock || row >= this.rows) return null;
    for (let column = 0; column <= this.neighbours; column++) {
      const cell = this.within({ x, y }, { row, column });
      if (cell.down !== undefined) return cell;
    }
    return null;
  }

  box({ row, column }) {
    const x = this.inset + Math.floor(row / this.perBlock) * this.blockPitch + this.left;
    const y = this.inset + (row % this.perBlock) * (this.tileHigh + this.gap);
    return [x + column * (this.tileWide + this.gap) + (column ? this.apart : 0), y, this.tileWide, this.tileHigh];
  }

  mark(context, places, look) {
    const followed = placeIn(places, this.spec.axes[0], this.rows);
    if (followed === null) return;
    for (let row = 0; row < this.rows; row++) {
      for (let column = 0; column <= this.neighbours; column++) {
        if (column && this.tileOf({ row, column }) === followed) ring(context, this.box({ row, column }), this.gap, look);
      }
    }
    const [x, y, , height] = this.box({ row: followed, column: 0 });
    const [last] = this.box({ row: followed, column: this.neighbours });
    ring(context, [x, y, last + this.tileWide - x, height], this.gap, look);
  }

  move(cell, across, down) {
    if (!cell) return { row: 0, column: 0 };
    return { row: clamp(cell.row + down, 0, this.rows - 1), column: clamp(cell.column + across, 0, this.neighbours) };
  }

  text(cell) {
    const [axis] = this.spec.axes;
    const tile = this.tileOf(cell);
    const which = cell.column ? `${axis} ${cell.row} · neighbour ${cell.column}: ${axis} ${tile}` : `${axis} ${cell.row}`;
    return `${which} · ${this.pixelText(cell, tile)}`;
  }

  followedText(places) {
    const [axis] = this.spec.axes;
    const row = placeIn(places, axis, this.rows);
    if (row === null) return null;
    const near = Array.from({ length: this.neighbours }, (_, column) => this.tileOf({ row, column: column + 1 }));
    let among = 0;
    for (const index of this.values) among += index === row;
    return `${axis} ${row} · nearest ${near.join(", ")} · neighbour of ${among}`;
  }

  placesOf(cell) {
    return { [this.spec.axes[0]]: this.tileOf(cell) };
  }
}

// The outline of a followed thumbnail, in the gap around it.
function ring(context, [x, y, width, height], gap, look) {
  context.lineWidth = gap;
  context.strokeStyle = look.follow;
  context.strokeRect(x - gap / 2, y - gap / 2, width + gap, height + gap);
}
