// What a page on a preference session shows: the server's view with the acts on top that it has not acknowledged.

const GOOD = 1, SKIPPED = 0, BAD = -1;
const LEFT = -1, RIGHT = 1;
const CREATING = ["judge", "skip", "prefer"];
const PENDING = 1e12; // what the server has not acknowledged was done after all that it knows of
const UNKNOWN = {
  opened: false, judged: 0, hand: [], recent: [], undo: [], redo: [], notice: "", error: "", previews: [],
}; // before the first answer

// The server's view with the pending events applied: what the user has done is done.
function tableWith(events, view) {
  const table = new ActTable(view);
  for (const [number, event] of events.entries()) table.apply(event, PENDING + number);
  return { ...table, recent: table.recent.slice(0, 10) };
}

// {hand, recent, undo, redo}: candidates in hand, the last judgements (newest first), and what undo and redo would
// do (the next act first).
class ActTable {
  constructor({ hand, recent, undo, redo }) {
    this.hand = hand.map(({ id }) => id);
    this.recent = recent.map(({ id, label, other, side, place }) => ({ id, label, other: other?.id, side, place }));
    this.undo = undo;
    this.redo = redo;
  }

  apply(event, place) {
    const { client, seq, kind, id, first } = event;
    if (kind === "undo" || kind === "redo") {
      this.walk(kind, id);
      return;
    }
    const change = this.changeOf(event, place);
    if (!change) return;
    this.change(change, true);
    const name = `${client}:${first ?? seq}`;
    const [last, ...earlier] = this.undo;
    if (last?.event === name) this.undo = [{ ...last, changes: [...last.changes, change] }, ...earlier];
    else this.undo = [{ event: name, changes: [change] }, ...this.undo];
    this.redo = [];
  }

  // What an event changes; undefined if nothing. An event may carry the label that its row had `before`.
  changeOf({ kind, id, label, other, before }, place) {
    const entry = this.recent.find((one) => one.id === id) ?? (before ? { id, label: before } : undefined);
    if (kind === "relabel") return entry && entry.label !== label ? { kind, id, label, before: entry.label } : undefined;
    if (kind === "remove") return entry && { ...entry, kind };
    if (kind === "prefer") return { kind, id, label: GOOD, other, side: label, place };
    return { kind, id, label: label ?? SKIPPED, place };
  }

  walk(kind, event) {
    const [from, to] = kind === "undo" ? ["undo", "redo"] : ["redo", "undo"];
    const [act, ...others] = this[from];
    if (act?.event !== event) return; // another tab did something, which this one has not heard of
    const changes = kind === "undo" ? [...act.changes].reverse() : act.changes;
    for (const change of changes) this.change(change, kind === "redo");
    this[from] = others;
    this[to] = [act, ...this[to]];
  }

  // Do what a change says, or take it back.
  change(change, forward) {
    const { kind, id, label, before } = change;
    if (CREATING.includes(kind) || kind === "remove") {
      if (forward === (kind !== "remove")) this.list(change);
      else this.showAgain(change);
    } else {
      this.recent = this.recent.map((entry) => (entry.id === id ? { ...entry, label: forward ? label : before } : entry));
    }
  }

  list({ id, label, other, side, place }) {
    if (place === undefined) return; // it was no more among the last
    const isGone = (entry) => isAbout(entry, id) || (other && isAbout(entry, other));
    this.hand = this.hand.filter((waiting) => waiting !== id && waiting !== other);
    const entries = [...this.recent.filter((entry) => !isGone(entry)), { id, label, other: other ?? undefined, side, place }];
    this.recent = entries.sort((one, next) => next.place - one.place);
  }

  showAgain(change) {
    const back = shownBy(change);
    this.recent = this.recent.filter((entry) => !isAbout(entry, change.id));
    this.hand = [...back, ...this.hand.filter((waiting) => !back.includes(waiting))];
  }
}

function isAbout(entry, id) {
  return entry.id === id || entry.other === id;
}

// What an act was about, from left to right.
function shownBy({ id, other, side }) {
  if (!other) return [id];
  return side === RIGHT ? [other, id] : [id, other];
}
