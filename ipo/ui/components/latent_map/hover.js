// What the pointer is on: its picture, what the model takes it for, and its label.

const TIP_AWAY = 14; // CSS pixels from the pointer

class Hover {
  constructor(root, thumbnails) {
    Object.assign(this, { tip: root.querySelector(".tip"), stage: root.querySelector(".stage"), thumbnails });
  }

  // `state` is {points, codes, names}.
  draw(row, x, y, { points, codes, names }) {
    const { tip, stage } = this;
    tip.hidden = row < 0;
    if (row < 0) return;
    this.thumbnails.draw(tip.querySelector(".picture"), row);
    this.thumbnails.warmAround(row);
    const predicted = names[points.predicted[row]];
    const certainty = Math.round((100 * points.certainty[row]) / 255);
    const words = [predicted === undefined ? "no prediction" : `${predicted} (${certainty} %)`];
    if (codes[row] !== NO_LABEL) words.push(`your label: ${Labels.text(codes[row], names)}`);
    tip.querySelector(".text").textContent = words.join(" · ");
    const { left, top, right, bottom } = stage.getBoundingClientRect();
    const across = x + TIP_AWAY + tip.offsetWidth > right ? x - TIP_AWAY - tip.offsetWidth : x + TIP_AWAY;
    const down = y + TIP_AWAY + tip.offsetHeight > bottom ? y - TIP_AWAY - tip.offsetHeight : y + TIP_AWAY;
    tip.style.transform = `translate(${across - left}px, ${down - top}px)`;
  }
}
