// Opened by “?” wherever nothing is typed, and by its button; what has keys of its own under “?” hears it before.

export default (component) => mount(component, (parent) => new KeyList(parent));

class KeyList {
  constructor(parent) {
    this.dialog = parent.querySelector("dialog");
    this.groups = parent.querySelector(".groups");
    parent.querySelector(".open").onclick = () => this.dialog.showModal();
    parent.querySelector(".close").onclick = () => this.dialog.close();
    this.dialog.onclick = ({ target }) => target === this.dialog && this.dialog.close(); // beside the list
    this.dialog.onkeydown = (event) => event.stopPropagation(); // a shortcut of the page is not meant
    this.onKey = (event) => this.press(event);
    window.addEventListener("keydown", this.onKey);
  }

  update({ data: { groups } }) {
    this.groups.replaceChildren(...groups.flatMap(({ title, lines }) => [textElement("h3", title), table(lines)]));
  }

  close() {
    window.removeEventListener("keydown", this.onKey);
    this.dialog.close();
  }

  press(event) {
    const path = event.composedPath().filter((node) => node instanceof Element);
    if (event.defaultPrevented || keyName(event) !== "?" || path.some((element) => isTypedIn(element, true))) return;
    event.preventDefault();
    if (!this.dialog.open) this.dialog.showModal();
  }
}

function table(lines) {
  const table = document.createElement("table");
  for (const [key, what] of lines) {
    const line = table.insertRow();
    line.insertCell().append(textElement("kbd", key));
    line.insertCell().textContent = what;
  }
  return table;
}

function textElement(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}
