// The contact sheet. Only the rows in view travel: the browser says which window it shows, Streamlit sends it.
// Acts are shown at once and told to the server by an event log, as in the deck; the rows follow a moment later.

export default (component) => mount(component, (parent) => new Gallery(parent));

const HINT = "← ↑ ↓ → choose · G good · B bad · Delete take back";

class Gallery {
  constructor(parent) {
    this.root = parent.querySelector(".gallery");
    this.sheet = new Sheet(this.root, {
      select: (place) => this.select(place),
      ask: (window) => this.setStateValue("window", { order: this.data.order, ...window }),
      redraw: () => this.draw(),
    });
    this.panel = new Panel(this.root);
    this.panel.onImage = () => {
      this.drawPanel();
      this.drawFoot();
    };
    this.items = new Map(); // place in the order → what the server said about the row
    this.place = 0;
    this.selected = null; // candidate id; null while the row at `place` is not here yet, or none is chosen
    this.none = false; // whether no row is chosen: the one that was is gone
    this.said = null; // the choice that the server was told last
    this.news = "";
    this.notice = ""; // what the server said about the last acts
    this.view = UNKNOWN;
    this.taken = []; // acts that the server has applied, and the rows at hand may not show yet
    for (const place of [".acts", ".walks"]) {
      this.find(place).onclick = (event) => this.press(event.target.closest("button")?.dataset.act);
    }
    this.find(".retry").onclick = () => this.retry();
    this.find(".noted").onclick = () => {
      noteStorageProblem();
      this.drawFoot();
    };
    this.connection = new Connection(
      (view, applied) => this.take(view, applied),
      () => {
        if (!this.connection.isLost) reloadMissing(this.images());
        this.drawFoot();
      },
    );
    this.keyboard = new Keyboard(
      this.root,
      (name) => this.actOf(name),
      (name) => name.startsWith("Arrow"),
    );
  }

  close() {
    this.keyboard.close();
    this.sheet.close();
    this.connection.close();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update({ data, setStateValue, setTriggerValue }) {
    Object.assign(this, { setStateValue, setTriggerValue });
    const place = `ipo-gallery-${data.session}`;
    const fresh = this.log?.place !== place;
    const reordered = this.data?.order !== data.order;
    if (fresh) {
      this.log = new EventLog(place);
      this.view = UNKNOWN;
    }
    const restarted = this.data?.token !== data.token;
    this.taken = this.taken.filter(({ generation }) => !fresh && !restarted && generation > data.generation);
    if (reordered || this.data?.total !== data.total) this.items.clear();
    if (reordered && this.data && !this.keyboard.tabbed) document.activeElement?.blur(); // from now on keys are the sheet's
    this.data = data;
    data.items.forEach((item, number) => this.items.set(data.first + number, item));
    if (reordered) {
      this.sheet.restart({ first: data.first, count: data.items.length });
      this.said = null;
    }
    // The server may not have heard yet what was chosen last; then the choice stands.
    const heard = (data.asked ?? null) === this.said;
    if (reordered || (heard && this.selected !== null)) {
      this.none = data.opened === null;
      this.place = data.place ?? this.place;
      this.selected = data.opened?.id ?? null;
    } else if (this.selected === null && !this.none) this.select(this.place);
    this.draw();
    this.connection.update(data, this.log);
  }

  take(view, applied) {
    this.view = view;
    this.notice = view.notice;
    this.news = newsOf(applied, view) ?? this.news;
    this.find(".unseen").textContent = spokenOf(applied, view) || this.find(".unseen").textContent;
    this.taken.push(...applied.map((event) => ({ ...event, generation: view.generation })));
    this.draw();
  }

  // What is on the sheet at a place: the row with the acts on top that it does not show yet.
  item(place) {
    const said = this.items.get(place);
    if (!said) return undefined;
    const item = { ...said };
    for (const event of [...this.taken, ...this.log.events]) {
      const forward = event.kind !== "undo";
      for (const { kind, id, label, before } of event.changes ?? [event]) {
        if (id !== item.id) continue;
        if (kind === "relabel") item.label = forward ? label : before;
        else if (kind === "remove") item.gone = forward;
        else if (kind === "judge") item.gone = !forward;
      }
    }
    return item;
  }

  get chosen() {
    const item = this.item(this.place);
    return item?.id === this.selected ? item : undefined;
  }

  select(place) {
    this.none = false;
    this.place = Math.max(0, Math.min(place, this.data.total - 1));
    const item = this.items.get(this.place);
    if (item && item.id !== this.selected) {
      this.news = "";
      this.said = item.id;
      this.setStateValue("selected", { order: this.data.order, id: item.id });
    }
    this.selected = item?.id ?? null; // else it is chosen once it is here
    this.sheet.reveal(this.place);
    this.draw();
  }

  press(act) {
    if (act === "good") this.label(GOOD);
    else if (act === "bad") this.label(BAD);
    else if (act === "remove") this.remove();
    else if (act === "undo" || act === "redo") this.walk(act);
    else if (act === "verify" && this.chosen) this.setTriggerValue("verify", this.chosen.id);
  }

  label(label) {
    const item = this.chosen;
    if (item && !item.gone && item.label !== label) this.act({ kind: "relabel", id: item.id, label, before: item.label });
  }

  // Takes the judgement of the row back. Then the row goes, and none is chosen in its stead: whoever presses Delete
  // once more does not mean a row that they have not looked at.
  remove() {
    const item = this.chosen;
    if (!item || item.gone) return;
    this.act({ kind: "remove", id: item.id, before: item.label });
    this.chooseNone();
    this.news = `Row ${digits(item.number)} moved to undone/. Its image is first in the Queue again. Undo brings it back.`;
    this.drawFoot();
  }

  // What undo and redo would do, also with what the server has not heard of.
  get table() {
    return tableWith(this.log.events, this.view);
  }

  // Takes the last act of the session back, or does what was undone last again, wherever it was done.
  walk(kind) {
    const [act] = this.table[kind];
    if (!act) return;
    this.act({ kind, id: act.event, changes: act.changes });
    if (this.chosen?.gone) this.chooseNone();
  }

  chooseNone() {
    this.none = true;
    this.selected = null;
    this.said = "";
    this.setStateValue("selected", { order: this.data.order, id: "" });
    this.draw();
  }

  act(event) {
    this.news = "";
    this.log.append(event);
    this.draw();
    this.connection.send();
  }

  // What a key does now.
  actOf(name) {
    const { columns } = this.sheet.grid;
    const acts = {
      g: () => this.label(GOOD),
      b: () => this.label(BAD),
      Delete: () => this.remove(),
      Backspace: (event) => this.walk(event.shiftKey ? "redo" : "undo"),
      z: (event) => this.walk(event.shiftKey ? "redo" : "undo"),
      y: () => this.walk("redo"),
      ArrowLeft: () => this.move(-1),
      ArrowRight: () => this.move(1),
      ArrowUp: () => this.move(-columns),
      ArrowDown: () => this.move(columns),
    };
    if (!this.find(".retry").hidden) acts.Enter = () => this.retry();
    return acts[name];
  }

  // Where none is chosen, the row after the one that is gone has taken its place.
  move(by) {
    const taken = this.none && by > 0 && !this.item(this.place)?.gone;
    const place = this.place + by - (taken ? 1 : 0);
    if (place >= 0 && place < this.data.total) this.select(place);
  }

  // The images that the sheet and the panel show.
  images() {
    return [...this.sheet.images, ...this.panel.images.values()];
  }

  retry() {
    reloadMissing(this.images());
    this.connection.send(true);
    this.draw();
  }

  draw() {
    if (!this.data || !this.sheet.isVisible) return;
    this.sheet.draw(this.data, (place) => this.item(place), this.none ? null : this.place);
    this.drawPanel();
    this.drawFoot();
  }

  drawPanel() {
    this.panel.draw(this.data, this.chosen);
  }

  drawFoot() {
    const { problem: lost, refusal } = this.connection;
    const missing = missingText(this.images().filter(isMissing).length);
    const wrong = [this.notice, refusal, missing].filter(Boolean).join(" ");
    const unkept = lost || wrong ? "" : storageProblem();
    const message = this.find(".message");
    message.textContent = lost || wrong || unkept || this.news || HINT;
    message.classList.toggle("bad", Boolean(lost || wrong || unkept));
    this.find(".retry").hidden = Boolean(lost) || !(missing || refusal || (this.notice && this.log.events.length));
    this.find(".noted").hidden = !unkept;
    drawWalks((kind) => this.find(`[data-act=${kind}]`), this.table);
  }
}
