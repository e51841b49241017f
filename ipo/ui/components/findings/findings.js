// What is wrong with a training: a row each, worst first, with what to do about it folded away.

const WORDS = { critical: "Critical", warning: "Warning", note: "Note" };

export default (component) => mount(component, (parent) => new Findings(parent));

class Findings {
  constructor(parent) {
    this.root = parent.querySelector(".findings");
    this.open = new Set(); // ids of rows that are unfolded
    this.root.onclick = ({ target }) => this.click(target.closest("button"));
  }

  update({ data: { source }, setTriggerValue }) {
    this.setTriggerValue = setTriggerValue;
    if (this.address === source.address) return this.place.ask();
    this.place?.end();
    this.address = source.address;
    this.place = followPanel(source, (content) => this.show(content));
  }

  close() {
    this.place.end();
  }

  show(content) {
    this.content = content;
    if (!content || content.failed) return this.root.replaceChildren(element("p", "summary", content?.failed ?? ""));
    const { summary, rows, dismissed } = content;
    const head = element("p", "summary", summary);
    if (dismissed) head.append(" ", button("restore", `${dismissed} dismissed: show again`));
    const kept = this.root.contains(this.root.getRootNode().activeElement) ? this.root.getRootNode().activeElement?.dataset : null;
    const list = element("ul", "rows");
    list.append(...rows.map((row) => this.row(row)));
    this.root.replaceChildren(head, ...(rows.length ? [list] : []));
    if (kept?.id) this.root.querySelector(`button[data-does="${kept.does}"][data-id="${CSS.escape(kept.id)}"]`)?.focus();
  }

  row({ id, severity, says, evidence, steps, details, panel }) {
    const row = element("li", `row ${severity}`);
    const opened = this.open.has(id);
    const fold = button("fold", opened ? "▾" : "▸", id, `What to do about it: ${says}`);
    fold.setAttribute("aria-expanded", opened);
    const words = element("div", "words");
    words.append(element("span", "says", says), " ", element("span", "evidence", evidence));
    row.append(fold, element("span", "mark", WORDS[severity]), words, element("span", "steps", steps));
    row.append(panel ? button("show", "Show", id, `Show: ${says}`) : element("span", "none", ""));
    row.append(button("dismiss", "✕", id, `Dismiss for this run: ${says}`));
    if (opened) {
      const more = element("dl", "more");
      for (const [name, text] of details) more.append(element("dt", "", name), element("dd", "", text));
      row.append(more);
    }
    return row;
  }

  click(pressed) {
    const { does, id } = pressed?.dataset ?? {};
    if (does === "fold") {
      if (!this.open.delete(id)) this.open.add(id);
      this.show(this.content);
    } else if (does === "restore") this.setTriggerValue("restore", true);
    else if (does) this.setTriggerValue(does, id);
    if (does === "show") scrollTo(this.content.rows.find((row) => row.id === id)?.panel);
  }
}

// A panel of the page, which may be about to unfold.
function scrollTo(panel) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector(`.st-key-${panel}`)?.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
}

function element(name, look, text = "") {
  const made = document.createElement(name);
  made.className = look;
  made.textContent = text;
  return made;
}

function button(does, text, id = "", label = "") {
  const made = element("button", does, text);
  made.type = "button";
  Object.assign(made.dataset, { does, id });
  if (label) made.setAttribute("aria-label", label);
  if (label) made.title = label;
  return made;
}
