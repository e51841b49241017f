const STATE = "data-test-connection-state";
const RETRY_MS = 1000;
const watchers = new WeakMap();
let arrived = "";

export default function ({ data, parentElement, setTriggerValue }) {
  tellArrival(data.arrival);
  watchers.get(parentElement)?.disconnect();
  const app = document.querySelector(`[${STATE}]`);
  let lost = false;
  const watcher = new MutationObserver(() => {
    const connected = app.getAttribute(STATE) === "CONNECTED";
    if (connected && lost) setTriggerValue("back", Date.now());
    lost = !connected;
  });
  if (app) watcher.observe(app, { attributes: true, attributeFilter: [STATE] });
  watchers.set(parentElement, watcher);
  return () => watcher.disconnect();
}

// Once for each run of the page, again until the server has heard it or another run is there: it draws no panel before.
async function tellArrival(address) {
  if (address === arrived) return;
  arrived = address;
  await pause(0);
  while (address === arrived && !(await post(address))) await pause(RETRY_MS);
}

// Whether anybody answered.
async function post(address) {
  try {
    return (await fetch(address, { method: "POST" })).status < 500;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no connection
    return false;
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
