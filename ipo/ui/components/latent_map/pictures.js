// Pictures of the map that grow by a slice of its points a frame. The last complete one is on screen meanwhile, moved
// to where it belongs now: so no frame is long, however many points there are and however slow they are drawn.

// Points drawn in one frame while the view rests, and while it moves.
const SLICES = {
  driver: { calm: 150_000, start: 60_000, least: 8_000, most: 1_000_000 },
  software: { calm: 600_000, start: 150_000, least: 60_000, most: 1_000_000 },
};
const SHORT_MS = 21, LONG_MS = 30; // frames between which a slice stays as it is

class Pictures {
  // With `software` pictures have pixels here, which are sent to the driver when a slice is drawn.
  constructor(gl, software) {
    Object.assign(this, { gl, software, slices: software ? SLICES.software : SLICES.driver });
    this.program = new Program(gl, PICTURE_VERTEX, PICTURE_FRAGMENT);
    this.layout = gl.createVertexArray();
    this.slice = this.slices.start;
    this.version = 0;
    this.shown = this.growing = this.spare = null;
  }

  // What is drawn has changed: pictures of before are no longer right.
  spoil() {
    this.version++;
  }

  // Draw a slice of `total` points more, by `drawSlice(first, most, picture)`; true where another frame has to follow.
  grow(total, clip, isCalm, drawSlice) {
    if (!this.growing && this.isRight(this.shown, clip)) return false;
    const slice = isCalm ? this.slices.calm : this.fittedSlice();
    const isPast = this.growing?.version !== this.version || (isCalm && !this.isRight(this.growing, clip));
    if (isPast) this.growing = this.begin(this.growing ?? this.spare, clip);
    const { gl, growing } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, growing.target);
    gl.viewport(0, 0, growing.width, growing.height);
    if (growing.done === 0 && this.software) growing.pixels.fill(0);
    else if (growing.done === 0) gl.clear(gl.COLOR_BUFFER_BIT);
    drawSlice(growing.done, slice, growing);
    if (this.software) this.send(growing);
    growing.done += slice;
    if (growing.done < total) return true;
    [this.spare, this.shown, this.growing] = [this.shown, growing, null];
    return !this.isRight(this.shown, clip);
  }

  // A slice that lets frames follow each other fast enough for a moving view.
  fittedSlice() {
    const now = performance.now();
    const took = now - this.drawnAt;
    this.drawnAt = now;
    if (took < SHORT_MS) this.slice = Math.min(this.slices.most, this.slice * 1.25);
    else if (took > LONG_MS && took < 500) this.slice = Math.max(this.slices.least, this.slice * 0.8);
    return Math.round(this.slice);
  }

  isRight(picture, { x, y, across, up }) {
    if (picture?.version !== this.version) return false;
    const { clip, width, height } = picture;
    const isSameView = clip.x === x && clip.y === y && clip.across === across && clip.up === up;
    return isSameView && width === this.gl.canvas.width && height === this.gl.canvas.height;
  }

  // An empty picture, on the memory of a former one where it has the right size.
  begin(former, clip) {
    const { gl, version } = this;
    const { width, height } = gl.canvas;
    if (former?.width === width && former.height === height) return Object.assign(former, { clip, version, done: 0 });
    if (former) {
      gl.deleteTexture(former.texture);
      gl.deleteFramebuffer(former.target);
      if (former === this.spare) this.spare = null;
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
    const pixels = this.software ? new Uint32Array(width * height) : null;
    return { texture, target, width, height, clip, version, pixels, done: 0 };
  }

  send({ texture, width, height, pixels }) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(pixels.buffer));
  }

  // Show the last complete picture, or the first one while it grows, under the view of now.
  show(clip) {
    const { gl } = this;
    const picture = this.shown ?? this.growing;
    gl.bindVertexArray(this.layout);
    gl.bindTexture(gl.TEXTURE_2D, picture.texture);
    gl.disable(gl.BLEND);
    const { x, y, across, up } = picture.clip;
    const now = { centre: [clip.x, clip.y], scale: [clip.across, clip.up] };
    this.program.use({ ...now, pictureCentre: [x, y], pictureScale: [across, up] });
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.enable(gl.BLEND);
  }
}
