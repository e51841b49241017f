// Images on their way, as far as they are made: shown where they will be, until they are there.

class Previews {
  constructor(changed) {
    this.changed = changed; // called when one was loaded
    this.coming = []; // ids of candidates, the next one first
    this.shown = new Map(); // candidate id → {url, message, image: the last one that was loaded}
  }

  // What the server says is on its way. One that is in hand by now stays until its image was loaded.
  take(previews, isAwaited) {
    const coming = new Map(previews.map((preview) => [preview.id, preview]));
    for (const id of this.shown.keys()) if (!coming.has(id) && !isAwaited(id)) this.shown.delete(id);
    for (const [id, { url, message }] of coming) {
      const entry = this.shown.get(id) ?? {};
      this.shown.set(id, Object.assign(entry, { message }));
      if (entry.url !== url) this.load(entry, url);
    }
    this.coming = [...coming.keys()];
  }

  // The one before stays until this one is there; one that does not come is passed over.
  load(entry, url) {
    const image = new Image();
    image.className = "preview";
    image.decoding = "sync";
    image.alt = "An image that is being made";
    entry.url = url;
    image.onload = () => {
      if (entry.url !== url) return;
      entry.image = image;
      this.changed();
    };
    image.src = url;
  }

  drop(id) {
    this.shown.delete(id);
  }

  clear() {
    this.shown.clear();
    this.coming = [];
  }

  image(id) {
    return this.shown.get(id)?.image;
  }

  message(id) {
    return this.shown.get(id)?.message ?? "";
  }
}
