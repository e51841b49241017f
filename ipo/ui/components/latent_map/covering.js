// What stands over the map, told to its camera: everything is fitted beside it.

class Covering {
  constructor(view, legend, bar) {
    this.resized = new ResizeObserver(() => {
      view.covered = { left: legend.offsetLeft + legend.offsetWidth, top: bar.offsetTop + bar.offsetHeight };
    });
    for (const part of [legend, bar]) this.resized.observe(part);
  }

  close() {
    this.resized.disconnect();
  }
}
