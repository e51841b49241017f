// The row that is open at the right: its image, what the models think of it, and where it came from.

const KEPT_IMAGES = 24; // full-size images in memory, so that each travels once

class Panel {
  constructor(root) {
    this.root = root;
    this.images = new Map(); // id → <img>
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // `item` is known at once, the row that is `opened` (all about it) a moment later. Only a model that is `informed`,
  // which knows more than the majority label, may contradict anyone.
  draw(data, item) {
    const known = data.opened?.id === item?.id ? data.opened : null;
    this.drawFrame(data, item, known);
    for (const act of ["good", "bad"]) {
      const button = this.find(`[data-act="${act}"]`);
      button.setAttribute("aria-pressed", String(Boolean(item) && act === (item.label > 0 ? "good" : "bad")));
    }
    this.root.querySelectorAll(".acts button").forEach((button) => (button.disabled = !item || item.gone));
    this.find(".facts").classList.toggle("late", !known);
    this.find(".facts").classList.toggle("none", !item);
    if (known) this.drawFacts(data, known, item);
    if (!item) this.find(".download").removeAttribute("href");
  }

  drawFrame(data, item, row) {
    const frame = this.find(".frame");
    frame.className = `frame ${item ? verdictOf(item) : ""}`;
    const wanted = item ? `url("${thumbnailAddress(data, item.id)}")` : "";
    if (frame.style.backgroundImage !== wanted) frame.style.backgroundImage = wanted; // until the image is there
    const image = row ? this.image(data, row) : this.images.get(item?.id);
    const shown = frame.querySelector("img");
    const ready = image?.complete && image.naturalWidth;
    if (image && item) image.alt = aboutOf(item);
    if (ready && shown !== image) {
      if (shown) shown.replaceWith(image);
      else frame.prepend(image);
    } else if (!ready && shown) shown.remove();
    frame.dataset.problem = isMissing(image) ? missingReason(image) || "This image did not load." : "";
  }

  image(data, row) {
    let image = this.images.get(row.id);
    if (!image) {
      image = new Image();
      loadImage(image, imageAddress(data, row.id), () => this.onImage());
    }
    this.images.delete(row.id);
    this.images.set(row.id, image); // the last one used is the last one to go
    if (this.images.size > KEPT_IMAGES) this.images.delete(this.images.keys().next().value);
    return image;
  }

  drawFacts(data, row, item) {
    const { informed } = data;
    const { value, sd, heldOut, proposed, verdict } = row;
    const download = this.find(".download");
    if (isMissing(this.images.get(row.id))) download.removeAttribute("href");
    else download.href = imageAddress(data, row.id);
    download.download = `ipo-row-${digits(row.number)}.png`;
    const line = this.find(".verdict");
    line.textContent = { none: "", running: "Verifying …" }[verdict.state] ?? `${verdict.same ? "✓" : "✕"} ${verdict.says}`;
    line.className = `verdict ${verdict.state} ${verdict.same ? "same" : "other"}`;
    this.find('[data-act="verify"]').disabled ||= verdict.state === "running";
    fill(this.find(".values"), [
      ["Value now", valueText(value, sd), `Predicted by ${row.model}, which has seen this row`],
      ["Held out", valueText(heldOut), "Predicted by Ridge fitted without this row"],
      ["When proposed", valueText(proposed.value, proposed.sd), proposed.model ? `Predicted by ${proposed.model}` : "No model yet"],
    ].map(([name, text, title]) => {
      const cell = element("div", "", title);
      cell.append(element("label", name), element("span", text));
      return cell;
    }));
    const against = informed && heldOut !== null && heldOut * item.label < 0;
    const opinion = this.find(".opinion");
    opinion.classList.toggle("against", against);
    opinion.textContent = heldOut === null ? row.whyNotHeldOut : opinionText(item.label, against, informed);
    const facts = [
      ["Row", digits(row.number)],
      ...row.facts,
      ["Proposed", timeText(row.created)],
      ["Judged", timeText(row.judged)],
      ["History", row.history.map((entry) => `${timeText(entry.at)} ${actText(entry)}`).join("\n")],
    ];
    fill(this.find("dl"), facts.flatMap(([name, text, title]) => [element("dt", name), element("dd", text, title)]));
  }
}

function imageAddress({ address }, id) {
  return `${address}/candidates/${id}.png`;
}

function thumbnailAddress({ address }, id) {
  return `${address}/thumbnails/${id}.jpg`;
}

function opinionText(label, against, informed) {
  if (!informed) return "Ridge knows too little yet to doubt a label.";
  const other = label > 0 ? "Bad" : "Good";
  return against ? `Without this row, Ridge would say ${other}. A slip?` : "Without this row, Ridge agrees.";
}

function actText({ action, label }) {
  const name = label > 0 ? "Good" : "Bad";
  return {
    judge: `judged ${name}`,
    relabel: `changed to ${name}`,
    revert: `changed back to ${name}`,
    remove: "taken back",
    undo: "undone",
    redo: `done again: ${name}`,
  }[action] ?? action;
}

// What is known of a row, for whoever cannot see its image.
function aboutOf(item) {
  const value = item.mark === null || item.mark === undefined ? "" : `, value ${valueText(item.mark)}`;
  return `Row ${item.number}, judged ${item.label > 0 ? "Good" : "Bad"}${value}`;
}

function verdictOf({ label }) {
  return label > 0 ? "good" : "bad";
}

function valueText(value, sd) {
  if (value === null || value === undefined) return "–";
  const text = `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  return sd === null || sd === undefined ? text : `${text} ± ${sd.toFixed(2)}`;
}

function timeText(iso) {
  return new Date(iso).toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function digits(number) {
  return String(number).padStart(6, "0");
}

function element(name, text, title) {
  const made = document.createElement(name);
  made.textContent = text;
  if (title) made.title = title;
  return made;
}

function fill(place, children) {
  place.replaceChildren(...children);
}
