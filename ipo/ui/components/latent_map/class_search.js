// Labelling by the beginning of a class name, for sets of many classes.

class ClassSearch {
  // `act` is {label(code), say(text)}.
  constructor(root, act) {
    Object.assign(this, { field: root.querySelector(".search"), root, act, names: [] });
    this.input = this.field.querySelector("input");
    this.input.onkeydown = (event) => this.press(event);
    this.input.onblur = () => (this.field.hidden = true);
  }

  open(names) {
    this.names = names;
    this.field.hidden = false;
    this.field.querySelector("datalist").replaceChildren(...names.map((name) => new Option(name)));
    this.input.value = "";
    this.input.focus();
  }

  press(event) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.stopPropagation();
    const typed = this.input.value.trim();
    if (event.key === "Escape" || !typed) return this.close();
    const { code, problem } = this.find(typed.toLowerCase());
    if (problem) return this.act.say(problem(typed));
    this.close();
    this.act.label(code);
  }

  // The class that is typed whole, or the only one that begins so.
  find(typed) {
    const whole = this.names.findIndex((name) => name.toLowerCase() === typed);
    if (whole >= 0) return { code: whole };
    const codes = this.names.flatMap((name, code) => (name.toLowerCase().startsWith(typed) ? [code] : []));
    if (codes.length === 1) return { code: codes[0] };
    return { problem: (text) => (codes.length ? `${codes.length} classes begin with “${text}”.` : `No class begins with “${text}”.`) };
  }

  close() {
    this.root.focus({ preventScroll: true }); // keys are the map's again
  }
}
