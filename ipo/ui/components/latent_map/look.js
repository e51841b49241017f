// How large and how opaque points are drawn, and the colours of the page round them.

const SIZES = [2.2, 11]; // CSS pixels across a point: where points are most and least crowded
const SPACING = 0.9; // size of a point, as a part of the distance between points that are spread evenly
const OPACITIES = [0.35, 0.95];
const COVER = 0.5; // of the view by points, if none lay on another
const MOST_DPR = 2;

// `size` depends on the zoom only, so that points keep theirs while the map is moved; `opacity` on how many are in view.
function pointLook(camera, count, inView) {
  const area = camera.width * camera.height;
  const spacing = Math.sqrt(area / Math.max(1, count)) * camera.magnification ** 0.75;
  const size = within(SIZES, SPACING * spacing);
  const opacity = within(OPACITIES, (COVER * area) / Math.max(1, inView * size * size));
  return { size, opacity };
}

function within([low, high], value) {
  return Math.max(low, Math.min(high, value));
}

// The page's colours, as WebGL takes them: {theme, ink, paper}.
function pageLook(root) {
  const style = getComputedStyle(root);
  const paper = parsedColour(style.getPropertyValue("--st-background-color").trim() || "#ffffff");
  const theme = 0.3 * paper[0] + 0.59 * paper[1] + 0.11 * paper[2] < 0.5 ? "dark" : "light";
  return { theme, paper, ink: theme === "dark" ? [1, 1, 1, 1] : [0.08, 0.09, 0.12, 1] };
}

// A colour of CSS as four numbers up to 1.
function parsedColour(text) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].map((byte) => byte / 255);
}

function devicePixels() {
  return Math.min(MOST_DPR, window.devicePixelRatio || 1);
}

// Give a canvas a pixel for each one of the screen; its width and height in CSS pixels.
function fitCanvas(canvas) {
  const size = [canvas.clientWidth, canvas.clientHeight];
  const [across, down] = size.map((pixels) => Math.max(1, Math.round(pixels * devicePixels())));
  if (canvas.width !== across) canvas.width = across; // which empties it
  if (canvas.height !== down) canvas.height = down;
  return size;
}
