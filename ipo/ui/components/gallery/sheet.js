// The tiles of the contact sheet that are in view, and which rows the browser has to ask for.

const TILE = 96, GAP = 8; // pixels; tiles grow a little so that a line is full
const AHEAD = 3; // lines of tiles that are loaded before they come into view
const ASK_MS = 60; // between two windows while scrolling

class Sheet {
  // `select(place)` is called where a tile is clicked, `ask(window)` where other rows are needed than are at hand,
  // and `redraw()` where another part of the sheet is in view, or an image is there.
  constructor(root, { select, ask, redraw }) {
    Object.assign(this, { ask, redraw });
    this.root = root.querySelector(".sheet");
    this.canvas = root.querySelector(".canvas");
    this.tiles = new Map(); // place → tile
    this.window = { first: 0, count: 0 }; // the places whose rows were asked for last
    this.root.onscroll = redraw;
    this.root.onclick = (event) => {
      const tile = event.target.closest(".tile");
      if (tile) select(Number(tile.dataset.place));
    };
    this.resized = new ResizeObserver(redraw);
    this.resized.observe(this.root);
  }

  close() {
    this.resized.disconnect();
    clearTimeout(this.asking);
  }

  get isVisible() {
    return this.canvas.clientWidth > 0;
  }

  get images() {
    return [...this.tiles.values()].map((tile) => tile.querySelector("img"));
  }

  get grid() {
    const width = this.canvas.clientWidth;
    const columns = Math.max(1, Math.floor((width + GAP) / (TILE + GAP)));
    const side = Math.floor((width + GAP) / columns) - GAP;
    return { columns, side, pitch: side + GAP };
  }

  // Begin at the top of another order, of which `window` is at hand.
  restart(window) {
    this.window = window;
    this.root.scrollTop = 0;
  }

  reveal(place) {
    const { columns, pitch } = this.grid;
    const top = Math.floor(place / columns) * pitch;
    const { scrollTop, clientHeight } = this.root;
    if (top < scrollTop) this.root.scrollTop = top;
    else if (top + pitch > scrollTop + clientHeight) this.root.scrollTop = top + pitch - clientHeight;
  }

  // `itemAt(place)` is undefined while the row is not here. `chosen`: the place of the chosen row, if one is.
  draw(data, itemAt, chosen) {
    const { columns, side, pitch } = this.grid;
    const lines = Math.ceil(data.total / columns);
    this.canvas.style.height = `${lines * pitch - GAP}px`;
    const { scrollTop, clientHeight } = this.root;
    const top = Math.max(0, Math.floor(scrollTop / pitch));
    const bottom = Math.ceil((scrollTop + clientHeight) / pitch);
    const from = top * columns;
    const to = Math.min(data.total, bottom * columns);
    for (const [place, tile] of this.tiles) {
      if (place >= from && place < to) continue;
      tile.remove();
      this.tiles.delete(place);
    }
    for (let place = from; place < to; place++) {
      const tile = this.tile(place);
      tile.style.width = tile.style.height = `${side}px`;
      tile.style.left = `${(place % columns) * pitch}px`;
      tile.style.top = `${Math.floor(place / columns) * pitch}px`;
      tile.setAttribute("aria-posinset", place + 1);
      this.drawTile(tile, data, itemAt(place), place === chosen);
    }
    this.askFor(Math.max(0, top - AHEAD) * columns, Math.min(data.total, (bottom + AHEAD) * columns), AHEAD * columns);
  }

  tile(place) {
    let tile = this.tiles.get(place);
    if (!tile) {
      tile = document.createElement("div");
      tile.setAttribute("role", "option");
      tile.innerHTML = '<img alt="" draggable="false" hidden><span class="mark"></span><span class="badge"></span>';
      tile.dataset.place = place;
      tile.id = `ipo-row-${place}`;
      this.tiles.set(place, tile);
      this.canvas.append(tile);
    }
    return tile;
  }

  drawTile(tile, data, item, chosen) {
    tile.className = ["tile", item ? verdictOf(item) : "", item?.gone ? "gone" : "", chosen ? "chosen" : ""].join(" ");
    tile.setAttribute("aria-selected", String(chosen));
    tile.setAttribute("aria-label", item ? aboutOf(item) : "A row that is being loaded");
    tile.setAttribute("aria-setsize", data.total);
    if (chosen) this.root.setAttribute("aria-activedescendant", tile.id);
    tile.dataset.candidate = item?.id ?? "";
    const image = tile.querySelector("img");
    const address = item ? thumbnailAddress(data, item.id) : "";
    if ((image.getAttribute("src") ?? "") !== address) {
      if (item) loadImage(image, address, this.redraw);
      else unloadImage(image);
    }
    const missing = isMissing(image);
    tile.dataset.problem = !missing ? "" : missingReason(image) ? "cannot be read" : "did not load";
    image.hidden = !item || missing;
    const mark = tile.querySelector(".mark");
    mark.textContent = item?.mark === null || !item ? "" : valueText(item.mark);
    mark.classList.toggle("against", Boolean(item) && data.informed && item.mark * item.label < 0);
  }

  // Ask for another window once what is in view, with some lines about it, is not in the one at hand.
  askFor(from, to, more) {
    const { first, count } = this.window;
    if ((from >= first && to <= first + count) || this.asking) return;
    this.asking = setTimeout(() => {
      this.asking = undefined;
      const begin = Math.max(0, from - more);
      this.window = { first: begin, count: to + more - begin };
      this.ask(this.window);
      this.redraw(); // the sheet may have been scrolled on
    }, ASK_MS);
  }
}
