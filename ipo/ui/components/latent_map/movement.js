// The way of points, and of the camera where it follows them, from former places to new ones.

const MOVE_MS = 600;

class Movement {
  // `places` and `camera` are those of before; `to` is the camera's state when all is there.
  constructor(places, camera, to) {
    Object.assign(this, { places, camera, to, since: performance.now() });
  }

  get isOver() {
    return performance.now() - this.since >= MOVE_MS;
  }

  // From 0 to 1, slowly at both ends.
  get part() {
    const time = Math.min(1, (performance.now() - this.since) / MOVE_MS);
    return time * time * (3 - 2 * time);
  }

  get cameraNow() {
    const { camera, to, part } = this;
    const between = (name) => camera[name] + part * (to[name] - camera[name]);
    return { ...to, x: between("x"), y: between("y"), span: between("span") };
  }

  // Where the points are on their way to `xy`; what had no place before is there already.
  placesNow(xy) {
    const { places, part } = this;
    return xy.map((to, at) => (Number.isFinite(places[at]) ? places[at] + part * (to - places[at]) : to));
  }
}

function prefersStillness() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
