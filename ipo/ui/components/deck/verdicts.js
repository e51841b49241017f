// How the deck calls what was judged.

const NAMES = { [GOOD]: "good", [SKIPPED]: "skip", [BAD]: "bad" };

function verdictOf({ label, other }) {
  return other ? "preferred" : NAMES[label];
}
