// The picture of a figure with its name and scale, as a file.

function savePicture(figure) {
  const { spec, dpr, base, marks, scale, owner: { look } } = figure;
  const pad = 12 * dpr, line = 20 * dpr;
  const width = Math.max(base.width, NARROWEST * dpr) + 2 * pad;
  const sheet = document.createElement("canvas");
  sheet.width = width;
  sheet.height = base.height + 2 * line + 2 * pad;
  const context = sheet.getContext("2d");
  context.fillStyle = look.background;
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.fillStyle = look.text;
  context.textBaseline = "middle";
  context.font = `600 ${13 * dpr}px ${look.font}`;
  context.fillText(`${spec.name}, step ${spec.step}`, pad, pad + line / 2 - 3 * dpr, width - 2 * pad);
  context.drawImage(base, pad, pad + line);
  context.drawImage(marks, pad, pad + line);
  if (spec.kind !== "bars") drawScale(context, figure, scale, [pad, pad + line + base.height], line);
  sheet.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${fileName(spec.name)}-step-${spec.step}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

function drawScale(context, { spec, dpr, owner: { look } }, scale, [x, y], line) {
  const long = 96 * dpr, middle = y + line / 2 + 3 * dpr;
  const [low, high] = scale.tile ? ["min", "max of each"] : scale.range.map((end) => numberText(end));
  context.font = `${11 * dpr}px ${look.mono}`;
  context.fillStyle = look.text;
  context.fillText(low, x, middle);
  const left = x + context.measureText(low).width + 6 * dpr;
  const ramp = context.createLinearGradient(left, 0, left + long, 0);
  stopsOf(spec.colours).forEach((stop, place, all) => ramp.addColorStop(place / (all.length - 1), stop));
  context.fillText(high, left + long + 6 * dpr, middle);
  context.fillStyle = ramp;
  context.fillRect(left, middle - 4 * dpr, long, 8 * dpr);
}

function fileName(name) {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "figure";
}
