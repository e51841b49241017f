// Small pictures of images. They travel in tiles of 16 × 16 that lie side by side on the map, ahead of the pointer.

const TILE_SIDE = 16;
const TILE_COUNT = TILE_SIDE * TILE_SIDE;
const MOST_TILES = 400; // that are held decoded
const TILES_AHEAD = 24; // that are asked for round what is in view

class Thumbnails {
  constructor() {
    this.tiles = new Map(); // number → <img>, the one that was used last at the end
    this.places = new Uint32Array(0); // of each row along the tiles
  }

  update(address, version, order) {
    if (version === this.version) return;
    Object.assign(this, { address, version, places: new Uint32Array(order.length) });
    order.forEach((row, place) => (this.places[row] = place));
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

  // Have the tiles of some rows here before they are looked at.
  warm(rows) {
    const step = Math.max(1, Math.floor(rows.length / (64 * TILES_AHEAD)));
    const wanted = new Set();
    for (let at = 0; at < rows.length && wanted.size < TILES_AHEAD; at += step) wanted.add(Math.floor(this.places[rows[at]] / TILE_COUNT));
    for (const number of wanted) this.tile(number);
  }

  // Show the picture of a row in an element, as wide and high as that is.
  draw(element, row) {
    if (!this.version || row < 0 || row >= this.places.length) {
      element.style.backgroundImage = "";
      return;
    }
    const place = this.places[row];
    const number = Math.floor(place / TILE_COUNT);
    const at = place % TILE_COUNT;
    this.tile(number);
    const part = (index) => `${(100 * index) / (TILE_SIDE - 1)}%`;
    element.style.backgroundImage = `url("${this.urlOf(number)}")`;
    element.style.backgroundSize = `${100 * TILE_SIDE}% ${100 * TILE_SIDE}%`;
    element.style.backgroundPosition = `${part(at % TILE_SIDE)} ${part(Math.floor(at / TILE_SIDE))}`;
  }
}
