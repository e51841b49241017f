// Loading images. One that does not come is asked for some more times; then it is missing until somebody asks again.
// Why it is, the server may know.

const AGAIN_MS = [250, 1000]; // until the next try
const loads = new WeakMap(); // <img> → {address, changed, missing}

// Have an <img> show what is at an address; `changed` is called when it is there, and when it is missing.
function loadImage(image, address, changed) {
  const load = { address, changed, missing: false, reason: "" };
  loads.set(image, load);
  let tries = 0;
  const isCurrent = () => loads.get(image) === load;
  image.onload = () => isCurrent() && changed();
  image.onerror = () => {
    if (!isCurrent()) return;
    if (tries < AGAIN_MS.length) setTimeout(() => isCurrent() && (image.src = address), AGAIN_MS[tries++]);
    else {
      load.missing = true;
      changed();
      explain(load);
    }
  };
  image.src = address;
}

async function explain(load) {
  try {
    const answer = await fetch(load.address);
    if (answer.status !== 404) return;
    load.reason = await answer.text();
    load.changed();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no answer
  }
}

function unloadImage(image) {
  loads.delete(image);
  image.removeAttribute("src");
}

function isMissing(image) {
  return Boolean(image && loads.get(image)?.missing);
}

// Why an image is missing, where the server said so.
function missingReason(image) {
  return (isMissing(image) && loads.get(image).reason) || "";
}

// Ask again for those of some images that are missing.
function reloadMissing(images) {
  for (const image of images) {
    if (!isMissing(image)) continue;
    const { address, changed } = loads.get(image);
    loadImage(image, address, changed);
  }
}

function missingText(count) {
  if (!count) return "";
  return count === 1 ? "One image did not load." : `${count} images did not load.`;
}
