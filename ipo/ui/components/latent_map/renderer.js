// Points with WebGL 2. What has few points is drawn anew in each frame. What has many is drawn into a picture, a slice
// a frame, while the picture of before is on screen, moved to where it belongs: so no frame is long without a GPU.

const SLICE = 120_000; // points that a frame draws
const LABELLED_GROWTH = 1.35, SELECTED_GROWTH = 3.5, SELECTED_WIDTH = 1.5; // of the size; CSS pixels
const FAINT = 0.05; // opacity of what is muted
const GREY = { light: 0.75, dark: 0.8 }; // of points without a colour
const CROSS = 20, CROSS_WIDTH = 3; // CSS pixels
const RED = [0.86, 0.1, 0.14, 1];
const NOWHERE = 1e30; // where points without a place are drawn
const ATTRIBUTES = [[0, 2], [1, 2], [2, 1], [3, 1]]; // location, numbers

class Renderer {
  // Raises `Error` where there is no WebGL 2.
  constructor(canvas) {
    this.gl = canvas.getContext("webgl2", { antialias: false, depth: false, premultipliedAlpha: true });
    if (!this.gl) throw new Error("This browser draws no map: WebGL 2 is switched off.");
    Object.assign(this, { canvas, count: 0, progress: 1, labelled: [], selected: [], focus: -1, hovered: -1 });
    this.start();
  }

  // What the driver keeps; again after a lost context.
  start() {
    const { gl } = this;
    this.dots = new Program(gl, POINT_VERTEX, DOT_FRAGMENT);
    this.rings = new Program(gl, POINT_VERTEX, RING_FRAGMENT);
    this.crosses = new Program(gl, POINT_VERTEX, CROSS_FRAGMENT);
    this.pictures = new Program(gl, PICTURE_VERTEX, PICTURE_FRAGMENT);
    this.buffers = Object.fromEntries(
      ["former", "place", "colour", "visible", "labelled", "selected", "single"].map((name) => [name, gl.createBuffer()]),
    );
    this.palette = gl.createTexture();
    this.layout = gl.createVertexArray();
    this.empty = gl.createVertexArray();
    this.shown = this.growing = null; // pictures
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  close() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  // Points stand in the buffers a golden step of rows apart: no class of a sorted set covers the others, and any
  // first part of them is an even sample.
  setCount(count) {
    this.count = count;
    this.step = Math.max(1, Math.round(count * 0.6180339887));
    while (divisor(this.step, count) > 1) this.step++;
    this.back = inverse(this.step, count);
  }

  slot(row) {
    return (row * this.back) % this.count;
  }

  mixed(values, width, mixed) {
    for (let slot = 0, row = 0; slot < this.count; slot++, row = (row + this.step) % this.count) {
      for (let at = 0; at < width; at++) mixed[slot * width + at] = values[row * width + at];
    }
    return mixed;
  }

  // `former` is null where nothing moves.
  setPlaces(xy, former) {
    const place = this.placed(xy, xy);
    this.upload("place", place);
    this.upload("former", former ? this.placed(former, xy) : place.subarray(0, 0));
    this.describe(former ? "former" : "place");
    this.progress = former ? 0 : 1;
    this.spoil();
  }

  // Where a point has no place of before it does not move.
  placed(xy, otherwise) {
    const places = this.mixed(xy, 2, new Float32Array(2 * this.count));
    const others = xy === otherwise ? places : this.mixed(otherwise, 2, new Float32Array(2 * this.count));
    for (let at = 0; at < places.length; at += 2) {
      if (isFinitePair(places, at) && isFinitePair(others, at)) continue;
      const there = isFinitePair(others, at);
      places[at] = there ? others[at] : NOWHERE;
      places[at + 1] = there ? others[at + 1] : NOWHERE;
    }
    return places;
  }

  setColours(index) {
    this.upload("colour", this.mixed(index, 1, new Uint8Array(this.count)));
    this.spoil();
  }

  setVisible(visible) {
    this.upload("visible", this.mixed(visible, 1, new Uint8Array(this.count)));
    this.spoil();
  }

  setPalette(colours) {
    const { gl } = this;
    const pixels = new Uint8Array(4 * 256);
    colours.forEach((colour, place) => pixels.set([...colour, 255], 4 * place));
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.spoil();
  }

  // Rows that are drawn above the others.
  setLabelled(rows) {
    this.labelled = rows;
    this.uploadRows("labelled", rows);
    this.spoil();
  }

  setSelected(rows) {
    const many = Math.max(rows.length, this.selected.length) > SLICE;
    this.selected = rows;
    this.uploadRows("selected", rows);
    if (many) this.spoil();
  }

  upload(name, values) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[name]);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, values, this.gl.STATIC_DRAW);
  }

  uploadRows(name, rows) {
    const slots = Uint32Array.from(rows, (row) => this.slot(row));
    this.gl.bindVertexArray(this.layout);
    this.gl.bindBuffer(this.gl.ELEMENT_ARRAY_BUFFER, this.buffers[name]);
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, slots, this.gl.STATIC_DRAW);
  }

  describe(former) {
    const { gl } = this;
    gl.bindVertexArray(this.layout);
    [former, "place", "colour", "visible"].forEach((name, at) => {
      const [location, numbers] = ATTRIBUTES[at];
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      gl.enableVertexAttribArray(location);
      if (numbers === 2) gl.vertexAttribPointer(location, 2, gl.FLOAT, false, 0, 0);
      else gl.vertexAttribIPointer(location, 1, gl.UNSIGNED_BYTE, 0, 0);
    });
  }

  // The picture that grows shows something else than what is asked now.
  spoil() {
    this.spoilt = true;
  }

  // Draw what a camera sees; true where the picture is not complete yet. `look` is {size, opacity, dpr, ink, paper,
  // theme}, lengths in CSS pixels.
  draw(clip, look, isMoving) {
    const { gl, canvas } = this;
    const layers = this.layers(look);
    const total = layers.reduce((sum, layer) => sum + layer.count, 0);
    let isLate = false;
    if (total > SLICE && !isMoving) isLate = this.grow(layers, clip, look);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!this.count) return false;
    if (total <= SLICE || isMoving) this.drawSlice(layers, 0, SLICE, clip, look);
    else this.drawPicture(this.shown ?? this.growing, clip);
    if (this.selected.length <= SLICE) this.drawRings("selected", this.selected.length, clip, look);
    this.drawSingles(clip, look);
    return isLate;
  }

  // What is drawn from the bottom up: all points, the labelled ones, and the selected ones if they are too many for
  // each frame.
  layers({ size }) {
    const layers = [
      { name: null, count: this.count, size },
      { name: "labelled", count: this.labelled.length, size: size * LABELLED_GROWTH },
    ];
    if (this.selected.length > SLICE) layers.push({ name: "selected", count: this.selected.length, size, isRing: true });
    return layers;
  }

  // Draw `most` points of the layers, from point `first` on.
  drawSlice(layers, first, most, clip, look) {
    let from = first, left = most;
    for (const { name, count, size, isRing } of layers) {
      const part = Math.max(0, Math.min(count - from, left));
      if (part && isRing) this.drawRings(name, part, clip, look, from);
      else if (part) this.drawDots(name, from, part, size, clip, look);
      from = Math.max(0, from - count);
      left -= part;
    }
  }

  drawDots(name, from, count, size, clip, look) {
    const { gl } = this;
    const opacity = name ? Math.min(1, look.opacity * 2) : look.opacity;
    this.usePoints(this.dots, clip, size * look.dpr, { opacity, faint: FAINT / opacity, grey: GREY[look.theme] });
    if (name) this.drawRows(name, from, count);
    else gl.drawArrays(gl.POINTS, from, count);
  }

  drawRings(name, count, clip, look, from = 0) {
    if (!count) return;
    const size = (look.size + SELECTED_GROWTH) * look.dpr;
    const width = SELECTED_WIDTH * look.dpr;
    this.usePoints(this.rings, clip, size, { opacity: 1, faint: 1, grey: 1, width, line: look.ink });
    this.drawRows(name, from, count);
  }

  drawSingles(clip, look) {
    const { dpr, size } = look;
    if (this.hovered >= 0) {
      this.uploadRows("single", [this.hovered]);
      const width = 2 * dpr;
      this.usePoints(this.rings, clip, (size + 6) * dpr, { opacity: 1, faint: 1, grey: 1, width, line: look.ink });
      this.drawRows("single", 0, 1);
    }
    if (this.focus >= 0) {
      this.uploadRows("single", [this.focus]);
      const width = CROSS_WIDTH * dpr;
      const uniforms = { opacity: 1, faint: 1, grey: 1, width, line: RED, edge: look.paper };
      this.usePoints(this.crosses, clip, Math.max(CROSS, size + 8) * dpr, uniforms);
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

  // Draw a slice more into the picture that grows; true where there is more to draw after this frame.
  grow(layers, clip, look) {
    const { gl, canvas } = this;
    const total = layers.reduce((sum, layer) => sum + layer.count, 0);
    const isOld = (picture) => !picture || picture.version !== this.version || !sameView(picture, clip, canvas);
    if (this.spoilt) this.version = (this.version ?? 0) + 1;
    const wasSpoilt = this.spoilt;
    this.spoilt = false;
    if (!this.growing && !wasSpoilt && !isOld(this.shown)) return false;
    if (!this.growing || wasSpoilt || (this.shown === null && isOld(this.growing))) {
      this.growing = this.beginPicture(this.growing ?? this.spare, clip);
    }
    const picture = this.growing;
    gl.bindFramebuffer(gl.FRAMEBUFFER, picture.target);
    gl.viewport(0, 0, picture.width, picture.height);
    if (picture.done === 0) {
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
    }
    this.drawSlice(layers, picture.done, SLICE, picture.clip, look);
    picture.done += SLICE;
    if (picture.done < total) return true;
    this.spare = this.shown;
    this.shown = picture;
    this.growing = null;
    return isOld(this.shown);
  }

  beginPicture(former, clip) {
    const { gl, canvas: { width, height }, version } = this;
    if (former?.width === width && former.height === height) return Object.assign(former, { clip, version, done: 0 });
    if (former) {
      gl.deleteTexture(former.texture);
      gl.deleteFramebuffer(former.target);
    }
    const texture = gl.createTexture();
    const target = gl.createFramebuffer();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, width, height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    return { texture, target, width, height, clip, version, done: 0 };
  }

  drawPicture({ texture, clip: { x, y, across, up } }, clip) {
    const { gl } = this;
    gl.bindVertexArray(this.empty);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    const now = { centre: [clip.x, clip.y], scale: [clip.across, clip.up] };
    this.pictures.use({ ...now, pictureCentre: [x, y], pictureScale: [across, up] });
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }
}

function sameView({ clip, width, height }, { x, y, across, up }, canvas) {
  const isSame = clip.x === x && clip.y === y && clip.across === across && clip.up === up;
  return isSame && width === canvas.width && height === canvas.height;
}

function isFinitePair(values, at) {
  return Number.isFinite(values[at] + values[at + 1]);
}

function divisor(a, b) {
  return b ? divisor(b, a % b) : a;
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
