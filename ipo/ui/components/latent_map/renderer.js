// Points with WebGL 2: all of them, the labelled ones above, the selected ones with an outline, and the one in focus.

const MOVED_AT_ONCE = 60_000; // points that are shown on their way; of more, an even sample
const LIVE = 300; // selected points that are drawn in each frame; more are part of the picture
const labelledSize = (size) => 1.2 * size + 1.6; // CSS pixels across
const OUTLINE_WIDTH = 1.75, SELECTED_GROWTH = 2, OUTLINED_GROWTH = 0.5, HOVERED_GROWTH = 4; // CSS pixels
const FAINT = 0.05; // opacity of what is muted
const GREY = [140, 146, 154]; // of points without a colour, where the palette has none for them
const GREY_OPACITY = 0.75; // theirs, as a part of others'
const CROSS = 20, CROSS_WIDTH = 3; // CSS pixels
const RED = [0.86, 0.1, 0.14, 1];
const OPAQUE = { opacity: 1, faint: 1, grey: 1 };
const NO_PAINT = [0, 0, 0, 0]; // points in their own colours
const NOWHERE = 1e30; // where points without a place are drawn
const GOLDEN = 0.6180339887;

class Renderer {
  // Raises `Error` where there is no WebGL 2.
  constructor(canvas) {
    this.gl = canvas.getContext("webgl2", { antialias: false, depth: false, premultipliedAlpha: true });
    if (!this.gl) throw new Error("This browser cannot draw the map: WebGL 2 is switched off or missing.");
    Object.assign(this, { canvas, count: 0, progress: 1, labelled: 0, selected: 0, focus: -1, hovered: -1 });
    this.start();
  }

  // What the driver keeps; again after a lost context.
  start() {
    const { gl } = this;
    this.dots = new Program(gl, POINT_VERTEX, DOT_FRAGMENT);
    this.crosses = new Program(gl, POINT_VERTEX, CROSS_FRAGMENT);
    this.software = isSoftware(gl);
    this.pictures = new Pictures(gl, this.software);
    this.buffers = Object.fromEntries(
      ["former", "place", "colour", "visible", "labelled", "selected", "single"].map((name) => [name, gl.createBuffer()]),
    );
    this.values = {}; // what the buffers and the palette hold
    this.palette = gl.createTexture();
    this.layout = gl.createVertexArray();
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
  }

  close() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  // Rows that follow each other in the buffers are a golden part of all rows apart: no class of a sorted set covers
  // the others, and the first points of the buffers are an even sample.
  setCount(count) {
    this.count = count;
    this.step = Math.max(1, Math.round(count * GOLDEN));
    while (commonDivisor(this.step, count) > 1) this.step++;
    this.inverse = inverse(this.step, count);
  }

  // Where a row stands in the buffers.
  slot(row) {
    return (row * this.inverse) % this.count;
  }

  // Numbers of rows in the order of the buffers.
  mixed(values, width, mixed) {
    for (let slot = 0, row = 0; slot < this.count; slot++, row = (row + this.step) % this.count) {
      for (let at = 0; at < width; at++) mixed[slot * width + at] = values[row * width + at];
    }
    return mixed;
  }

  // `former` is null where nothing moves.
  setPlaces(xy, former) {
    const places = this.mixed(xy, 2, new Float32Array(2 * this.count));
    const formers = former && this.mixed(former, 2, new Float32Array(2 * this.count));
    for (let at = 0; at < places.length; at += 2) {
      const isPlaced = isFinitePair(places, at);
      if (!isPlaced) places[at] = places[at + 1] = NOWHERE;
      if (formers && !(isPlaced && isFinitePair(formers, at))) formers.set(places.subarray(at, at + 2), at);
    }
    this.upload("place", places);
    this.upload("former", formers ?? new Float32Array(0));
    this.describe(former ? "former" : "place");
    this.progress = former ? 0 : 1;
    this.pictures.spoil();
  }

  setColours(index) {
    this.upload("colour", this.mixed(index, 1, new Uint8Array(this.count)));
    this.pictures.spoil();
  }

  setVisible(visible) {
    this.upload("visible", this.mixed(visible, 1, new Uint8Array(this.count)));
    this.pictures.spoil();
  }

  setPalette(colours) {
    const { gl } = this;
    const pixels = new Uint8Array(4 * 256);
    pixels.set([...GREY, 255], 4 * NO_COLOUR);
    colours.forEach((colour, place) => pixels.set([...colour, 255], 4 * place));
    this.values.palette = pixels;
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.pictures.spoil();
  }

  setLabelled(rows) {
    this.labelled = rows.length;
    this.uploadRows("labelled", rows);
    this.pictures.spoil();
  }

  setSelected(rows) {
    if (Math.max(rows.length, this.selected) > LIVE) this.pictures.spoil();
    this.selected = rows.length;
    this.uploadRows("selected", rows);
  }

  upload(name, values) {
    this.values[name] = values;
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[name]);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, values, this.gl.STATIC_DRAW);
  }

  uploadRows(name, rows) {
    const slots = new Uint32Array(rows.length);
    for (let at = 0; at < rows.length; at++) slots[at] = this.slot(rows[at]);
    this.values[name] = slots;
    this.gl.bindVertexArray(this.layout);
    this.gl.bindBuffer(this.gl.ELEMENT_ARRAY_BUFFER, this.buffers[name]);
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, slots, this.gl.STATIC_DRAW);
  }

  // Which buffers the shaders read; `former` is the one with the places that points come from.
  describe(former) {
    const { gl } = this;
    gl.bindVertexArray(this.layout);
    [former, "place", "colour", "visible"].forEach((name, location) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      gl.enableVertexAttribArray(location);
      if (location < 2) gl.vertexAttribPointer(location, 2, gl.FLOAT, false, 0, 0);
      else gl.vertexAttribIPointer(location, 1, gl.UNSIGNED_BYTE, 0, 0);
    });
  }

  // Draw what `clip` of a camera shows; true where another frame has to follow. `look` is {size, opacity, dpr, ink,
  // paper, theme}, lengths in CSS pixels.
  draw(clip, look, { isCalm, isMoving }) {
    const { gl, canvas, pictures } = this;
    const layers = this.layers(look);
    if (isMoving) {
      pictures.spoil();
      for (const layer of layers) layer.count = Math.min(layer.count, MOVED_AT_ONCE);
    }
    const total = layers.reduce((sum, { count }) => sum + count, 0);
    const drawSlice = (first, most, picture) => this.drawSlice(layers, first, most, { ...look, picture });
    const isLate = pictures.grow(total, clip, isCalm || isMoving, drawSlice);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    pictures.show(clip);
    const now = { ...look, picture: { clip, pixels: null } };
    if (this.selected <= LIVE) this.drawOutlined("selected", 0, this.selected, OUTLINED_GROWTH, now);
    this.drawSingles(now);
    return isLate;
  }

  // What is drawn from the bottom up. Many selected points have one outline where they touch, and paper below them, so
  // that inside it they look as they do elsewhere.
  layers({ size, opacity, ink, paper }) {
    const isMuted = { faint: FAINT / opacity, grey: GREY_OPACITY };
    const stronger = Math.min(1, 2 * opacity);
    const count = this.selected > LIVE ? this.selected : 0;
    const inside = size + SELECTED_GROWTH;
    return [
      { name: null, count: this.count, size, opacity, ...isMuted },
      { name: "selected", count, size: inside + 2 * OUTLINE_WIDTH, ...OPAQUE, paint: ink },
      { name: "selected", count, size: inside, ...OPAQUE, paint: paper },
      { name: "selected", count, size, ...OPAQUE, opacity: stronger },
      { name: "labelled", count: this.labelled, size: labelledSize(size), ...isMuted, opacity: stronger },
    ];
  }

  // Draw `most` points of the layers, from point `first` of them all on. From here on `look` has the picture to draw
  // in: {clip, pixels}, and with pixels their width and height.
  drawSlice(layers, first, most, look) {
    let from = first, left = most;
    for (const { name, count: all, size, ...inks } of layers) {
      const count = Math.max(0, Math.min(all - from, left));
      this.drawDots(name, from, count, size, look, inks);
      from = Math.max(0, from - all);
      left -= count;
    }
  }

  // Dots of the rows in a buffer, or of all rows where `name` is null.
  drawDots(name, from, count, size, { dpr, picture }, { paint = NO_PAINT, ...opacities }) {
    if (!count) return;
    if (picture.pixels) {
      const slots = name && this.values[name];
      const uniforms = { paint, ...opacities };
      drawSoftwareDots(picture, this.values, slots, from, count, picture.clip, this.progress, size * dpr, uniforms);
      return;
    }
    this.usePoints(this.dots, picture.clip, size * dpr, { paint, ...opacities });
    if (name) this.drawRows(name, from, count);
    else this.gl.drawArrays(this.gl.POINTS, from, count);
  }

  // Points that are never faint, on larger ones in ink.
  drawOutlined(name, from, count, growth, look) {
    const size = labelledSize(look.size) + growth;
    for (const [width, paint] of [[OUTLINE_WIDTH, look.ink], [0, NO_PAINT]]) {
      this.drawDots(name, from, count, size + 2 * width, look, { ...OPAQUE, paint });
    }
  }

  drawSingles(look) {
    if (this.hovered >= 0) {
      this.uploadRows("single", [this.hovered]);
      this.drawOutlined("single", 0, 1, HOVERED_GROWTH, look);
    }
    if (this.focus >= 0) {
      this.uploadRows("single", [this.focus]);
      const { dpr, paper, size, picture } = look;
      const uniforms = { ...OPAQUE, width: CROSS_WIDTH * dpr, line: RED, edge: paper };
      this.usePoints(this.crosses, picture.clip, Math.max(CROSS, size + 8) * dpr, uniforms);
      this.drawRows("single", 0, 1);
    }
  }

  usePoints(program, { x, y, across, up }, size, uniforms) {
    const { gl } = this;
    gl.bindVertexArray(this.layout);
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    program.use({ centre: [x, y], scale: [across, up], progress: this.progress, size, ...uniforms });
  }

  drawRows(name, from, count) {
    const { gl } = this;
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers[name]);
    gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 4 * from);
  }
}

function isFinitePair(values, at) {
  return Number.isFinite(values[at] + values[at + 1]);
}

function commonDivisor(a, b) {
  return b ? commonDivisor(b, a % b) : a;
}

// The number that undoes a multiplication by `value` modulo `modulus`, to which it is coprime.
function inverse(value, modulus) {
  let [before, now, beforeStep, step] = [modulus, value % modulus, 0, 1];
  while (now > 1) {
    const quotient = Math.floor(before / now);
    [before, now] = [now, before - quotient * now];
    [beforeStep, step] = [step, beforeStep - quotient * step];
  }
  return modulus === 1 ? 0 : ((step % modulus) + modulus) % modulus;
}
