const timers = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  clearInterval(timers.get(parentElement));
  if (data.every !== null) {
    // An interval, not a timeout: data that did not change does not call this function again.
    timers.set(parentElement, setInterval(() => mayTick() && setTriggerValue("tick", Date.now()), data.every));
  }
  return () => clearInterval(timers.get(parentElement));
}
