// Numbers as people read them.

function numberText(value, digits = 3) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : "−∞";
  const size = Math.abs(value);
  let text;
  if (size === 0) text = "0";
  else if (size < 1e-3 || size >= 1e5) text = value.toExponential(digits - 1).replace("e+", "e");
  else if (Number.isInteger(value) || size >= 10 ** digits) text = value.toFixed(0);
  else text = value.toPrecision(digits);
  return text.replaceAll("-", "−");
}

function rangeText([low, high], digits = 3) {
  return `${numberText(low, digits)} … ${numberText(high, digits)}`;
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

// The lowest and highest finite value of a stretch of values; null if there is none.
function spanOf(values, unit, from, to, stride = 1) {
  let low = Infinity, high = -Infinity;
  for (let at = from; at < to; at += stride) {
    const value = values[at];
    if (value < low && value !== -Infinity) low = value; // false for NaN
    if (value > high && value !== Infinity) high = value;
  }
  return low === Infinity ? null : [low * unit, high * unit];
}
