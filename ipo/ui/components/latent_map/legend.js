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
  // `act` is {colour(mode), mute(index)}.
  constructor(root, act) {
    this.modes = root.querySelector(".modes");
    this.lines = root.querySelector(".legend");
    this.modes.replaceChildren(...COLOUR_MODES.map((mode) => this.modeButton(mode, act)));
    this.lines.onclick = (event) => {
      const line = event.target.closest("button");
      if (line) act.mute(Number(line.dataset.index));
    };
  }

  modeButton(mode, act) {
    const button = document.createElement("button");
    button.textContent = COLOUR_NAMES[mode];
    button.title = COLOUR_TITLES[mode];
    button.dataset.mode = mode;
    button.setAttribute("role", "radio");
    button.onclick = () => act.colour(mode);
    return button;
  }

  draw(mode, lines, muted, { truth }) {
    for (const button of this.modes.children) {
      button.setAttribute("aria-checked", String(button.dataset.mode === mode));
      button.hidden = button.dataset.mode === "true" && !truth;
    }
    const drawn = JSON.stringify([lines, [...muted]]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.lines.replaceChildren(...lines.map((line) => legendLine(line, muted.has(line.index))));
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
