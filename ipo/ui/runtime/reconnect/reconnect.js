const STATE = "data-test-connection-state";
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

// Once for each run of the page. The server waits for it a while only, so that nothing hangs on the answer.
function tellArrival(address) {
  if (address === arrived) return;
  arrived = address;
  setTimeout(() => fetch(address, { method: "POST" }).catch(() => {}));
}
