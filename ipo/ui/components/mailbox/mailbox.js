// The mailbox: what is shown is always the server's view with the acts on top that it has not acknowledged.
// The order stays as it is while somebody reads: it is computed anew when they ask, or had not begun yet.

export default (component) => mount(component, (parent) => new Mailbox(parent));

const WORDS = { one: "label is", many: "labels are", none: "What you label is" };
const SETTLED_MS = 2000; // after an order is shown, until it stays though a better one comes

class Mailbox {
  constructor(parent) {
    this.root = parent.querySelector(".mailbox");
    this.list = new MailList(this.root, (row) => this.go(row));
    this.reading = new Reading(this.root);
    this.why = new Why(this.root);
    this.notes = new Notes(this.root);
    this.chooser = new Chooser(this.root, (change) => this.choose(change));
    this.find(".keys").replaceChildren(keyTable());
    this.root.addEventListener("click", (event) => actOfButton(this, event.target.closest("button")?.dataset ?? {})?.());
    this.keyboard = new Keyboard(this.root, (name) => this.data && this.rows && actOfKey(this, name), (name) => name in STEPS || name === " ");
    this.connection = new Connection(
      (view, applied) => this.take(view, applied),
      () => this.render(),
      { words: WORDS, parts: () => ({ known: this.labels.version }) },
    );
  }

  close() {
    this.keyboard.close();
    this.connection.close();
    this.list.close();
    this.mailData.closed = true;
    this.chooser.close();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update({ data }) {
    const place = `ipo-mailbox-${data.name}`;
    this.data = data;
    if (this.log?.place !== place) this.begin(place);
    this.connection.update(data, this.log);
    this.render();
  }

  // Show another set, where this tab left it.
  begin(place) {
    if (this.mailData) this.mailData.closed = true;
    this.log = new EventLog(place, (event) => typeof event?.kind === "string");
    const mailData = (this.mailData = new MailData(this.data.address, () => this.mailData === mailData && this.arrive()));
    Object.assign(this, { view: null, news: "", labels: new Labels(), rows: null, reasons: {}, arranging: null });
    const [stored] = loadList(`${place}-place`);
    this.choice = stored?.choice ?? { order: null, filter: "all", words: "" }; // without an order: the best there is
    this.stored = stored ?? null;
    this.chooser.showWords(this.choice.words);
  }

  // What the server says now.
  take(view, applied) {
    const before = this.labels.saved;
    this.view = view;
    this.labels.take(view);
    if (this.mailData.sha && view.mails && this.mailData.sha !== view.mails.sha) this.rows = null; // mails came
    this.mailData.follow(view);
    this.sayTakenBack(applied, before);
    this.arrive();
  }

  // Something came: the first order, or a better one before anybody began to read.
  arrive() {
    const { view, mailData } = this;
    const version = view?.orders[this.orderName];
    if (mailData.list && this.stored && this.stored.sha === mailData.sha) this.resume();
    else if (mailData.list && version && !this.arranging && (!this.rows || (this.isOffered && Date.now() - this.shownAt < SETTLED_MS))) this.arrange();
    this.render();
  }

  get orderName() {
    const known = this.view?.orders ?? {};
    const suits = { uncertain: known.uncertain, suggested: known.suggested && this.view.suggested.count && !this.view.expects_scores };
    return this.choice.order ?? Object.keys(suits).find((name) => suits[name]) ?? "newest";
  }

  // Whether a better order came for somebody who chose none.
  get isOffered() {
    return Boolean(this.rows && !this.choice.order && this.shownOrder !== this.orderName);
  }

  // Go on where a reload of the tab interrupted.
  resume() {
    const { rows, reasons, order, version, id } = this.stored;
    Object.assign(this, { rows, reasons, shownOrder: order, orderVersion: version, id, stored: null });
    this.render();
    this.list.reveal(this.row);
  }

  choose(change) {
    this.choice = { ...this.choice, order: this.orderName, ...change };
    this.chooser.showWords(this.choice.words);
    this.arrange();
  }

  renew() {
    this.choose({});
  }

  // Compute which mails are listed, in which order.
  async arrange() {
    const { mailData, choice, orderName } = this;
    const asked = (this.arranging = {});
    const [order, found] = await Promise.all([mailData.order(orderName), choice.words ? mailData.search(choice.words) : null]);
    if (this.arranging !== asked || !mailData.list) return;
    this.arranging = null;
    if (!order) return; // nobody answers: what comes next asks again
    const among = found && new Set(found);
    const passes = FILTERS[choice.filter][1];
    this.labels.apply(this.log.events, mailData.rowOf);
    const state = this.state;
    this.rows = order.rows.filter((row) => (!among || among.has(row)) && passes(row, state));
    Object.assign(this, { reasons: order.reasons, shownOrder: orderName, orderVersion: order.version, shownAt: Date.now(), stored: null });
    const isThere = this.id && this.rows.includes(this.row);
    if (!isThere || !choice.order) this.id = mailData.list.ids[this.rows[0]] ?? null;
    this.find(".list").scrollTop = 0;
    this.keep();
    this.render();
    this.list.reveal(this.row);
  }

  get row() {
    return this.mailData.rowOf?.get(this.id) ?? -1;
  }

  get state() {
    const { list, scores } = this.mailData;
    this.given = this.givenOf === list ? this.given : list?.given.map((code) => GIVEN[code] ?? "-");
    this.givenOf = list;
    return { list, scores, letters: this.labels.shown, given: this.given, reasons: this.reasons, current: this.row };
  }

  // What a reload of the tab is to find again.
  keep() {
    const { rows, reasons, choice, id, shownOrder, orderVersion, mailData } = this;
    saveList(`${this.log.place}-place`, [{ sha: mailData.sha, rows, reasons, choice, id, order: shownOrder, version: orderVersion }]);
  }

  // From now on the order is the reader's.
  begun() {
    this.choice.order ??= this.shownOrder;
  }

  go(row) {
    if (row === undefined || row < 0) return;
    this.begun();
    this.news = "";
    this.id = this.mailData.list.ids[row];
    this.keep();
    this.render();
    this.list.reveal(row);
  }

  step(by) {
    const next = this.rows[this.rows.indexOf(this.row) + by];
    if (next !== undefined) this.go(next);
    else this.say(by > 0 ? "This is the last mail of the list. N computes it anew." : "This is the first mail of the list.");
  }

  readOn(by) {
    const body = this.find(".body");
    body.scrollBy({ top: by * 0.85 * body.clientHeight });
  }

  label(kind) {
    if (!this.id) return;
    this.begun();
    this.news = "";
    this.add({ kind, mail: this.id });
    if (kind !== "clear") this.step(1);
  }

  add(act) {
    this.log.append(act);
    this.render();
    this.connection.send();
  }

  takeBack(kind) {
    if (!this.view?.[kind] && !this.log.events.length) return this.say(`There is nothing to ${kind}.`);
    const row = this.labels.nextRow(kind);
    this.go(row);
    this.takingBack = row === undefined ? this.id : null; // the server says which mail it is about
    this.add({ kind });
  }

  // Say what came back, and show it to whoever has not gone on meanwhile.
  sayTakenBack(applied, before) {
    const act = applied.findLast(({ kind }) => kind === "undo" || kind === "redo");
    if (act?.kind === "undo" && this.view.redo) this.news = `Took back: ${this.view.redo}`;
    if (act?.kind === "redo" && this.view.undo) this.news = `Did again: ${this.view.undo}`;
    if (!act || this.takingBack !== this.id || this.log.events.length) return;
    const [row] = this.labels.changedSince(before);
    const { news } = this;
    this.takingBack = null;
    if (row !== undefined) this.go(row);
    this.news = news;
  }

  say(text) {
    this.news = text;
    this.render();
  }

  noteStorage() {
    noteStorageProblem();
    this.render();
  }

  toggleKeys() {
    this.find(".keys").hidden = !this.find(".keys").hidden;
  }

  escape() {
    if (!this.find(".keys").hidden) this.toggleKeys();
    else if (this.choice.words) this.choose({ words: "" });
  }

  render() {
    const { view, log, connection, news, mailData } = this;
    if (!log) return;
    this.notes.draw({ view, connection, log, news });
    this.drawCover();
    if (!mailData.list || !this.rows) return;
    this.labels.apply(log.events, mailData.rowOf);
    const state = this.state;
    this.chooser.draw(this);
    this.list.draw(this.rows, state);
    this.drawMail(state);
  }

  drawMail({ letters, given }) {
    const { id, row, mailData, view } = this;
    const mail = id && mailData.mail(id);
    const found = id && mailData.opinion(id);
    const opinion = found && { ...found, run: mailData.run };
    this.reading.draw({ id, mail, opinion, letter: letters[row] ?? "-", given: given[row] });
    this.why.draw({ id, opinion, hasRun: Boolean(view?.run), isScoring: Boolean(view?.expects_scores), problem: mailData.problem });
    for (const button of this.root.querySelectorAll("[data-label]")) {
      button.disabled = !id;
      button.setAttribute("aria-pressed", String(LETTERS[button.dataset.label] === letters[row] && letters[row] !== "-"));
    }
    const next = mailData.list.ids[this.rows[this.rows.indexOf(row) + 1]];
    if (mail && next) [mailData.mail(next), mailData.opinion(next)]; // for whoever goes on fast
  }

  drawCover() {
    const { view, rows, choice, mailData } = this;
    const reading = view?.error || this.connection.isLost ? "" : "Reading the mails …";
    const nothing = choice.words || choice.filter !== "all" ? "No mail passes the search and the filter." : (EMPTY[this.shownOrder] ?? "There are no mails.");
    const text = !mailData.list || !rows ? reading : rows.length ? "" : nothing;
    this.find(".cover").hidden = !text;
    this.find(".cover").textContent = text;
  }
}
