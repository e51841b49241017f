// Dots without a GPU: drawn into pixels here, several times as fast as by a driver that only acts as if it were one.

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
const PHASES = 4; // places of a dot within a pixel, along each axis

function isSoftware(gl) {
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  return Boolean(names) && SOFTWARE.test(gl.getParameter(names.UNMASKED_RENDERER_WEBGL));
}

// Draw dots `size` pixels across as DOT_FRAGMENT does. `pixels` are premultiplied RGBA words, the lowest line first.
// `points` are {place, former, colour, visible, palette} in the order of the buffers; `slots` are those to draw, from
// `from` on, or null for all.
function drawSoftwareDots({ pixels, width, height }, points, slots, from, count, clip, progress, size, look) {
  const { place, former, colour, visible } = points;
  const stamps = stampsOf(size);
  const inks = inksOf(points.palette, look);
  const [side, reach] = [stamps.side, size / 2 + 0.5];
  const [scaleX, scaleY] = [(clip.across * width) / 2, (clip.up * height) / 2];
  const [offsetX, offsetY] = [width / 2 - clip.x * scaleX - reach, height / 2 - clip.y * scaleY - reach];
  for (let at = from; at < from + count; at++) {
    const slot = slots ? slots[at] : at;
    let x = place[2 * slot], y = place[2 * slot + 1];
    if (progress < 1) {
      x = former[2 * slot] + progress * (x - former[2 * slot]);
      y = former[2 * slot + 1] + progress * (y - former[2 * slot + 1]);
    }
    x = x * scaleX + offsetX;
    y = y * scaleY + offsetY;
    if (!(x > -side && x < width && y > -side && y < height)) continue;
    const left = Math.floor(x), low = Math.floor(y);
    const phase = (((y - low) * PHASES) | 0) * PHASES + (((x - left) * PHASES) | 0);
    const ink = 3 * (visible[slot] ? colour[slot] : colour[slot] + 256);
    const redBlue = inks[ink], greenAlpha = inks[ink + 1], opacity = inks[ink + 2];
    const first = Math.max(0, -left), last = Math.min(side, width - left);
    for (let line = Math.max(0, -low); line < side && low + line < height; line++) {
      const stamp = (phase * side + line) * side;
      const start = (low + line) * width + left;
      for (let column = first; column < last; column++) {
        const alpha = (stamps.cover[stamp + column] * opacity) >> 8; // 256 is all
        if (alpha === 0) continue;
        const below = pixels[start + column];
        const rest = 256 - alpha;
        const outer = (Math.imul(below & 0xff00ff, rest) + Math.imul(redBlue, alpha)) >>> 8;
        const inner = (Math.imul((below >>> 8) & 0xff00ff, rest) + Math.imul(greenAlpha, alpha)) >>> 8;
        pixels[start + column] = (outer & 0xff00ff) | ((inner & 0xff00ff) << 8);
      }
    }
  }
}

// How much of each pixel a dot covers, up to 256, for each place of its corner within a pixel.
function stampsOf(size) {
  const side = Math.ceil(size + 1) + 1;
  const cover = new Uint16Array(PHASES * PHASES * side * side);
  for (let phase = 0, at = 0; phase < PHASES * PHASES; phase++) {
    const [x, y] = [phase % PHASES, Math.floor(phase / PHASES)].map((part) => size / 2 + (part + 0.5) / PHASES);
    for (let line = 0; line < side; line++) {
      for (let column = 0; column < side; column++, at++) {
        const part = size / 2 + 0.5 - Math.hypot(column - x, line - y);
        cover[at] = Math.round(256 * Math.max(0, Math.min(1, part)));
      }
    }
  }
  return { side, cover };
}

// For each colour, seen and then muted: its red and blue, its green and full alpha, and its opacity up to 256.
function inksOf(palette, { opacity, faint, grey, paint }) {
  const inks = new Uint32Array(3 * 512);
  for (let ink = 0; ink < 512; ink++) {
    const colour = ink % 256;
    const channels = [0, 1, 2].map((at) => (paint[3] ? Math.round(255 * paint[at]) : palette[4 * colour + at]));
    const part = ink >= 256 ? faint : colour === NO_COLOUR ? grey : 1;
    const opaque = Math.round(256 * Math.min(1, opacity * part));
    inks.set([channels[0] | (channels[2] << 16), channels[1] | (255 << 16), opaque], 3 * ink);
  }
  return inks;
}
