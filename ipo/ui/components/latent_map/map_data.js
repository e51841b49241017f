// What the map is drawn from: places and predictions, what the set says, and scores. Each is read when it is another.

class MapData {
  // `changed(isMap)` is called when something arrived; `isMap` where it is the places.
  constructor(address, changed) {
    Object.assign(this, { address, changed, points: null, version: null, truth: null, scores: null, scored: null });
    this.wanted = new Map(); // what is on its way → the version of it
  }

  async loadPoints(version) {
    if (!version || version === this.version) return;
    await this.load("points", version, `points/${version}`, (bytes) => {
      Object.assign(this, { points: Points.parse(bytes), version });
      this.changed(true);
    });
  }

  async loadTruth(sha) {
    if (this.truth) return;
    await this.load("truth", sha, `truth/${sha}`, (bytes) => {
      this.truth = new Uint8Array(bytes);
      this.changed(false);
    });
  }

  async loadScores(version) {
    if (!version || version === this.scored) return;
    await this.load("scores", version, `scores/${version}`, (bytes) => {
      Object.assign(this, { scores: new Uint8Array(bytes), scored: version });
      this.changed(false);
    });
  }

  // Read what is at an address, unless that is under way. Where there is none by now, or nobody answers, the next
  // view says more.
  async load(what, version, path, use) {
    if (this.wanted.get(what) === version) return;
    this.wanted.set(what, version);
    try {
      const answer = await fetch(`${this.address}/${path}`);
      const bytes = answer.ok ? await answer.arrayBuffer() : null;
      if (bytes && this.wanted.get(what) === version) use(bytes);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    } finally {
      if (this.wanted.get(what) === version) this.wanted.delete(what);
    }
  }
}
