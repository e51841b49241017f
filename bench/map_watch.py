"""When points are on screen, whichever of the maps of `bench.latent_map` draws them."""

# Counts the points that any WebGL context draws. `finished` is when enough of them were drawn: the driver
# is asked for a pixel, which it has only then; `painted` is the frame after that. Without a GPU our map sends
# pictures of up to 600,000 points.
WATCH = """{
  window.drawn = 0;
  window.painted = null;
  const done = (gl) => {
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); // waits for the driver
    window.finished = performance.now();
    requestAnimationFrame(() => (window.painted = performance.now()));
  };
  const note = (gl, count) => {
    const before = window.drawn;
    window.drawn += count;
    const isEnough = before < ENOUGH && window.drawn >= ENOUGH;
    if (isEnough) queueMicrotask(() => done(gl)); // when all of the frame is asked for
  };
  for (const { prototype } of [WebGLRenderingContext, WebGL2RenderingContext]) {
    const { drawArrays, drawElements } = prototype;
    prototype.drawArrays = function (mode, first, count) {
      drawArrays.call(this, mode, first, count);
      if (mode === this.POINTS) note(this, count);
    };
    prototype.drawElements = function (mode, count, ...rest) {
      drawElements.call(this, mode, count, ...rest);
      if (mode === this.POINTS) note(this, count);
    };
  }
  const { texSubImage2D } = WebGL2RenderingContext.prototype;
  WebGL2RenderingContext.prototype.texSubImage2D = function (...rest) {
    texSubImage2D.call(this, ...rest);
    note(this, 600_000);
  };
}"""
