// The colours of a map: one byte a point, and what each byte looks like.

const NO_COLOUR = 255; // grey: nothing is known of the point
const UNSURE_COLOUR = 254;
// Told apart also by eyes that lack one kind of cone, from each other and from the grey of points without a class.
const CLASS_COLOURS = {
  light: "1f6bdb e38430 059398 dd60d5 b0680d 26a8ff 80197d a2c418 79549d 973c07",
  dark: "54a0fa cba345 41cd95 d2a6ee e86225 67e3fd e4298d f9d762 6f60f0 a75f37",
};
const RAMP = "440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725"; // viridis
const RAMP_PARTS = { light: [0, 0.88], dark: [0.22, 1] }; // what is seen well on each page
const CERTAINTIES = [[0, 50], [50, 80], [80, 95], [95, 99], [99, 100]]; // %
const SCORES = [[0, 25], [25, 50], [50, 75], [75, 100]]; // %
const COLOUR_MODES = ["user", "predicted", "true", "certainty", "suggestion"];

// What a mode shows of each point: {index, palette, legend: [{name, colour, count, index, last}]}. Points with a
// colour from `index` to `last` belong to that line of the legend. `names` are those of the classes.
function colourOf(mode, { codes, points, truth, scores, names, dark }) {
  const theme = dark ? "dark" : "light";
  const classes = names?.length ?? points.classes;
  if (mode === "certainty") {
    return ramp(points.certainty.map((value) => Math.min(value, 254)), CERTAINTIES, theme, "%");
  }
  if (mode === "suggestion") {
    return ramp((scores ?? new Uint8Array(points.count)).map((score) => score - 1), SCORES, theme, "of the scores");
  }
  if (mode === "predicted") return classColours(points.predicted, classes, names, theme, "No prediction");
  if (mode === "true") {
    return classColours(truth ?? new Uint8Array(points.count).fill(NO_COLOUR), classes, names, theme, "Not known");
  }
  return classColours(codes, classes, names, theme, "No label");
}

// Which points are seen while some lines of the legend, by their `index`, are muted.
function visibleOf({ index, legend }, muted) {
  const isSeen = new Uint8Array(256).fill(1);
  for (const { index: first, last } of legend) if (muted.has(first)) isSeen.fill(0, first, last + 1);
  return index.map((colour) => isSeen[colour]);
}

function classColours(values, classes, names, theme, nothing) {
  const index = new Uint8Array(values.length);
  const counts = new Uint32Array(256);
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    index[row] = value >= 0 && value < classes ? value : value === -2 ? UNSURE_COLOUR : NO_COLOUR;
    counts[index[row]]++;
  }
  const palette = Array.from({ length: 256 }, (_, place) => classColour(place, theme));
  palette[UNSURE_COLOUR] = theme === "dark" ? [200, 200, 200] : [70, 70, 70];
  palette[NO_COLOUR] = greyOf(theme);
  const line = (place, name) => ({ name, colour: palette[place], count: counts[place], index: place, last: place });
  const legend = Array.from({ length: classes }, (_, place) => line(place, names?.[place] ?? String(place)));
  if (counts[UNSURE_COLOUR]) legend.push(line(UNSURE_COLOUR, "Unsure"));
  if (counts[NO_COLOUR]) legend.push(line(NO_COLOUR, nothing));
  return { index, palette, legend };
}

// The ten, and beyond them hues as far from each other as they can be.
function classColour(place, theme) {
  const colours = CLASS_COLOURS[theme].split(" ");
  if (place < colours.length) return channels(colours[place]);
  const hue = (place * 137.508) % 360;
  const light = (theme === "dark" ? 0.68 : 0.42) + 0.1 * (place % 2);
  const channel = (offset) => {
    const part = (offset + hue / 30) % 12;
    return Math.round(255 * (light - 0.6 * Math.min(light, 1 - light) * Math.max(-1, Math.min(part - 3, 9 - part, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

function ramp(index, bins, theme, unit) {
  const [from, to] = RAMP_PARTS[theme];
  const palette = Array.from({ length: 256 }, (_, place) => rampColour(from + ((to - from) * place) / 254));
  palette[NO_COLOUR] = greyOf(theme);
  const counts = new Uint32Array(256);
  for (const place of index) counts[place]++;
  const legend = bins.map(([low, high]) => {
    const first = Math.ceil(2.55 * low);
    const last = Math.min(254, high === 100 ? 254 : Math.ceil(2.55 * high) - 1);
    const count = counts.subarray(first, last + 1).reduce((sum, one) => sum + one, 0);
    return { name: `${low}–${high} ${unit}`, colour: palette[(first + last) >> 1], count, index: first, last };
  });
  if (counts[NO_COLOUR]) {
    legend.push({ name: "None", colour: palette[NO_COLOUR], count: counts[NO_COLOUR], index: NO_COLOUR, last: NO_COLOUR });
  }
  return { index, palette, legend };
}

function rampColour(part) {
  const stops = RAMP.split(" ").map(channels);
  const place = Math.min(1, Math.max(0, part)) * (stops.length - 1);
  const left = Math.min(Math.floor(place), stops.length - 2);
  return stops[left].map((low, channel) => Math.round(low + (place - left) * (stops[left + 1][channel] - low)));
}

function greyOf(theme) {
  return theme === "dark" ? [112, 118, 128] : [158, 163, 170];
}

function channels(hex) {
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
