// The latent map: what is shown is always the server's view with the acts on top that it has not acknowledged.
// Colours, selection and search are the browser's own; of them the server hears nothing.

export default (component) => mount(component, (parent) => new LatentMap(parent));

const HINT = "Click, then 0–9 to label · N next suggestion · U unsure · Z undo · ? keys";
const WARM_MS = 150; // after the view came to rest, until pictures for it are asked for
const WORDS = { one: "label is", many: "labels are", none: "What you label is" };

class LatentMap {
  constructor(parent) {
    this.root = parent.querySelector(".latent-map");
    Object.assign(this, { colour: "user", muted: new Set(), news: "", truth: null, scores: null, points: null, advances: null });
    this.labels = new Labels(() => this.render());
    this.thumbnails = new Thumbnails();
    this.view = new MapView(this.find(".map"), {
      onHover: (row, x, y) => this.drawTip(row, x, y),
      onSelect: (rows, how) => this.choose(rows, how),
      onViewChange: () => this.warm(),
      onError: (text) => (this.unsupported = text),
    });
    const act = this.acts();
    this.legend = new Legend(this.root, act);
    this.panel = new Panel(this.root, this.thumbnails, act);
    this.tray = new Tray(this.root, this.thumbnails, act);
    this.table = new Table(this.root, this.thumbnails, act);
    this.find(".table").hidden = this.view.supported;
    this.find(".keys").replaceChildren(keyTable());
    this.find(".search input").onkeydown = (event) => this.search(event);
    this.find(".search input").onblur = () => (this.find(".search").hidden = true);
    this.root.addEventListener("click", (event) => this.press(event.target.closest("[data-do], [data-drag]")?.dataset ?? {}));
    this.keyboard = new Keyboard(this.root, (name) => this.data && actOfKey(this, name), (name) => name in ARROWS || "+-=".includes(name));
    this.connection = new Connection(
      (view, applied) => this.take(view, applied),
      () => this.render(),
      { words: WORDS, parts: () => ({ known: (this.asked = this.labels.version) }) },
    );
  }

  acts() {
    return {
      colour: (mode) => this.setColour(mode),
      mute: (index) => this.mute(index),
      label: (code) => this.label(/^\d+$/.test(code) ? Number(code) : code),
      choose: (rows, how) => this.choose(rows, how),
      go: (row) => this.go(row),
      strategy: (name) => this.add({ kind: "strategy", name }),
      advance: (isOn) => this.keepAdvance(isOn),
    };
  }

  close() {
    this.keyboard.close();
    this.connection.close();
    this.view.close();
    clearTimeout(this.warming);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update({ data }) {
    const place = `ipo-labels-${data.name}`;
    if (this.log?.place !== place) {
      this.log = new EventLog(place, (event) => typeof event?.kind === "string");
      Object.assign(this, { told: null, points: null, version: null, selection: new Selection(`${place}-chosen`, Infinity) });
      Object.assign(this.labels, new Labels(this.labels.changed));
      [this.advances = null] = loadList(`${place}-advance`);
    }
    this.data = data;
    this.view.redraw(); // the page may have other colours now
    this.connection.update(data, this.log);
    this.chooseAsAsked(data.select);
    this.render();
  }

  // What a chart beside the map asks to choose, once.
  chooseAsAsked(select) {
    const place = `${this.log.place}-asked`;
    const [asked] = loadList(place);
    if (!select || select.id === asked) return;
    saveList(place, [select.id]);
    this.selection.choose(select.rows, "replace");
    if (this.points && select.rows.length) this.view.centre(select.rows[0]);
  }

  // What the server says now.
  take(told, applied) {
    const isOther = told.data?.sha !== this.told?.data?.sha;
    this.told = told;
    if (isOther) Object.assign(this, { truth: null, scores: null, points: null });
    this.labels.take(told.labels, applied, this.asked, this.data.address);
    this.tellTaken(applied);
    this.loadPoints();
    if (this.colour === "true") this.loadTruth();
    if (this.colour === "suggestion") this.loadScores();
    this.render();
  }

  tellTaken(applied) {
    const back = applied.findLast(({ kind }) => kind === "undo" || kind === "redo");
    if (back && this.takenBack) this.news = `${back.kind === "undo" ? "Took back" : "Did again"}: ${this.takenBack}`;
  }

  async loadPoints() {
    const version = this.told.points;
    if (!version || version === this.version || version === this.loadingPoints) return;
    this.loadingPoints = version;
    const bytes = await this.bytes(`points/${version}`);
    if (this.loadingPoints === version) this.loadingPoints = null;
    if (!bytes || version !== this.told.points) return;
    const isFirst = !this.points;
    this.points = Points.parse(bytes);
    this.version = version;
    this.thumbnails.update(this.data.address, version, this.points.order);
    this.view.setPoints(this.points, !isFirst);
    if (isFirst) this.view.camera = this.keptCamera();
    this.render();
    this.warm();
  }

  async loadTruth() {
    if (this.truth || !this.told?.data?.truth) return;
    const bytes = await this.bytes(`truth/${this.told.data.sha}`);
    if (bytes) this.truth = new Uint8Array(bytes);
    this.render();
  }

  async loadScores() {
    const { version } = this.told?.suggestions ?? {};
    if (!version || version === this.scored) return;
    const bytes = await this.bytes(`scores/${version}`);
    if (!bytes) return;
    Object.assign(this, { scores: new Uint8Array(bytes), scored: version });
    this.render();
  }

  // What is at an address; nothing where there is none by now, or nobody answers: the next view says more.
  async bytes(path) {
    try {
      const answer = await fetch(`${this.data.address}/${path}`);
      return answer.ok ? await answer.arrayBuffer() : null;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return null;
    }
  }

  get names() {
    return this.told?.data?.classes ?? [];
  }

  // One act of the user, about what is chosen now.
  add(act) {
    this.log.append(act);
    this.render();
    this.connection.send();
  }

  label(what) {
    const { rows, focus } = this.selection;
    if (!rows.length || !this.told?.data) return;
    const kind = typeof what === "string" ? what : "label";
    const words = kind === "label" ? this.names[what] : kind === "unsure" ? "unsure" : "no label";
    this.news = rows.length > 1 ? `${words}: ${rows.length.toLocaleString("en")} images` : "";
    const isSuggested = this.suggested.some(({ row }) => row === focus);
    if (isSuggested && this.advances === null) this.keepAdvance(true);
    this.add({ kind, rows: Array.from(rows), ...(kind === "label" ? { label: what } : {}) });
    if (this.advances && rows.length === 1 && kind !== "clear") this.goToNext();
  }

  takeBack(kind) {
    const text = this.told?.[kind];
    const isWaiting = this.log.events.some(({ kind: waiting }) => waiting !== "strategy");
    if (!text && !isWaiting) return;
    this.takenBack = isWaiting ? "" : text; // what is on its way will be the last act
    this.add({ kind });
  }

  get suggested() {
    return this.told?.suggestions.items ?? [];
  }

  goToNext() {
    const open = this.suggested.filter(({ row }) => this.labels.isOpen(row));
    const after = this.suggested.findIndex(({ row }) => row === this.selection.focus);
    const next = open.find((item) => this.suggested.indexOf(item) > after) ?? open.find(({ row }) => row !== this.selection.focus);
    if (next) this.go(next.row);
    else {
      this.news = this.told?.suggestions.running ? "The next suggestions are being worked out." : "There is no further suggestion.";
      this.render();
    }
  }

  // Choose one image and have it in view.
  go(row) {
    this.choose([row], "replace");
    if (this.points && !this.view.inView().includes(row)) this.view.centre(row);
  }

  choose(rows, how) {
    if (how === "focus") this.selection.set(this.selection.rows, rows[0]);
    else this.selection.choose(rows, how);
    this.render();
  }

  move(dx, dy, adds) {
    const { focus } = this.selection;
    const isTable = !this.find(".table").hidden;
    const row = isTable ? this.table.step(focus, dy || dx) : this.view.neighbour(focus, dx, dy);
    if (row < 0) return;
    if (isTable && this.table.isOfSelection) this.choose([row], "focus");
    else if (adds) this.choose([row], "add");
    else this.go(row);
  }

  chooseClass() {
    const { codes } = this.labels;
    const { focus } = this.selection;
    if (focus < 0 || !this.points) return;
    const { predicted } = this.points;
    const isSame = codes[focus] >= 0 ? (row) => codes[row] === codes[focus] : (row) => predicted[row] === predicted[focus];
    this.choose(this.view.inView().filter(isSame), "replace");
  }

  chooseCell() {
    if (this.selection.focus >= 0 && this.points) this.choose(this.view.cellAt(this.selection.focus), "replace");
  }

  press({ do: what, drag }) {
    if (drag) this.drag(drag);
    const acts = {
      fit: () => this.view.fit(),
      table: () => this.toggleTable(),
      keys: () => this.toggleKeys(),
      class: () => this.chooseClass(),
      cell: () => this.chooseCell(),
      undo: () => this.takeBack("undo"),
      redo: () => this.takeBack("redo"),
      retry: () => this.connection.send(true),
      noted: () => {
        noteStorageProblem();
        this.render();
      },
    };
    acts[what]?.();
  }

  drag(mode) {
    this.view.mode = mode;
    this.render();
  }

  zoom(factor) {
    this.view.zoom(factor, this.view.canvas.clientWidth / 2, this.view.canvas.clientHeight / 2);
  }

  toggleTable() {
    if (this.view.supported) this.find(".table").hidden = !this.find(".table").hidden;
    this.render();
  }

  toggleKeys() {
    this.find(".keys").hidden = !this.find(".keys").hidden;
  }

  escape() {
    if (!this.find(".keys").hidden) this.toggleKeys();
    else this.choose([], "replace");
  }

  openSearch() {
    if (!this.selection.rows.length) return;
    const input = this.find(".search input");
    this.find(".search").hidden = false;
    this.find("datalist").replaceChildren(...this.names.map((name) => new Option(name)));
    input.value = "";
    input.focus();
  }

  // Label by a name: the one that is typed whole, or the only one that begins so.
  search(event) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.stopPropagation();
    const typed = event.target.value.trim().toLowerCase();
    const begins = this.names.flatMap((name, code) => (name.toLowerCase().startsWith(typed) ? [code] : []));
    const whole = this.names.findIndex((name) => name.toLowerCase() === typed);
    const code = whole >= 0 ? whole : begins.length === 1 ? begins[0] : -1;
    if (event.key === "Enter" && typed && code < 0) {
      this.news = begins.length ? `${begins.length} classes begin with “${event.target.value}”.` : `No class begins with “${event.target.value}”.`;
      this.render();
      return;
    }
    event.target.blur();
    if (event.key === "Enter" && typed) this.label(code);
  }

  setColour(mode) {
    this.colour = mode;
    this.muted.clear();
    if (mode === "true") this.loadTruth();
    if (mode === "suggestion") this.loadScores();
    this.render();
  }

  mute(index) {
    if (!this.muted.delete(index)) this.muted.add(index);
    this.render();
  }

  keepAdvance(isOn) {
    this.advances = isOn;
    saveList(`${this.log.place}-advance`, [isOn]);
    this.render();
  }

  keptCamera() {
    const [camera] = loadList(`${this.log.place}-view`);
    return camera ?? this.view.camera;
  }

  // Once the view rests: pictures of what is in it, and what a reload is to find again.
  warm() {
    clearTimeout(this.warming);
    this.warming = setTimeout(() => {
      if (!this.points) return;
      saveList(`${this.log.place}-view`, [this.view.camera]);
      this.thumbnails.warm(this.view.inView());
    }, WARM_MS);
  }

  drawTip(row, x, y) {
    const tip = this.find(".tip");
    tip.hidden = row < 0;
    if (row < 0) return;
    const { left, top } = this.find(".stage").getBoundingClientRect();
    tip.style.transform = `translate(${x - left + 14}px, ${y - top + 14}px)`;
    this.thumbnails.draw(tip.querySelector(".picture"), row);
    const predicted = this.names[this.points.predicted[row]];
    const certainty = Math.round((100 * this.points.certainty[row]) / 255);
    const label = this.labels.codes[row];
    tip.querySelector(".text").textContent = [predicted === undefined ? "" : `${predicted} (${certainty} %)`, label === NO_LABEL ? "" : `label ${Labels.text(label, this.names)}`].filter(Boolean).join(" · ");
  }

  render() {
    const { told, points, selection, labels } = this;
    if (!this.data || !selection) return;
    labels.apply(this.log.events);
    this.drawFoot();
    const cover = this.coverText();
    this.find(".cover").textContent = cover;
    this.find(".cover").hidden = !cover;
    if (!told?.data || !labels.codes.length) return;
    const state = { data: told.data, address: this.data.address, points, version: this.version, codes: labels.codes, selection, count: told.data.count };
    if (selection.focus >= state.count) selection.set([], -1);
    if (points) this.drawMap();
    this.panel.draw(state);
    this.table.draw(state);
    const { suggestions, strategies } = told;
    this.tray.draw({ suggestions, strategies, codes: labels.codes, names: this.names, focus: selection.focus, advances: Boolean(this.advances), problem: points ? "" : cover });
    for (const button of this.root.querySelectorAll("[data-drag]")) button.setAttribute("aria-pressed", String(button.dataset.drag === this.view.mode));
    this.find("[data-do=table]").setAttribute("aria-pressed", String(!this.find(".table").hidden));
    for (const button of this.root.querySelectorAll(".choose button")) button.disabled = selection.focus < 0 || !points;
  }

  drawMap() {
    const { points, labels, selection } = this;
    const dark = pageLook(this.root).theme === "dark";
    const coloured = colourOf(this.colour, { codes: labels.codes, points, truth: this.truth, scores: this.scores, names: this.names, dark });
    this.view.setColours(coloured.index, coloured.palette, visibleOf(coloured, this.muted));
    this.view.setLabelled(Uint8Array.from(labels.codes, (code) => Number(code >= 0)));
    this.view.setSelection(selection.rows);
    this.view.setFocus(selection.focus);
    this.legend.draw(this.colour, coloured.legend, this.muted, this.told.data);
  }

  coverText() {
    const { told } = this;
    if (!told) return "Opening the images …";
    if (!told.opened) return told.error ? "" : "Reading the images …";
    if (!this.points) return told.predicting || told.points ? "The map is being worked out …" : told.error ? "" : "There is no map yet.";
    return "";
  }

  drawFoot() {
    const { told, connection, log } = this;
    const wrong = [told?.error, connection.refusal, this.unsupported].filter(Boolean).join(" ");
    const unkept = connection.problem || wrong ? "" : storageProblem();
    const saving = log.events.length > 2 ? `saving ${log.events.length} …` : "";
    const message = this.find(".message");
    const text = connection.problem || wrong || unkept || saving || this.news || told?.notice || HINT;
    if (message.textContent !== text) message.textContent = text;
    message.classList.toggle("bad", Boolean(connection.problem || wrong || unkept));
    this.find(".retry").hidden = Boolean(connection.problem) || !(told?.error || connection.refusal);
    this.find(".noted").hidden = !unkept;
    for (const kind of ["undo", "redo"]) {
      const button = this.find(`[data-do=${kind}]`);
      button.disabled = !told?.[kind];
      button.title = told?.[kind] ? `${kind === "undo" ? "Undo" : "Redo"}: ${told[kind]}` : `Nothing to ${kind}`;
    }
  }
}
