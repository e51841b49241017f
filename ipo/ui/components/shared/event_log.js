// The acts of this tab that the server has not acknowledged, kept across a reload. A page load is a client of
// its own, so that a duplicated tab, which inherits the log, never reuses a number.
class EventLog {
  // `isEvent` knows the events of this log from what another program may have put at its place.
  constructor(place, isEvent = (event) => typeof event?.id === "string") {
    this.place = place;
    this.client = randomName();
    this.seq = 0;
    this.events = loadList(place).filter(isEvent);
  }

  add(kind, id, label, other) {
    this.append({ kind, id, label, other });
  }

  append(event) {
    this.events.push({ client: this.client, seq: this.seq++, ...event });
    this.keep();
  }

  // Forget what the server has applied, and give it back. `applied`: page load → last number.
  acknowledge(applied) {
    const isApplied = (event) => event.seq <= (applied[event.client] ?? -1);
    const done = this.events.filter(isApplied);
    if (!done.length) return done;
    this.events = this.events.filter((event) => !isApplied(event));
    this.keep();
    return done;
  }

  keep() {
    saveList(this.place, this.events);
  }
}

function randomName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
