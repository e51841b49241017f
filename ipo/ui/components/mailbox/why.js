// Why the mail at hand was decided as it was: both heads, the gate, clues and phrases.

const WITHOUT_MODEL = "No filter is trained yet. Label some spam and some safe mails, then train, and here stands what it says of each mail and why.";

class Why {
  constructor(root) {
    this.root = root.querySelector(".why");
  }

  // `opinion` is null while it is asked for; `hasRun`: whether there is a filter to ask.
  draw({ id, opinion, hasRun, isScoring, problem }) {
    const key = `${id} ${opinion?.run} ${hasRun} ${isScoring} ${problem}`;
    if (key === this.drawn) return;
    this.drawn = key;
    if (opinion) this.root.replaceChildren(...this.opinion(opinion));
    else this.root.replaceChildren(make("p", "quiet", hasRun ? problem || "Asking the filter …" : isScoring ? "The filter reads the mails …" : WITHOUT_MODEL));
  }

  opinion(one) {
    const [low, high] = one.band.map((p) => Math.round(100 * p));
    const gate = one.consulted ? `The text is between ${low} and ${high} %: the clues were asked.` : `The text is not between ${low} and ${high} %: the clues were not asked.`;
    return [
      make("p", `sentence ${one.spam ? "spam" : "safe"}`, one.sentence),
      make("h4", "", "Spam, says …"),
      this.head("the text", one.p_text, one.threshold),
      this.head(one.consulted ? "the clues" : "the clues, not asked", one.p_numeric, 0.5, !one.consulted),
      this.head("together", one.probability, one.threshold),
      make("p", "quiet", gate, one.heads_disagree ? " Text and clues disagree (≠)." : ""),
      make("h4", "", "Clues"),
      ...this.effects(one.clues.map((clue) => ({ name: clue.title, value: String(Number(clue.value.toPrecision(2))), effect: clue.contribution, title: clue.explanation, isFaint: !clue.present }))),
      make("h4", "", "Phrases that carry the decision"),
      ...this.effects(one.phrases.map(({ text, effect }) => ({ name: text, value: "", effect, title: text }))),
      make("p", "quiet", one.phrases.length ? "+ for spam, − for safe. What the text's logit loses without the phrase; marked in the mail." : "None: the text has no words to go by."),
    ];
  }

  head(name, p, threshold, isFaint = false) {
    const track = make("i", "track");
    track.style.setProperty("--part", p);
    track.style.setProperty("--threshold", threshold);
    track.title = `Spam from ${percent(threshold)} on`;
    return make("div", `head ${p >= threshold ? "spam" : "safe"}${isFaint ? " faint" : ""}`, make("span", "", name), track, make("b", "", percent(p)));
  }

  // Bars to the left speak for safe, to the right for spam; all of a list have one scale.
  effects(lines) {
    const most = Math.max(0.01, ...lines.map(({ effect }) => Math.abs(effect)));
    return lines.map(({ name, value, effect, title, isFaint }) => {
      const bar = make("i", "effect");
      bar.style.setProperty("--part", effect / most);
      const line = make("div", `effects ${effect > 0 ? "spam" : "safe"}${isFaint ? " faint" : ""}`, make("span", "name", name), make("span", "value", value), bar, make("b", "", signed(effect)));
      line.title = title;
      return line;
    });
  }
}
