// What a reload of the tab is to find again. A browser may forbid to keep anything, or have no room for it: then it
// is kept in memory, which all components of the page share, and the user is told once what a reload would lose.

const memory = (window.ipoMemory ??= { lists: new Map(), problem: "", noted: false });

// The list kept at a place; empty if there is none, or if another program wrote there.
function loadList(place) {
  if (memory.lists.has(place)) return memory.lists.get(place);
  const list = parseList(inStorage("read", (storage) => storage.getItem(place)));
  memory.lists.set(place, list);
  return list;
}

function saveList(place, list) {
  memory.lists.set(place, list);
  inStorage("write", (storage) => storage.setItem(place, JSON.stringify(list)));
}

// What the user should know; empty while all is kept, and once they have noted it.
function storageProblem() {
  return memory.noted ? "" : memory.problem;
}

function noteStorageProblem() {
  memory.noted = true;
}

function inStorage(what, use) {
  try {
    const storage = window.sessionStorage; // may raise, and some browsers have none
    if (!storage) throw new DOMException("there is no sessionStorage", "NotSupportedError");
    return use(storage);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    memory.problem = `The browser cannot keep anything for a reload of this page (${error.name}). A reload loses judgements that are not saved yet, and then batches are undone image by image.`;
    return null;
  }
}

function parseList(text) {
  try {
    const list = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
