// Buttons that step. What is pressed while a step is under way is taken after it.

const SHORTCUT = "s";
const BEGAN_ANEW = "The server was restarted. Steps that were not saved are lost.";
const ICON = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 18l8.5-6L6 6zM16 6v12h2V6z"/></svg>`;

export default (component) => mount(component, (parent) => new Stepper(parent));

class Stepper {
  constructor(parent) {
    this.root = parent.querySelector(".stepper");
    this.keyboard = new Keyboard(this.root, (name) => (name === SHORTCUT && this.enabled ? () => this.step(1) : undefined));
  }

  update({ data: { counts, source } }) {
    if (this.address === source.address) return this.place.ask();
    this.place?.end();
    this.address = source.address;
    this.buttons = counts.map((count) => this.button(count));
    this.root.replaceChildren(...this.buttons, ...(isOfAnotherServer(source.token) ? [note(BEGAN_ANEW)] : []));
    this.enable(false);
    this.place = followPanel(source, ({ enabled }) => this.enable(Boolean(enabled)));
  }

  close() {
    this.keyboard.close();
    this.place.end();
  }

  button(count) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.count = count;
    if (count === 1) {
      button.innerHTML = `${ICON}<span>Step</span><kbd aria-hidden="true">S</kbd>`;
      button.title = "Runs one batch through the trainer.";
      button.setAttribute("aria-label", "Step Shortcut S");
      button.setAttribute("aria-keyshortcuts", "S");
    } else button.textContent = `×${count}`;
    button.onclick = () => this.step(count);
    return button;
  }

  enable(enabled) {
    this.enabled = enabled;
    for (const button of this.buttons) button.disabled = !enabled;
  }

  async step(count) {
    this.root.querySelector(".note")?.remove();
    const button = this.root.querySelector(`[data-count="${count}"]`);
    button.setAttribute("aria-busy", "true");
    try {
      await this.place.step(count);
      button.classList.remove("failed");
    } catch {
      button.classList.add("failed"); // until it works again
    }
    button.removeAttribute("aria-busy");
  }
}

// Whether this page was of another run of the server before: each has a token of its own.
function isOfAnotherServer(token) {
  const before = (window.ipoServer ??= token);
  window.ipoServer = token;
  return before !== token;
}

function note(text) {
  const element = document.createElement("span");
  element.className = "note";
  element.role = "status";
  element.textContent = text;
  return element;
}
