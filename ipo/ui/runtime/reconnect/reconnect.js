const STATE = "data-test-connection-state";
const watchers = new WeakMap();

export default function ({ parentElement, setTriggerValue }) {
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
