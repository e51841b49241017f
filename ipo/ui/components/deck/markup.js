// The places of the deck in each mode, and the texts about an image.

const ASIDE_HTML = `
  <div class="heading"><h4>The last ten</h4>
    <span><button type="button" class="undo"><kbd>⌫</kbd> Undo</button>
      <button type="button" class="redo"><kbd>⇧⌫</kbd> Redo</button></span></div>
  <div class="recent">${Array.from({ length: 10 }, (_, place) =>
    `<button type="button" data-place="${place}" class="none" disabled></button>`).join("")}</div>
  <p class="hint">Click an image to change its label, or a pair or a skip to judge it again.</p>
  <div class="heading"><h4>Up next</h4></div>
  <div class="next" aria-hidden="true">${"<span></span>".repeat(6)}</div>
  <p class="hint pace"></p>
  <div class="news"><span class="unseen" role="status"></span><span class="message" role="status"></span>
    <button type="button" class="retry" title="Try again (Enter)" hidden><kbd>↵</kbd> Retry</button>
    <button type="button" class="noted" hidden>Noted</button></div>`;

const QUEUE_HTML = `
  <div class="queue">
    <div class="tile">
      <div class="frame" data-candidate=""></div>
      <div class="keys">
        <button type="button" data-act="bad"><kbd>←</kbd> Bad</button>
        <button type="button" data-act="skip"><kbd>↓</kbd> Skip</button>
        <button type="button" data-act="good">Good <kbd>→</kbd></button>
      </div>
    </div>
    <aside>
      <div class="opinion"><label>Predicted value</label><span class="value"></span><span class="how"></span></div>
      ${ASIDE_HTML}
    </aside>
  </div>`;

const PAIR_TILE_HTML = `
    <div class="tile">
      <div class="frame" data-candidate=""></div>
      <div class="caption"><div class="opinion" title="Predicted value">
        <span class="value"></span><span class="how"></span></div></div>
    </div>`;

const PAIR_HTML = `
  <div class="pair">
    <div class="tiles">${PAIR_TILE_HTML.repeat(2)}</div>
    <div class="keys">
      <button type="button" data-act="left"><kbd>←</kbd> Prefer this</button>
      <button type="button" data-act="neither" title="Skip both (↓)"><kbd>↓</kbd> Neither</button>
      <button type="button" data-act="right">Prefer this <kbd>→</kbd></button>
    </div>
    <aside>${ASIDE_HTML}</aside>
  </div>`;

// A button below a tile; a small tile has room for its sign only.
function tileButton(act, word, sign, title) {
  return `<button type="button" data-act="${act}" title="${title}" aria-label="${word}">
    <span class="word">${word}</span><span class="sign">${sign}</span></button>`;
}

function batchHtml(tiles) {
  const tile = (place) => `
    <div class="tile">
      <div class="frame" data-candidate=""><kbd class="place">${place + 1}</kbd>
        <span class="opinion"><span class="value"></span></span></div>
      <div class="keys">
        ${tileButton("bad", "Bad", "✕", "Bad (←)")}
        ${tileButton("skip", "Skip", "↓", "Another image instead (↓)")}
        ${tileButton("best", "Best", "★", "This one is Good, all others are Bad (B)")}
        ${tileButton("good", "Good", "✓", "Good (→)")}
      </div>
    </div>`;
  return `
    <div class="batch">
      <div class="tiles" style="--columns: ${Math.ceil(Math.sqrt(tiles))}">
        ${Array.from({ length: tiles }, (_, place) => tile(place)).join("")}</div>
      <aside>
        <button type="button" class="new" title="Skip all of these (N)"><kbd>N</kbd> New batch</button>
        ${ASIDE_HTML}
        <p class="hint"><kbd>1</kbd>–<kbd>${tiles}</kbd> choose a tile, <kbd>→</kbd> good, <kbd>←</kbd> bad,
          <kbd>↓</kbd> skip, <kbd>B</kbd> best of these.</p>
      </aside>
    </div>`;
}

function titleOf(entry) {
  if (entry.other) return "Preferred to another. Click to judge both again";
  return `${NAMES[entry.label]}. Click to ${entry.label ? "change it" : "judge it again"}`;
}

// What is known of an image on screen, for whoever cannot see it.
function altOf(item, place, mode) {
  const name = { queue: "Image to judge", pair: ["Left image", "Right image"][place] }[mode] ?? `Image ${place + 1}`;
  return item.value === null ? `${name}, ${howText(item)}` : `${name}, predicted value ${valueText(item)}, by ${howText(item)}`;
}

// An image that was just taken back has no value yet: the last ten come without.
function valueText({ value = null, sd = null }) {
  if (value === null) return "–";
  const signed = `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  return sd === null ? signed : `${signed} ± ${sd.toFixed(2)}`;
}

// What value, proposer and angle are, in the words of the glossary.
function opinionTitle(item, terms) {
  const parts = [`Predicted value · ${howText(item)}`, terms.value, `${item.proposer}: ${terms[item.proposer]}`];
  return [...parts, ...(item.theta ? [`θ: ${terms.θ}`] : [])].join("\n");
}

function howText({ value, proposer, theta }) {
  const how = theta ? `${proposer} θ ${theta.toFixed(1)}` : proposer;
  return value === null ? `${how} · no model yet` : how;
}
