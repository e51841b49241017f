// The colours and fonts of the page, for what is drawn on a canvas or by another library.

function lookOf(root) {
  const style = getComputedStyle(root);
  const variable = (name) => style.getPropertyValue(name).trim();
  return {
    text: variable("--st-text-color"),
    faint: variable("--st-gray-color"),
    border: variable("--st-border-color"),
    gridline: variable("--st-border-color-light") || variable("--st-border-color"),
    background: variable("--st-background-color"),
    font: variable("--st-font"),
    mono: variable("--st-code-font"),
    follow: variable("--follow"), // of tensors
  };
}
