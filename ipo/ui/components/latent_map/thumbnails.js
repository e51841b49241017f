// Small pictures of images. They travel in tiles of 16 × 16 that lie side by side on the map, ahead of the pointer.

const TILE_SIDE = 16;
const TILE_COUNT = TILE_SIDE * TILE_SIDE;
const MOST_TILES = 400; // that are held
const TILES_AHEAD = 256; // that are asked for of what is in view: all of 65,000 images
const AT_ONCE = 2; // of them: a browser has six connections to a server, which others need, too

class Thumbnails {
  constructor() {
    this.tiles = new Map(); // number → <img>, the one that was used last at the end
    this.places = new Uint32Array(0); // of each row along the tiles
    Object.assign(this, { ahead: [], loading: 0, version: null });
  }

  // `data` is {sha} of the set; `version` and `order` are of its map, null before there is one.
  update(address, data, version, order) {
    Object.assign(this, { address, data });
    if (version === this.version) return;
    Object.assign(this, { version, places: new Uint32Array(order?.length ?? 0), ahead: [] });
    order?.forEach((row, place) => (this.places[row] = place));
    this.tiles.clear();
  }

  urlOf(tile) {
    return `${this.address}/thumbnails/${this.version}/${tile}.png`;
  }

  tile(number) {
    const image = this.tiles.get(number) ?? Object.assign(new Image(), { src: this.urlOf(number) });
    this.tiles.delete(number);
    this.tiles.set(number, image);
    if (this.tiles.size > MOST_TILES) this.tiles.delete(this.tiles.keys().next().value);
    return image;
  }

  // Have the tiles of some rows here before they are looked at, instead of those that were wanted before.
  warm(rows) {
    const step = Math.max(1, Math.floor(rows.length / (64 * TILES_AHEAD)));
    const wanted = new Set();
    for (let at = 0; at < rows.length && wanted.size < TILES_AHEAD; at += step) wanted.add(Math.floor(this.places[rows[at]] / TILE_COUNT));
    this.ahead = [...wanted].filter((number) => !this.tiles.has(number)).reverse();
    while (this.loading < AT_ONCE && this.ahead.length) this.loadAhead();
  }

  async loadAhead() {
    this.loading++;
    while (this.ahead.length) {
      const number = this.ahead.pop();
      if (!this.tiles.has(number)) await isLoaded(this.tile(number));
    }
    this.loading--;
  }

  // The tiles beside that of a row come next: rows that are near each other on the map are near along the tiles.
  warmAround(row) {
    const number = Math.floor(this.places[row] / TILE_COUNT);
    const last = Math.ceil(this.places.length / TILE_COUNT) - 1;
    for (const near of [number - 1, number + 1]) if (near >= 0 && near <= last && !this.tiles.has(near)) this.tile(near);
  }

  // Show the picture of a row in an element, as wide and high as that is.
  draw(element, row) {
    const { style } = element;
    const place = this.places[row];
    if (place === undefined) {
      style.backgroundImage = this.data && row >= 0 ? `url("${this.address}/images/${this.data.sha}/${row}.png")` : "";
      style.backgroundSize = "contain";
      style.backgroundPosition = "center";
      return;
    }
    const number = Math.floor(place / TILE_COUNT);
    const at = place % TILE_COUNT;
    const part = (index) => `${(100 * index) / (TILE_SIDE - 1)}%`;
    this.tile(number);
    style.backgroundImage = `url("${this.urlOf(number)}")`;
    style.backgroundSize = `${100 * TILE_SIDE}% ${100 * TILE_SIDE}%`;
    style.backgroundPosition = `${part(at % TILE_SIDE)} ${part(Math.floor(at / TILE_SIDE))}`;
  }
}

function isLoaded(image) {
  return new Promise((resolve) => (image.onload = image.onerror = resolve));
}

// Put other pictures into an element; the one that had the focus has it again, if it is still among them.
function replacePictures(element, pictures) {
  const { activeElement } = element.getRootNode();
  const row = element.contains(activeElement) ? activeElement.dataset.row : undefined;
  element.replaceChildren(...pictures);
  if (row !== undefined) pictures.find((picture) => picture.dataset.row === row)?.focus({ preventScroll: true });
}
