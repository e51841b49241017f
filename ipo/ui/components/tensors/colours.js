// Colours of values: tables from a value's place in a range to a pixel.

// viridis, and RdBu of ColorBrewer turned round: both are told apart by every eye.
const STOPS = {
  sequential: "440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725",
  diverging: "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f",
  grey: "000000 ffffff",
};
const NOT_FINITE = "#ff00d0"; // in none of the tables
const BLUE = "#2A86C8", RED = "#D6604D"; // bars; 3 : 1 or more on the light and on the dark page
const STEPS = 511; // odd, so that zero has a colour of its own
const tables = new Map();

// RGBA pixels as little-endian words, from lowest to highest.
function tableOf(colours) {
  const name = colours === "cosine" ? "diverging" : colours;
  if (!tables.has(name)) tables.set(name, interpolated(STOPS[name].split(" ").map(rgb)));
  return tables.get(name);
}

function rgb(hex) {
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function interpolated(stops) {
  return Uint32Array.from({ length: STEPS }, (_, step) => {
    const place = (step / (STEPS - 1)) * (stops.length - 1);
    const left = Math.min(Math.floor(place), stops.length - 2);
    return word(stops[left].map((from, channel) => from + (place - left) * (stops[left + 1][channel] - from)));
  });
}

function word([red, green, blue]) {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

// The range that a figure's colours span: zero in the middle if they have one.
function scaleOf(colours, [low, high]) {
  if (colours !== "diverging") return [low, high];
  const reach = Math.max(Math.abs(low), Math.abs(high));
  return [-reach, reach];
}

// Colour `count` values from `from` into pixels from `to`. Where all are equal they get the lowest colour, or zero's.
function colour(values, from, count, pixels, to, colours, [low, high], unit) {
  const table = tableOf(colours);
  const loud = word(rgb(NOT_FINITE.slice(1)));
  const last = STEPS - 1;
  const wide = high > low;
  const factor = wide ? (last * unit) / (high - low) : 0;
  const offset = wide ? 0.5 - (low * last) / (high - low) : colours === "diverging" ? last / 2 : 0;
  for (let i = 0; i < count; i++) {
    const value = values[from + i];
    const step = value * factor + offset;
    // x − x is 0 for finite x only
    pixels[to + i] = value - value === 0 ? table[step < 0 ? 0 : step > last ? last : step | 0] : loud;
  }
}

function stopsOf(colours) {
  return STOPS[colours === "cosine" ? "diverging" : colours].split(" ").map((hex) => `#${hex}`);
}

function gradientOf(colours) {
  return `linear-gradient(to right, ${stopsOf(colours).join(", ")})`;
}
