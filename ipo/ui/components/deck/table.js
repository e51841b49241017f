// What the deck shows: the server's view with the acts on top that it has not acknowledged.

const GOOD = 1, SKIPPED = 0, BAD = -1;
const LEFT = -1, RIGHT = 1;
const NAMES = { [GOOD]: "good", [SKIPPED]: "skip", [BAD]: "bad" };
const PENDING = 1e12; // what the server has not acknowledged was done after all that it knows of
const UNKNOWN = { opened: false, judged: 0, hand: [], recent: [], notice: "", error: "" }; // before the first answer

// The server's view with the pending events applied: what the user has done is done.
function tableWith(events, view) {
  let hand = view.hand.map((item) => item.id);
  let recent = view.recent.map(({ id, label, other, side, order, earlier }) => (
    { id, label, other: other?.id, side, order, earlier }));
  for (const [number, { kind, id, label, other }] of events.entries()) {
    const place = recent.findIndex((entry) => entry.id === id);
    const order = PENDING + number;
    if (kind === "undo" && recent[place]?.earlier.length) {
      recent[place] = labelTakenBack(recent[place]);
    } else if (kind === "undo") {
      const back = place >= 0 ? shownBy(recent[place]) : [id];
      recent = recent.filter((entry) => entry.id !== id);
      hand = [...back, ...hand.filter((waiting) => !back.includes(waiting))];
    } else if (kind === "prefer") {
      hand = hand.filter((waiting) => waiting !== id && waiting !== other);
      recent = recent.filter((entry) => !isAbout(entry, id) && !isAbout(entry, other));
      recent = [{ id, label: GOOD, other, side: label, order: [order], earlier: [] }, ...recent];
    } else if (kind === "relabel") {
      if (place >= 0) recent[place] = relabelled(recent[place], label, order);
    } else {
      hand = hand.filter((waiting) => waiting !== id);
      const act = { id, label: label ?? SKIPPED, order: [order], earlier: [] };
      recent = [act, ...recent.filter((entry) => entry.id !== id)];
    }
  }
  return { hand, recent: recent.slice(0, 10) };
}

function relabelled(entry, label, order) {
  if (entry.label === label) return entry;
  return { ...entry, label, earlier: [...entry.earlier, entry.label], order: [...entry.order, order] };
}

function labelTakenBack(entry) {
  const { earlier, order } = entry;
  return { ...entry, label: earlier.at(-1), earlier: earlier.slice(0, -1), order: order.slice(0, -1) };
}

// The act, or the change to one, that was done last; undefined where nothing was.
function lastOf(recent) {
  return recent.reduce((last, entry) => (last && last.order.at(-1) > entry.order.at(-1) ? last : entry), undefined);
}

function isAbout(entry, id) {
  return entry.id === id || entry.other === id;
}

// What an act was about, from left to right.
function shownBy({ id, other, side }) {
  if (!other) return [id];
  return side === RIGHT ? [other, id] : [id, other];
}

function verdictOf({ label, other }) {
  return other ? "preferred" : NAMES[label];
}
