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

function mayTick() {
  const state = document.querySelector("[data-test-script-state]")?.dataset.testScriptState ?? "notRunning";
  const connection = document.querySelector("[data-test-connection-state]")?.dataset.testConnectionState ?? "CONNECTED";
  const now = performance.now();
  if (connection !== "CONNECTED") left = now; // and until the page has run again
  const free = state === "notRunning" && now - left > LEAVING_MS && now - (window.ipoTicked ?? -Infinity) > BEGINNING_MS;
  if (free) window.ipoTicked = now;
  return free;
}
