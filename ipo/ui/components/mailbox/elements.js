// Small pieces of the page. Text of mails is set as text, never as HTML.

const NAMES = { s: "spam", h: "safe", u: "unsure", "-": "no label" };
const LETTERS = { spam: "s", safe: "h", unsure: "u", clear: "-" };

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// The whole text as a title: there may be no room for all of it.
function withTitle(element) {
  element.title = element.textContent;
  return element;
}

// What a mail is labelled, in a word and a colour.
function chip(letter) {
  return make("span", `chip ${letter === "-" ? "none" : NAMES[letter]}`, letter === "-" ? "–" : NAMES[letter]);
}

// Nothing is certain: never 0 % or 100 %.
function percent(p) {
  const whole = Math.min(99, Math.max(1, Math.round(100 * p)));
  return `${p < 0.01 ? "<\u2009" : p > 0.99 ? ">\u2009" : ""}${whole}\u00a0%`;
}

function signed(number, digits = 2) {
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(digits)}`;
}

function dayOf(seconds) {
  return seconds < 0 || seconds === null ? "" : new Date(1000 * seconds).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
