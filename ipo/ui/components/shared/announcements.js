// What a screen reader says once acts are saved: "Good. 41 rows." Of undo and redo, the message on the page says it.

const SPOKEN = {
  judge: ({ label }) => (label > 0 ? "Good" : "Bad"),
  relabel: ({ label }) => (label > 0 ? "Now Good" : "Now Bad"),
  skip: () => "Skipped",
  prefer: ({ label }) => (label < 0 ? "Left preferred" : "Right preferred"),
};

// Acts that an answer acknowledges, in words with what there is by now; empty where there is nothing to say.
function spokenOf(applied, { judged, pairs }) {
  const counts = new Map();
  for (const act of applied) {
    const word = SPOKEN[act.kind]?.(act);
    if (word) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  if (!counts.size) return "";
  const words = [...counts].map(([word, count]) => (count === 1 ? word : `${count} × ${word}`));
  const there = [counted(judged - pairs, "row"), ...(pairs ? [counted(pairs, "pair")] : [])];
  return `${words.join(", ")}. ${there.join(", ")}.`;
}

function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
