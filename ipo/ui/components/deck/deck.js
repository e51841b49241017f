// The judging deck. It acts at once on what it holds, and tells the server by an event log: every event
// stays in the log, also across a reload, until the server has saved and acknowledged it. What is shown is
// always the server's view with the unacknowledged events applied on top.

export default (component) => mount(component, (parent) => new Deck(parent));

class Deck {
  constructor(parent) {
    this.root = parent.querySelector(".deck");
    this.items = new Map(); // id → what the server said about it
    this.images = new Map(); // id → loaded <img>, one per image and page load
    this.previews = new Previews(() => this.render());
    this.slots = []; // batch: what each place shows
    this.news = ""; // what the last undo or redo did
    this.focus = 0;
    this.keyboard = new Keyboard(this.root, (name) => this.actOf(name));
    this.view = UNKNOWN;
    this.connection = new Connection(
      (view, applied) => this.show(view, applied),
      () => {
        if (!this.connection.isLost) reloadMissing(this.images.values());
        this.render();
      },
    );
  }

  close() {
    this.keyboard.close();
    this.connection.close();
  }

  update({ data }) {
    const place = `ipo-events-${data.session}`;
    const fresh = this.log?.place !== place;
    if (fresh) {
      // A new prompt was typed, or the folder without which there is no deck; keys judge from now on.
      if (this.data || data.pictures) document.activeElement?.blur();
      this.log = new EventLog(place);
      this.slots = [];
      this.news = "";
      this.items.clear();
      this.images.clear();
      this.previews.clear();
      this.view = UNKNOWN;
    }
    if (this.data?.mode !== data.mode || this.data?.tiles !== data.tiles || fresh) this.layout(data);
    this.data = data;
    this.render();
    this.connection.update(data, this.log);
  }

  show(view, applied) {
    this.view = view;
    this.pace = paceNow(view);
    const others = view.recent.map(({ other }) => other).filter(Boolean);
    for (const item of [...view.hand, ...view.recent, ...others]) this.items.set(item.id, item);
    this.previews.take(view.previews, (id) => this.items.has(id) && !this.seen(id));
    this.news = newsOf(applied, view) ?? this.news;
    this.find(".unseen").textContent = spokenOf(applied, view) || this.find(".unseen").textContent;
    this.render();
  }

  // One act of the user: an event per candidate. `label` may depend on the candidate.
  act(kind, ids, label, other) {
    this.news = "";
    const first = ids.length > 1 ? this.log.seq : undefined;
    for (const id of ids) {
      this.log.append({ kind, id, label: typeof label === "function" ? label(id) : label, other, first });
    }
    this.render();
    this.connection.send();
  }

  judge(id, label) {
    if (this.seen(id)) this.act("judge", [id], label);
  }

  skip(id) {
    if (this.items.has(id)) this.act("skip", [id]);
  }

  newBatch() {
    this.act("skip", this.slots.filter((id) => this.items.has(id)));
  }

  best(id) {
    if (this.seen(id)) {
      this.act("judge", this.slots.filter((other) => this.seen(other)), (other) => (other === id ? GOOD : BAD));
    }
  }

  // Of two images, nobody can prefer one before they have seen both.
  prefer(side) {
    const [left, right] = this.slots;
    if (!this.seen(left) || !this.seen(right)) return;
    if (side === LEFT) this.act("prefer", [left], LEFT, right);
    else this.act("prefer", [right], RIGHT, left);
  }

  // Nobody can judge what they have not seen.
  seen(id) {
    const image = this.images.get(id);
    return Boolean(image?.complete && image.naturalWidth);
  }

  // Takes the last act of the session back, or does what was undone last again.
  walk(kind) {
    const [act] = this.table[kind];
    if (!act) return;
    const about = act.changes.flatMap(shownBy);
    this.slots = this.slots.map((id) => (about.includes(id) ? undefined : id)); // what is judged again leaves
    this.act(kind, [act.event]);
  }

  change({ id, label, other }) {
    if (label === SKIPPED || other) this.act("remove", [id]);
    else this.act("relabel", [id], -label);
  }

  // What a key does now.
  actOf(name) {
    if (!this.data) return undefined;
    const current = this.current(this.focus);
    const acts = {
      ArrowRight: () => this.judge(current, GOOD),
      ArrowLeft: () => this.judge(current, BAD),
      ArrowDown: () => this.skip(current),
      Backspace: (event) => this.walk(event.shiftKey ? "redo" : "undo"),
      z: (event) => this.walk(event.shiftKey ? "redo" : "undo"),
      y: () => this.walk("redo"),
    };
    if (!this.find(".retry").hidden) acts.Enter = () => this.retry();
    if (this.data.mode === "pair") {
      acts.ArrowLeft = () => this.prefer(LEFT);
      acts.ArrowRight = () => this.prefer(RIGHT);
      acts.ArrowDown = () => this.newBatch();
    }
    if (this.data.mode !== "batch") return acts[name];
    acts.n = () => this.newBatch();
    acts.b = () => this.best(current);
    const place = Number(name) - 1;
    if (place >= 0 && place < this.data.tiles) acts[name] = () => this.focusOn(place);
    if (!name.startsWith("Arrow") || !acts[name]) return acts[name];
    return (event) => {
      acts[name](event);
      this.focusOn((this.focus + 1) % this.data.tiles);
    };
  }

  focusOn(place) {
    this.focus = place;
    this.render();
  }

  image(id) {
    if (!this.images.has(id)) {
      const image = new Image();
      image.decoding = "sync"; // what is put on screen is there in the same frame
      this.images.set(id, image);
      loadImage(image, this.items.get(id).url, () => this.render());
    }
    return this.images.get(id);
  }

  retry() {
    reloadMissing(this.images.values());
    this.connection.send(true);
    this.render();
  }

  layout(data) {
    this.slots = [];
    this.focus = 0;
    this.root.dataset.mode = data.mode;
    this.root.style.setProperty("--side", `${data.side}px`);
    this.root.innerHTML = { batch: batchHtml(data.tiles), pair: PAIR_HTML }[data.mode] ?? QUEUE_HTML;
    this.find(".undo").onclick = () => this.walk("undo");
    this.find(".redo").onclick = () => this.walk("redo");
    this.find(".retry").onclick = () => this.retry();
    this.find(".noted").onclick = () => {
      noteStorageProblem();
      this.render();
    };
    if (data.mode === "batch") this.find(".new").onclick = () => this.newBatch();
    if (data.mode === "pair") {
      this.find("[data-act=left]").onclick = () => this.prefer(LEFT);
      this.find("[data-act=right]").onclick = () => this.prefer(RIGHT);
      this.find("[data-act=neither]").onclick = () => this.newBatch();
    }
    const strip = this.find(".recent");
    strip.onclick = (event) => {
      const place = event.target.closest("button")?.dataset.place;
      if (place !== undefined && this.table.recent[place]) this.change(this.table.recent[place]);
    };
    this.root.querySelectorAll(".tile").forEach((tile, place) => {
      tile.onclick = (event) => {
        this.focus = place;
        const id = this.current(place);
        const act = event.target.closest("button")?.dataset.act;
        if (act === "good") this.judge(id, GOOD);
        else if (act === "bad") this.judge(id, BAD);
        else if (act === "skip") this.skip(id);
        else if (act === "best") this.best(id);
        else this.render();
      };
    });
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  current(place) {
    return this.data.mode === "queue" ? this.table.hand[0] : this.slots[place];
  }

  render() {
    this.table = tableWith(this.log.events, this.view);
    this.table.hand = this.keptHand(this.table);
    const { hand, recent } = this.table;
    const used = new Set([...hand, ...recent.flatMap(shownBy)]);
    for (const id of this.images.keys()) if (!used.has(id)) this.images.delete(id);
    for (const id of this.items.keys()) if (!used.has(id)) this.items.delete(id);
    const known = hand.filter((id) => this.items.has(id));
    known.slice(0, this.data.tiles + this.data.ahead).forEach((id) => this.image(id)); // loads ahead
    const coming = [...known, ...this.previews.coming.filter((id) => !this.items.has(id))];
    if (this.data.mode === "queue") this.slots = [coming[0]];
    else this.fillSlots(coming);
    this.root.querySelectorAll(".tile").forEach((tile, place) => this.drawTile(tile, this.slots[place], place));
    this.drawStrip(recent);
    this.drawNext(coming.slice(this.data.tiles));
    if (this.data.mode === "pair") this.drawChoice();
    this.drawBar(recent);
  }

  // What is on screen stays until it is judged, also when the server would propose another by now.
  keptHand({ hand, recent }) {
    const gone = (id) => this.seen(id) && !hand.includes(id) && !recent.some((entry) => isAbout(entry, id));
    return [...this.slots.filter(gone), ...hand];
  }

  // A tile keeps its place until it is judged; whatever comes next fills the gap.
  fillSlots(coming) {
    const visible = coming.slice(0, this.data.tiles);
    const waiting = visible.filter((id) => !this.slots.includes(id));
    this.slots = Array.from({ length: this.data.tiles }, (_, place) =>
      visible.includes(this.slots[place]) ? this.slots[place] : waiting.shift());
  }

  drawTile(tile, id, place) {
    const frame = tile.querySelector(".frame");
    tile.classList.toggle("focus", this.data.mode === "batch" && place === this.focus);
    const image = this.items.has(id) ? this.image(id) : undefined;
    const ready = this.seen(id);
    if (ready) this.previews.drop(id);
    // What a preview stands for cannot be judged yet: the frame has that candidate once its image is there.
    const candidate = image && !this.previews.image(id) ? id : "";
    if (frame.dataset.candidate !== candidate) {
      const left = frame.dataset.candidate;
      const verdict = this.table.recent.find((entry) => isAbout(entry, left));
      frame.dataset.candidate = candidate;
      if (verdict && verdict.other !== left) flash(frame, verdictOf(verdict));
    }
    const wanted = ready ? image : this.previews.image(id);
    const shown = frame.querySelector("img");
    if (wanted && shown !== wanted) {
      if (shown) shown.replaceWith(wanted);
      else frame.prepend(wanted);
    } else if (!wanted && shown) shown.remove();
    frame.dataset.waiting = ready ? "" : this.waiting(image, this.previews.message(id));
    tile.querySelectorAll("button").forEach((button) => (button.disabled = !ready));
    const item = id && this.items.get(id);
    const opinion = (this.data.mode === "queue" ? this.root : tile).querySelector(".opinion");
    opinion.hidden = !item;
    if (!item) return;
    opinion.querySelector(".value").textContent = valueText(item);
    image.alt = altOf(item, place, this.data.mode);
    opinion.title = opinionTitle(item, this.data.terms);
    if (this.data.mode !== "batch") opinion.querySelector(".how").textContent = howText(item);
  }

  drawChoice() {
    const both = this.slots.every((id) => this.seen(id));
    this.root.querySelectorAll(".keys button").forEach((button) => {
      button.disabled = button.dataset.act === "neither" ? !this.slots.some((id) => this.items.has(id)) : !both;
    });
  }

  waiting(image, message) {
    if (this.connection.isLost) return "no connection";
    if (isMissing(image)) return "did not load";
    if (this.view.error) return "no image";
    if (this.view.waiting) return this.view.waiting;
    return this.view.opened ? waitText(this.pace, message) : "opening the session …";
  }

  drawStrip(recent) {
    this.root.querySelectorAll(".recent button").forEach((button, place) => {
      const entry = recent[place];
      button.className = entry ? verdictOf(entry) : "none";
      button.disabled = !entry;
      button.title = entry ? titleOf(entry) : "";
      button.ariaLabel = entry ? `Image ${place + 1} of the last ten, ${titleOf(entry)}` : "Nothing judged yet";
      drawThumb(button, entry && this.items.has(entry.id) ? this.image(entry.id) : undefined);
    });
  }

  drawNext(coming) {
    const ahead = this.pace?.ahead ?? this.data.ahead;
    this.root.querySelectorAll(".next span").forEach((place, number) => {
      const id = coming[number];
      place.hidden = number >= Math.max(ahead, coming.length);
      place.classList.toggle("preview", Boolean(id) && !this.items.has(id));
      const image = this.items.has(id) ? this.image(id) : undefined;
      drawThumb(place, this.seen(id) ? image : this.previews.image(id));
    });
    this.find(".pace").textContent = paceText(this.pace);
    window.clearTimeout(this.countdown);
    if (secondsLeft(this.pace)) this.countdown = window.setTimeout(() => this.render(), 1000);
  }

  drawBar(recent) {
    const pending = this.log.events.length;
    const { problem: lost, refusal } = this.connection;
    const { notice, error, judged } = this.view;
    const missing = missingText([...this.images.values()].filter(isMissing).length);
    const wrong = [notice, error, refusal, missing].filter(Boolean).join(" ");
    const unkept = lost || wrong ? "" : storageProblem();
    const news = lost || wrong || unkept || (pending > 2 ? `saving ${pending} …` : "");
    const text = news || this.news || (judged || recent.length || !this.view.opened ? "" : this.data.welcome);
    const message = this.find(".message");
    message.textContent = text;
    message.classList.toggle("bad", Boolean(lost || wrong || unkept));
    this.find(".retry").hidden = Boolean(lost) || !(error || refusal || missing || (notice && pending));
    this.find(".noted").hidden = !unkept;
    drawWalks((kind) => this.find(`.${kind}`), this.table);
  }
}

function flash(frame, verdict) {
  const veil = document.createElement("div");
  veil.className = `veil ${verdict}`;
  veil.onanimationend = () => veil.remove();
  frame.querySelector(".veil")?.remove();
  frame.append(veil);
}

// Thumbnails are backgrounds: an <img> can stand in one place only, and its file is in the browser already.
function drawThumb(place, image) {
  const wanted = image?.complete && image.naturalWidth ? `url("${image.src}")` : "";
  if (place.dataset.shown !== wanted) {
    place.dataset.shown = wanted;
    place.style.backgroundImage = wanted;
  }
}
