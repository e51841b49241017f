// What each key and each button of the map does; keys are listed under “?”.

const KEY_LINES = [
  ["0 … 9", "Label what is chosen with that class"],
  ["/", "Label by the beginning of a class name, then Enter"],
  ["Delete", "Take the label away"],
  ["U", "Unsure: never asked again, never taught"],
  ["N", "Next suggestion"],
  ["Z · Y", "Undo · redo, also Shift+Z"],
  ["← ↑ ↓ →", "Go to the nearest point there; with Shift add it"],
  ["A", "Choose all of this class that you see"],
  ["S", "Choose all in this cell of the map"],
  ["Esc", "Choose nothing"],
  ["P · L · B", "Drag to pan · lasso · box"],
  ["F", "Fit the map into view"],
  ["+ · −", "Zoom"],
  ["T", "Table instead of the map"],
  ["?", "These keys"],
];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// What a key does now; `map` is the latent map that it is for.
function actOfKey(map, name) {
  if (/^[0-9]$/.test(name)) return Number(name) < map.names.length ? () => map.label(Number(name)) : undefined;
  if (name in ARROWS) return (event) => map.move(...ARROWS[name], event.shiftKey);
  return {
    Delete: () => map.label("clear"),
    Backspace: () => map.label("clear"),
    u: () => map.label("unsure"),
    n: () => map.goToNext(),
    z: (event) => map.takeBack(event.shiftKey ? "redo" : "undo"),
    y: () => map.takeBack("redo"),
    a: () => map.chooseClass(),
    s: () => map.chooseCell(),
    p: () => map.drag("pan"),
    l: () => map.drag("lasso"),
    b: () => map.drag("rectangle"),
    f: () => map.view.fit(),
    "+": () => map.zoom(1.5),
    "=": () => map.zoom(1.5),
    "-": () => map.zoom(1 / 1.5),
    t: () => map.toggleTable(),
    "/": () => map.openSearch(),
    "?": () => map.toggleKeys(),
    Escape: () => map.escape(),
  }[name];
}

// What a button does that names a way to drag, or an act.
function actOfButton(map, { drag, do: name }) {
  if (drag) return () => map.drag(drag);
  return {
    fit: () => map.view.fit(),
    table: () => map.toggleTable(),
    keys: () => map.toggleKeys(),
    class: () => map.chooseClass(),
    cell: () => map.chooseCell(),
    next: () => map.goToNext(),
    undo: () => map.takeBack("undo"),
    redo: () => map.takeBack("redo"),
    retry: () => map.connection.send(true),
    noted: () => map.noteStorage(),
  }[name];
}

function keyTable() {
  const table = document.createElement("table");
  for (const [key, what] of KEY_LINES) {
    const line = table.insertRow();
    line.insertCell().append(Object.assign(document.createElement("kbd"), { textContent: key }));
    line.insertCell().textContent = what;
  }
  return table;
}
