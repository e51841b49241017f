// A timer that asks for a rerun while the browser is on its way to another page has it run for the page before,
// and Streamlit empties the app under it. So timers keep still from a click that leads to another page until the
// run of that page has begun, while any run is under way, and while there is no server to run anything.
const LEADS_AWAY = '[data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"], [class*="_to_gallery"]';
const LEAVING_MS = 1000; // bounds the wait for the run to begin
let left = -Infinity;

document.addEventListener("click", (event) => event.target.closest?.(LEADS_AWAY) && leave(), true);
window.addEventListener("popstate", leave);

function leave() {
  left = performance.now();
}

// Two timers that tick at once would ask for two runs, and the second would cut the first short: what a timer
// asked for has begun when the next one may. All components of a page share the window.
const BEGINNING_MS = 200; // bounds the wait for that run to begin

// What a timer asks for carries the values of all widgets as the browser has them. If it is sent while the server
// gives a widget another value because of a click, the old value comes back as if somebody had chosen it. So timers
// keep still for a moment after a click or a key, until the run that it asked for shows.
const ACTED_MS = 300;
let acted = -Infinity;

for (const kind of ["pointerdown", "pointerup", "keydown", "change"])
  document.addEventListener(kind, () => (acted = performance.now()), true);

function mayTick() {
  const state = document.querySelector("[data-test-script-state]")?.dataset.testScriptState ?? "notRunning";
  const connection = document.querySelector("[data-test-connection-state]")?.dataset.testConnectionState ?? "CONNECTED";
  const now = performance.now();
  if (connection !== "CONNECTED") left = now; // and until the page has run again
  const still = now - left > LEAVING_MS && now - acted > ACTED_MS;
  const free = state === "notRunning" && still && now - (window.ipoTicked ?? -Infinity) > BEGINNING_MS;
  if (free) window.ipoTicked = now;
  return free;
}
