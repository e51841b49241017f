// The way from a component to the server and back: posts what its log holds until the server has it, and asks for
// the view again when that is another. One request at a time, so that answers come in order.

const RESEND_MS = 1000; // until the next try, while nobody answers
const MOST_EVENTS = 1000; // in one request; the others follow
const ASKED_WITH = ["address", "token", "tiles", "ahead"]; // another one needs another answer
const UNKNOWN_HERE = [403, 404]; // the server was started again: it knows this page once Streamlit has drawn it anew
const JUDGEMENTS = { one: "judgement is", many: "judgements are", none: "What you judge is" };

class Connection {
  // `answered(view, applied)` is called with every answer and the events that left the log with it, `changed()` when
  // the connection is lost and when it is back. `parts(data)` goes beside the events of each request.
  constructor(answered, changed, { words = JUDGEMENTS, parts = ({ tiles, ahead }) => ({ tiles, ahead }) } = {}) {
    Object.assign(this, { answered, changed, words, parts });
    this.isLost = false; // whether nobody answers
    this.refusal = ""; // why the server takes no events from this page; empty if it does
    this.posting = this.due = this.retrying = false;
    this.unheard = null; // a version that was heard while a request was under way
  }

  // `data`: {address, versions, token, tiles, ahead} as the page has it now.
  update(data, log) {
    const before = this.data;
    Object.assign(this, { data, log });
    if (ASKED_WITH.some((field) => before?.[field] !== data[field])) this.send();
    if (before?.versions === data.versions) return;
    this.stopFollowing?.();
    this.stopFollowing = followVersions(data.versions, this);
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.stopFollowing?.();
  }

  // Post what the log holds, also if that is nothing; then the answer is the view.
  send(retry = false) {
    this.due = true;
    this.retrying ||= retry;
    if (!this.posting) this.postAll();
  }

  heard(version) {
    if (version === 0) return; // the session is not at work there yet
    if (this.posting) this.unheard = version;
    else if (this.isLost || version !== this.version) this.send();
  }

  lost() {
    this.tell(true);
  }

  // What a user should know while nobody hears; empty while the server does.
  get problem() {
    if (!this.isLost) return "";
    const kept = this.log.events.length;
    const what = kept ? `${kept} ${kept === 1 ? this.words.one : this.words.many}` : this.words.none;
    return `No connection to the server. ${what} kept in this tab and sent when it is back.`;
  }

  async postAll() {
    clearTimeout(this.timer);
    this.posting = true;
    while (this.due && !this.closed) {
      this.due = false;
      await this.post();
    }
    this.posting = false;
  }

  async post() {
    const { data, log } = this;
    const retry = this.retrying;
    const sent = log.events.slice(0, MOST_EVENTS);
    this.unheard = null;
    let answer;
    let view;
    try {
      answer = await fetch(`${data.address}/events`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Ipo-Token": data.token },
        body: JSON.stringify({ client: log.client, events: sent, retry, ...this.parts(data) }),
      });
      view = await (answer.ok ? answer.json() : answer.text());
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error; // no or half an answer
    }
    if (this.closed || data.address !== this.data.address) return;
    if (answer?.ok && view) this.take(log, sent, view, retry);
    else this.miss(answer, view, data);
  }

  take(log, sent, view, retry) {
    this.retrying = false;
    this.version = view.version;
    const applied = log.acknowledge(view.acknowledged);
    const more = applied.length > 0 && sent.length === MOST_EVENTS;
    if (more || (this.unheard !== null && this.unheard !== view.version)) this.due = true;
    this.refusal = "";
    this.answered(view, applied);
    if (this.isLost) this.tell(false);
    // The server may have been reading its folder when they came, and be done with that by the time of this answer.
    const untouched = sent.length > 0 && !applied.length && (retry || !view.notice);
    if (untouched && !this.due) this.timer = setTimeout(() => this.send(), RESEND_MS);
  }

  miss(answer, text, data) {
    const busy = !answer || answer.status >= 500;
    const waiting = UNKNOWN_HERE.includes(answer?.status);
    if (busy) this.timer = setTimeout(() => this.send(), RESEND_MS);
    else if (!waiting) this.refusal = text;
    else if (data.token !== this.data.token) this.due = true; // the page was drawn anew meanwhile
    this.tell(busy || waiting);
  }

  tell(lost) {
    this.isLost = lost;
    this.changed();
  }
}
