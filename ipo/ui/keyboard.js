// Whether a key belongs to what has the focus. Whoever walks the page by Tab keeps a widget's own keys; after a
// click on one, keys are the component's, except while text is typed, a list is open or a slider was touched.
function keyIsElsewhere(target, root, tabbed) {
  const closedList = target.getAttribute("role") === "combobox" && target.getAttribute("aria-expanded") !== "true";
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return true;
  if (target.tagName === "INPUT" && !(closedList && !tabbed)) return true;
  const elsewhere = target !== document.body && !root.contains(target);
  return elsewhere && (tabbed || target.getAttribute("role") === "slider");
}
