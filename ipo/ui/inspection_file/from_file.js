// What panels show of the file that they stand in; elsewhere `live.js` asks the server for it.

// `show(content, values)` is called with what there is at the step on view, whenever that is another.
function followPanel({ panel }, show) {
  return ipoFile.follow(panel, show);
}
