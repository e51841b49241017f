// What panels show of the server, without a run of their page: one request for all panels of the page that are due,
// one at a time, whichever components they stand in.

const feeds = (window.ipoFeeds ??= new Map()); // address → Feed

// `source`: {address, versions, token, panel}. `show(content, values)` is called whenever the panel's content is
// another; it may return a promise of that it is on screen. `values` are those that came with it: id → bytes.
// Returns the panel's place in its feed: {ask(), step(count), end()}.
function followPanel(source, show) {
  const { address, panel } = source;
  if (!feeds.has(address)) feeds.set(address, new Feed(source));
  const feed = feeds.get(address);
  const place = { show, said: null };
  feed.panels.set(panel, place);
  feed.ask([panel]);
  return {
    ask: () => feed.ask([panel]),
    step: (count) => feed.step(count),
    end: () => {
      if (feed.panels.get(panel) === place) feed.panels.delete(panel);
      if (!feed.panels.size) feed.end();
    },
  };
}

class Feed {
  constructor({ address, versions, token }) {
    Object.assign(this, { address, token });
    this.panels = new Map(); // name → {show, said}
    this.due = new Set(); // panels to ask for
    this.steps = []; // to take before, with what says that they are taken
    this.version = 0; // that all panels show
    this.newest = 0; // that was heard of
    this.working = false;
    this.drawing = null; // of all panels, the last one: {from, to}, `to` once they are on screen
    this.stopFollowing = followVersions(versions, this);
  }

  end() {
    this.stopFollowing();
    feeds.delete(this.address);
  }

  heard(version) {
    this.newest = version;
    this.work();
  }

  lost() {
    this.version = 0; // what is heard next may be of another run of the server
  }

  ask(panels) {
    for (const panel of panels) this.due.add(panel);
    this.work();
  }

  // Resolves once the steps are taken, or their taking takes long; rejects where nobody answers.
  step(count) {
    return new Promise((resolve, reject) => {
      this.steps.push({ count, resolve, reject });
      this.work();
    });
  }

  async work() {
    if (this.working) return;
    this.working = true;
    await null; // for all components that come with one message
    while (this.due.size || this.steps.length || this.newest > this.version) {
      const steps = this.steps.shift();
      const some = !steps && this.newest <= this.version;
      const asked = some ? [...this.due].filter((panel) => this.panels.has(panel)) : [...this.panels.keys()];
      this.due.clear();
      try {
        await (steps ? this.post(steps.count, asked) : this.fetch(asked));
        steps?.resolve();
      } catch (error) {
        steps?.reject(error); // else the stream of versions says when the server is back
        this.newest = 0;
      }
    }
    this.working = false;
  }

  // Says how long the last drawing took, or takes until now: while many steps run, the next ones come accordingly.
  async fetch(asked) {
    const query = new URLSearchParams(asked.map((panel) => ["panel", panel]));
    if (this.drawing) query.set("took", Math.round((this.drawing.to ?? performance.now()) - this.drawing.from));
    await this.take(asked, performance.now(), await fetch(`${this.address}/panels?${query}`));
  }

  async post(count, asked) {
    const headers = { "Content-Type": "application/json", "X-Ipo-Token": this.token };
    const body = JSON.stringify({ count, panels: asked });
    await this.take(asked, performance.now(), await fetch(`${this.address}/steps`, { method: "POST", headers, body }));
  }

  async take(asked, from, answer) {
    if (!answer.ok) throw new Error(await answer.text());
    const { version, panels, values } = opened(await answer.arrayBuffer());
    const all = [...this.panels.keys()].every((panel) => asked.includes(panel));
    if (all) this.version = version;
    const shows = [];
    for (const [panel, content] of Object.entries(panels)) {
      const place = this.panels.get(panel);
      const said = JSON.stringify(content);
      if (!place || said === place.said) continue;
      place.said = said;
      shows.push(place.show(content, values));
    }
    if (!all) return;
    const drawing = (this.drawing = { from, to: null });
    Promise.allSettled(shows).then(() => (drawing.to = performance.now()));
  }
}

// The parts of an answer: the length of its JSON in four bytes, the JSON, and the values that it tells the lengths of.
function opened(bytes) {
  const length = new DataView(bytes).getUint32(0, true);
  const said = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  let from = 4 + length;
  const cut = ([id, size]) => [id, bytes.slice(from, (from += size))];
  return { ...said, values: new Map(Object.entries(said.values).map(cut)) };
}
