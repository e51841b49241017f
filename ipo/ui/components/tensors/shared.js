// What all figures of a page share, though each component is a module of its own: who is followed, which scales
// the user chose, and the values at hand, so that each tensor travels once.

const shared = (window.ipoTensors ??= {
  places: {}, // axis → place that is followed
  number: -1, // of the last change; the server answers with it
  origin: null, // of the tab's state on the server that the numbers belong to
  origins: new Set(),
  listeners: new Set(),
  held: new Map(), // address → promise of values; the last one used is the last one to go
  wanted: [], // values to be asked for together
  modes: new Map(), // figure → scale mode that the user chose for it
  locks: new Map(), // figure → range at which the user locked it
});

const HELD_BYTES = 64 * 2 ** 20;
const RETRY_MS = [100, 300, 1000, 3000];
const GONE = 404;

// Follow places, or take back what was followed. All figures show it at once.
function follow(places) {
  shared.places = places;
  shared.number += 1;
  tellAll();
  return { places, number: shared.number, origin: shared.origin };
}

// What the server says is followed, unless more has happened here since.
function adopt({ places, number, origin }) {
  if (origin === shared.origin ? number <= shared.number : shared.origins.has(origin)) return;
  shared.origins.add(origin);
  Object.assign(shared, { places, number, origin });
  tellAll();
}

// Of what is followed, or of the scale of figures of one key.
function tellAll(key) {
  for (const listener of shared.listeners) listener(key);
}

// The values of a tensor as a typed array; `unit` times an element is a value. `brought` are bytes at hand, by id.
// `redraw` is called when the server no longer has them: a fragment that is drawn again puts them back.
function valuesOf({ address, dtype, shape }, brought, redraw) {
  const found = shared.held.get(address) ?? { bytes: 0 };
  const length = shape.reduce((one, other) => one * other, dtype === "u1" ? 1 : 4);
  const here = brought.get(idOf(address));
  found.values ??= (here ? Promise.resolve(here) : together({ address, length, redraw })).then(
    (buffer) => {
      found.bytes = buffer.byteLength;
      forgetOldest();
      return dtype === "u1" ? new Uint8Array(buffer) : new Float32Array(buffer);
    },
    (error) => {
      shared.held.delete(address);
      throw error;
    },
  );
  shared.held.delete(address);
  shared.held.set(address, found);
  return found.values;
}

function idOf(address) {
  return address.split("/").at(-1);
}

// All that is wanted at one moment comes in one answer, one after the other; if that fails, each by itself.
function together(wanted) {
  return new Promise((resolve, reject) => {
    shared.wanted.push({ ...wanted, resolve, reject });
    if (shared.wanted.length === 1) queueMicrotask(fetchWanted);
  });
}

async function fetchWanted() {
  const wanted = shared.wanted.splice(0);
  const [{ address }, ...others] = wanted;
  const ids = others.map((one) => idOf(one.address));
  const answer = ids.length ? await fetch([address, ...ids].join(",")).catch(() => null) : null;
  const bytes = answer?.ok ? await answer.arrayBuffer().catch(() => null) : null;
  let from = 0;
  for (const one of wanted) {
    if (bytes) one.resolve(bytes.slice(from, (from += one.length)));
    else fetched(one.address, one.redraw).then(one.resolve, one.reject);
  }
}

async function fetched(address, redraw) {
  for (const wait of [...RETRY_MS, null]) {
    const response = await fetch(address).catch(() => null);
    if (response?.ok) return response.arrayBuffer();
    if (response?.status === GONE && wait === RETRY_MS[0]) redraw();
    if (wait === null) throw new Error(response ? `${address} answers ${response.status}` : `no answer from ${address}`);
    await new Promise((done) => setTimeout(done, wait));
  }
}

function forgetOldest() {
  let bytes = 0;
  for (const held of shared.held.values()) bytes += held.bytes;
  for (const [address, held] of shared.held) {
    if (bytes <= HELD_BYTES) return;
    bytes -= held.bytes;
    shared.held.delete(address);
  }
}
