// When the next image comes, where making one takes long enough to say so.

// What the server says of it, and when that was; `null` where images come at once.
function paceNow(view) {
  return view.making && { ...view.making, due: performance.now() + 1000 * (view.left ?? 0), working: view.left !== null };
}

function secondsLeft(pace) {
  return pace?.working ? Math.max(1, Math.ceil((pace.due - performance.now()) / 1000)) : 0;
}

// On a frame whose image is not there. `message`: how far it is, if that is known.
function waitText(pace, message) {
  const left = secondsLeft(pace);
  return [message || "decoding …", left && `about ${left} s`].filter(Boolean).join(message ? " · " : " ");
}

// Below the images that wait.
function paceText(pace) {
  if (!pace) return "";
  const left = secondsLeft(pace);
  const step = pace.message ? ` (${pace.message})` : "";
  const next = left ? `The next one in about ${left} s${step}. ` : "";
  const many = pace.ahead === 1 ? "one is" : `${pace.ahead} are`;
  return `${next}An image takes ${pace.seconds.toFixed(1)} s; ${many} made ahead.`;
}
