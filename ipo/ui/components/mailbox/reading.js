// The mail at hand, as text: nothing in it is run, loaded or followed.

class Reading {
  constructor(root) {
    this.root = root.querySelector(".mail");
    this.shown = null;
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // `mail` and `opinion` are null while they are asked for.
  draw({ id, mail, opinion, letter, given }) {
    this.root.hidden = !id;
    if (!id) return;
    const isOther = this.shown !== id;
    const key = `${id} ${Boolean(mail)} ${opinion?.run}`;
    this.find(".about").replaceChildren(chip(letter), ` ${this.about(mail, letter, given)}`);
    if (this.drawn === key) return;
    this.drawn = key;
    this.shown = id;
    this.find(".title").replaceChildren(...marked(mail ? mail.title || "(no title)" : "…", opinion?.title_marks ?? []));
    this.find(".body").replaceChildren(...(mail ? marked(mail.body, opinion?.body_marks ?? []) : []));
    if (mail && !mail.body) this.find(".body").append(make("em", "", "This mail has no text."));
    if (mail && mail.characters > mail.body.length) this.find(".body").append(make("p", "cut", `… ${(mail.characters - mail.body.length).toLocaleString("en")} more characters`));
    if (isOther) this.find(".body").scrollTop = 0;
  }

  about(mail, letter, given) {
    if (!mail) return "";
    const label = letter === "-" ? "no label" : letter === given ? "as the data says" : given === "-" ? "by a reader" : `by a reader; the data says ${NAMES[given]}`;
    return [label, dayOf(mail.date), mail.source].filter(Boolean).join(" · ");
  }
}

// Text with phrases that carry the decision: a sign, an underline and a colour each.
function marked(text, marks) {
  const parts = [];
  let at = 0;
  // Places are counted in Unicode characters there, in UTF-16 here.
  const characters = marks.length && /[\ud800-\udfff]/.test(text) ? Array.from(text) : null;
  const cut = (start, end) => (characters ? characters.slice(start, end).join("") : text.slice(start, end));
  for (const { start, end, effect } of marks) {
    const side = effect > 0 ? "spam" : "safe";
    const mark = make("mark", side, cut(start, end));
    mark.dataset.sign = effect > 0 ? "+" : "−";
    mark.title = `${signed(effect)} to the text: speaks for ${side}`;
    parts.push(cut(at, start), mark);
    at = end;
  }
  parts.push(cut(at));
  return parts;
}
