// Which mails are listed, in which order: what a reader chooses from, and when a new order is ready.

const TYPING_MS = 250; // after the last letter of a search until it is asked for
const ORDER_NAMES = {
  uncertain: "Uncertain first",
  suggested: "To label next",
  newest: "Newest first",
  review: "Contradicted labels",
  mistakes: "Mistakes on test",
};
const FILTERS = {
  all: ["All", () => true],
  unlabelled: ["Unlabelled", (row, { letters }) => letters[row] === "-"],
  spam: ["Labelled spam", (row, { letters }) => letters[row] === "s"],
  safe: ["Labelled safe", (row, { letters }) => letters[row] === "h"],
  unsure: ["Unsure", (row, { letters }) => letters[row] === "u"],
  disagree: ["Text and clues disagree", (row, { scores }) => Boolean(scores?.disagree[row])],
  corrected: ["Corrected by a reader", (row, { letters, given }) => given[row] !== "-" && letters[row] !== given[row]],
};
const EMPTY = { suggested: "All mails have a label, or one like them has: there is nothing to suggest.", review: "The filter contradicts no label with confidence.", mistakes: "No mistake on the test part." };
const MISSING = { uncertain: "needs a filter", review: "needs a filter", mistakes: "needs a filter", suggested: "not ready yet", newest: "not ready yet" };
const GIVEN = { 0: "h", 1: "s" };

class Chooser {
  // `choose(change)` gets what was chosen: `{order}`, `{filter}` or `{words}`.
  constructor(root, choose) {
    Object.assign(this, { root, choose });
    const [order, filter, words] = [".order", ".filter", ".words"].map((selector) => root.querySelector(selector));
    order.replaceChildren(...Object.entries(ORDER_NAMES).map(([key, name]) => new Option(name, key)));
    order.onchange = () => choose({ order: order.value });
    filter.replaceChildren(...Object.entries(FILTERS).map(([key, [name]]) => new Option(name, key)));
    filter.onchange = () => choose({ filter: filter.value });
    words.oninput = () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => choose({ words: words.value.trim() }), TYPING_MS);
    };
    words.onkeydown = ({ key }) => {
      if (key === "Escape") this.endSearch();
      else if (key === "Enter") words.blur();
    };
  }

  close() {
    clearTimeout(this.typing);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  showWords(words) {
    this.find(".words").value = words;
  }

  endSearch() {
    this.close();
    this.find(".words").blur();
    this.choose({ words: "" });
  }

  // `mailbox` is the mailbox as it is now.
  draw({ view, choice, orderName, shownOrder, orderVersion, isOffered, rows }) {
    const known = view?.orders ?? {};
    for (const option of this.find(".order").options) {
      option.disabled = !known[option.value] && option.value !== shownOrder;
      option.textContent = ORDER_NAMES[option.value] + (option.disabled ? ` (${MISSING[option.value]})` : "");
    }
    this.find(".order").value = shownOrder ?? orderName;
    this.find(".filter").value = choice.filter;
    const isNew = Boolean(known[shownOrder] && known[shownOrder] !== orderVersion);
    const offer = isOffered ? `“${ORDER_NAMES[orderName]}” is ready.` : isNew ? "A new order is ready." : "";
    const isRanking = !view?.suggested && !known.uncertain;
    const hints = { suggested: view?.suggested?.why, review: "the same label once more keeps it" };
    const why = hints[shownOrder] ?? (isRanking ? "what to label next is being worked out …" : "");
    const what = this.find(".what");
    what.textContent = what.title = offer || [counted(rows.length, "mail"), why].filter(Boolean).join(" · ");
    const renew = this.find("[data-do=renew]");
    renew.textContent = offer ? "Show it" : "Refresh";
    renew.classList.toggle("new", Boolean(offer));
  }
}
