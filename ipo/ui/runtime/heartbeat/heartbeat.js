const timers = new WeakMap();
const STEP_MS = 50; // until the next try: with its full time to wait, one of two equal timers might never get a turn

export default function ({ data, parentElement, setTriggerValue }) {
  clearInterval(timers.get(parentElement));
  if (data.every !== null) {
    let ticked = performance.now();
    const tick = () => {
      if (performance.now() - ticked >= data.every && mayTick()) {
        ticked = performance.now();
        setTriggerValue("tick", Date.now());
      }
    };
    // An interval, not a timeout: data that did not change does not call this function again.
    timers.set(parentElement, setInterval(tick, Math.min(STEP_MS, data.every)));
  }
  return () => clearInterval(timers.get(parentElement));
}
