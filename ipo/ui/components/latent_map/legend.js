// Which colours mean what on the map, how many points have each, and which of them are muted.

const COLOUR_NAMES = { user: "Label", predicted: "Predicted", true: "True", certainty: "Certainty", suggestion: "Suggestion" };
const COLOUR_TITLES = {
  user: "Coloured by your labels",
  predicted: "Coloured by what the model takes each image for",
  true: "Coloured by what the data set says: hidden until you ask, so that it does not label for you",
  certainty: "Coloured by how certain the model is",
  suggestion: "Coloured by how much a label would teach, by the strategy below",
};

class Legend {
  // `act` is {colour()}: called when points are to have other colours.
  constructor(root, act) {
    Object.assign(this, { root, act, mode: "user", muted: new Set() });
    this.modes = root.querySelector(".modes");
    this.lines = root.querySelector(".legend");
    this.modes.replaceChildren(...COLOUR_MODES.map((mode) => this.modeButton(mode)));
    this.lines.onclick = (event) => {
      const line = event.target.closest("button");
      if (line) this.mute(Number(line.dataset.index));
    };
  }

  modeButton(mode) {
    const button = document.createElement("button");
    button.textContent = COLOUR_NAMES[mode];
    button.title = COLOUR_TITLES[mode];
    button.dataset.mode = mode;
    button.onclick = () => {
      this.mode = mode;
      this.muted.clear();
      this.act.colour();
    };
    return button;
  }

  mute(index) {
    if (!this.muted.delete(index)) this.muted.add(index);
    this.act.colour();
  }

  // Draw the legend of what is shown, and give the colours of the map: {index, palette, visible}.
  draw({ points, truth, scores, codes, data }) {
    const { mode, muted } = this;
    const dark = pageLook(this.root).theme === "dark";
    const coloured = colourOf(mode, { codes, points, truth, scores, names: data.classes, dark });
    for (const button of this.modes.children) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
      button.hidden = button.dataset.mode === "true" && !data.truth;
    }
    this.drawLines(coloured.legend);
    return { ...coloured, visible: visibleOf(coloured, muted) };
  }

  drawLines(lines) {
    const drawn = JSON.stringify([lines, [...this.muted]]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = this.lines.getRootNode().activeElement?.dataset.index;
    this.lines.replaceChildren(...lines.map((line) => legendLine(line, this.muted.has(line.index))));
    if (focused !== undefined) this.lines.querySelector(`[data-index="${focused}"]`)?.focus();
  }
}

function legendLine({ name, colour, count, index }, isMuted) {
  const line = document.createElement("button");
  const [swatch, text, number] = ["i", "span", "b"].map((tag) => document.createElement(tag));
  swatch.style.background = `rgb(${colour})`;
  text.textContent = name;
  number.textContent = count.toLocaleString("en");
  line.append(swatch, text, number);
  line.dataset.index = index;
  line.setAttribute("aria-pressed", String(isMuted));
  line.title = isMuted ? `Show ${name} again` : `Mute ${name}`;
  return line;
}
