// The latent map: what is shown is always the server's view with the acts on top that it has not acknowledged.
// Colours, selection and search are the browser's own; of them the server hears nothing.

export default (component) => mount(component, (parent) => new LatentMap(parent));

const WARM_MS = 150; // after the view came to rest, until pictures for it are asked for
const WORDS = { one: "label is", many: "labels are", none: "What you label is" };

class LatentMap {
  constructor(parent) {
    this.root = parent.querySelector(".latent-map");
    Object.assign(this, { news: "", told: null });
    this.thumbnails = new Thumbnails();
    this.view = new MapView(this.find(".map"), {
      onHover: (row, x, y) => this.drawHover(row, x, y),
      onSelect: (rows, how) => this.choose(rows, how),
      onViewChange: () => this.warm(),
      onError: (text) => (this.unsupported = `${text} The table does the same.`),
    });
    this.buildParts(this.acts());
    this.root.addEventListener("click", (event) => actOfButton(this, event.target.closest("button")?.dataset ?? {})?.());
    this.keyboard = new Keyboard(this.root, (name) => this.told?.data && actOfKey(this, name), (name) => name in ARROWS || "+-=".includes(name));
    this.connection = new Connection(
      (view, applied) => this.take(view, applied),
      () => this.render(),
      { words: WORDS, parts: () => ({ known: (this.asked = this.labels.version) }) },
    );
  }

  buildParts(act) {
    const { root, thumbnails } = this;
    this.hover = new Hover(root, thumbnails);
    this.legend = new Legend(root, act);
    this.panel = new Panel(root, thumbnails, act);
    this.search = new ClassSearch(root, act);
    this.tray = new Tray(root, thumbnails, act);
    this.table = new Table(root, thumbnails, act);
    this.notes = new Notes(root);
    this.find(".table").hidden = this.view.supported;
    this.find(".keys").replaceChildren(keyTable());
    this.covering = new Covering(this.view, this.find(".legend"), this.find(".bar"));
  }

  acts() {
    return {
      colour: () => this.recolour(),
      label: (code) => this.label(/^\d+$/.test(code) ? Number(code) : code),
      choose: (rows, how) => this.choose(rows, how),
      go: (row) => this.go(row),
      say: (text) => this.say(text),
      strategy: (name) => this.add({ kind: "strategy", name }),
    };
  }

  close() {
    this.keyboard.close();
    this.connection.close();
    this.view.close();
    this.covering.close();
    clearTimeout(this.warming);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update({ data }) {
    const place = `ipo-labels-${data.name}`;
    this.data = data;
    if (this.log?.place !== place) this.begin(place);
    this.view.redraw(); // the page may have other colours now
    this.connection.update(data, this.log);
    this.chooseAsAsked(data.select);
    this.render();
  }

  // Show another set.
  begin(place) {
    this.log = new EventLog(place, (event) => typeof event?.kind === "string");
    Object.assign(this, { told: null, news: "", sha: null, selection: new Selection(`${place}-chosen`) });
    this.tray.begin(place);
    this.legend.muted.clear();
    this.forget();
  }

  // Begin anew with what is known of the images.
  forget() {
    const { address } = this.data;
    const labels = (this.labels = new Labels(address, () => this.labels === labels && this.render()));
    const mapData = (this.mapData = new MapData(address, (isMap) => this.mapData === mapData && this.arrive(isMap)));
  }

  // What a chart beside the map asks to choose, once.
  chooseAsAsked(select) {
    const place = `${this.log.place}-asked`;
    const [asked] = loadList(place);
    if (!select || select.id === asked) return;
    saveList(place, [select.id]);
    this.selection.choose(select.rows, "replace");
    if (select.rows.length) this.view.centre(select.rows[0]);
    this.root.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  // What the server says now.
  take(view, applied) {
    if (this.sha && view.data && view.data.sha !== this.sha) this.forget(); // the file has other images now
    this.sha = view.data?.sha ?? this.sha;
    this.told = view;
    this.labels.take(view.labels, applied, this.asked);
    this.mapData.loadPoints(view.points);
    this.loadColours();
    this.sayTakenBack(applied);
    this.render();
  }

  sayTakenBack(applied) {
    const act = applied.findLast(({ kind }) => kind === "undo" || kind === "redo");
    if (act?.kind === "undo" && this.told.redo) this.news = `Took back: ${actText(this.told, "redo")}`;
    if (act?.kind === "redo" && this.told.undo) this.news = `Did again: ${actText(this.told, "undo")}`;
  }

  loadColours() {
    if (this.legend.mode === "true" && this.told?.data?.truth) this.mapData.loadTruth(this.told.data.sha);
    if (this.legend.mode === "suggestion") this.mapData.loadScores(this.told?.suggestions.version);
  }

  arrive(isMap) {
    if (isMap) this.showPoints();
    this.render();
  }

  showPoints() {
    const isFirst = this.shownData !== this.mapData;
    this.shownData = this.mapData;
    this.view.setPoints(this.points, !isFirst);
    if (isFirst) this.view.camera = loadList(`${this.log.place}-view`)[0] ?? this.view.camera;
    this.warm();
  }

  get names() {
    return this.told?.data?.classes ?? [];
  }

  get points() {
    return this.mapData.points;
  }

  say(text) {
    this.news = text;
    this.render();
  }

  add(act) {
    this.log.append(act);
    this.render();
    this.connection.send();
  }

  label(what) {
    const { rows, focus } = this.selection;
    if (!rows.length) return;
    const kind = typeof what === "string" ? what : "label";
    const words = kind === "label" ? this.names[what] : kind === "unsure" ? "unsure" : "no label";
    this.news = rows.length > 1 ? `${words}: ${rows.length.toLocaleString("en")} images` : `${words}: image ${focus.toLocaleString("en")}`;
    const isSuggested = this.suggested.some(({ row }) => row === focus) && rows.length === 1;
    this.add({ kind, rows: Array.from(rows), ...(kind === "label" ? { label: what } : {}) });
    if (isSuggested && kind !== "clear" && this.tray.advancesAfterLabel()) this.goToNext();
  }

  takeBack(kind) {
    const isWaiting = this.log.events.some(({ kind: waiting }) => waiting !== "strategy");
    if (this.told?.[kind] || isWaiting) this.add({ kind }); // what is on its way will be the last act
    else this.say(`There is nothing to ${kind}.`);
  }

  get suggested() {
    return this.told?.suggestions.items ?? [];
  }

  goToNext() {
    const next = nextSuggestion(this.suggested, this.selection.focus, this.labels);
    if (next) this.go(next.row);
    else this.say(this.told?.suggestions.running ? "The next suggestions are being worked out." : "There is no further suggestion.");
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
    const { focus } = this.selection;
    if (focus >= 0 && this.points) this.choose(likeIn(this.view.inView(), focus, this.labels.codes, this.points.predicted), "replace");
  }

  chooseCell() {
    if (this.selection.focus >= 0 && this.points) this.choose(this.view.cellAt(this.selection.focus), "replace");
  }

  noteStorage() {
    noteStorageProblem();
    this.render();
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
    if (this.selection.rows.length) this.search.open(this.names);
    else this.say("Choose images first: click a point, or press N for a suggestion.");
  }

  recolour() {
    this.loadColours();
    this.render();
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

  drawHover(row, x, y) {
    this.hover.draw(row, x, y, { points: this.points, codes: this.labels.codes, names: this.names });
  }

  render() {
    const { told, labels, log, connection, news, selection, mapData } = this;
    if (!labels) return;
    labels.apply(log.events);
    this.notes.draw({ view: told, connection, log, news, unsupported: this.unsupported });
    const cover = this.notes.drawCover(told, Boolean(mapData.points), connection);
    if (!told?.data || !labels.codes.length) return;
    const [{ data, suggestions, strategies }, { points, version }] = [told, mapData];
    this.root.classList.toggle("without-map", !points);
    this.thumbnails.update(this.data.address, data, version, points?.order);
    selection.limit(data.count);
    if (points) this.drawMap();
    const state = { data, address: this.data.address, points, version, codes: labels.codes, selection, count: data.count };
    this.panel.draw(state);
    this.table.draw(state);
    this.tray.draw({ suggestions, strategies, codes: labels.codes, names: this.names, focus: selection.focus, problem: points ? "" : cover, terms: this.data.terms });
    this.drawTools();
  }

  drawTools() {
    for (const button of this.root.querySelectorAll("[data-drag]")) button.setAttribute("aria-pressed", String(button.dataset.drag === this.view.mode));
    this.find("[data-do=table]").setAttribute("aria-pressed", String(!this.find(".table").hidden));
    for (const button of this.root.querySelectorAll(".choose button")) button.disabled = this.selection.focus < 0 || !this.points;
  }

  drawMap() {
    const { labels, selection, mapData } = this;
    const { index, palette, visible } = this.legend.draw({ ...mapData, codes: labels.codes, data: this.told.data });
    this.view.setColours(index, palette, visible);
    this.view.setLabelled(Uint8Array.from(labels.codes, (code) => Number(code >= 0)));
    this.view.setSelection(selection.rows);
    this.view.setFocus(selection.focus);
  }
}
