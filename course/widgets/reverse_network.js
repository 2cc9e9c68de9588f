import { board, sheet, short, text } from "./board.js";
import { svg, written } from "./stage.js";

const PITCH = 220, LEFT = 70, ROW = 70;

// Above, the network from left to right; below it the same units from right to left.
function draw(shown, step) {
  const sizes = shown.values.map((layer) => layer.length), most = Math.max(...sizes);
  const half = most * ROW + 46, image = sheet(LEFT * 2 + PITCH * (sizes.length - 1) + 40, 2 * half + 10, 0.7);
  const taken = shown.steps.slice(0, step + 1), now = taken.at(-1);
  const x = (layer) => LEFT + layer * PITCH, y = (layer, unit, top) => top + 44 + (unit + (most - sizes[layer]) / 2 + 0.5) * ROW;
  const been = (kind, layer, unit) => taken.some((s) => s.kind === kind && s.layer === layer && (s.unit === null || s.unit === unit));
  image.append(text(8, 16, "forward →", { class: "bp-value bp-name", "text-anchor": "start" }),
    text(8, half + 20, "← reversed", { class: "bp-gradient bp-name", "text-anchor": "start" }));
  shown.weights.forEach((W, k) => W.forEach((row, i) => row.forEach((w, j) => {
    wire(image, x(k) + 30, y(k, i, 0), x(k + 1) - 30, y(k + 1, j, 0), now.kind === "forward" && now.layer === k + 1, w, "forward", j);
    if (k) wire(image, x(k) + 42, y(k, i, half), x(k + 1) - (shown.gains[k] ? 76 : 36), y(k + 1, j, half), now.kind === "backward" && now.layer === k && now.unit === i, w, "backward", j);
  })));
  shown.values.forEach((layer, k) => layer.forEach((a, i) => {
    const isNow = now.kind === "forward" && now.layer === k, group = svg("g", { class: isNow ? "bp-now bp-forward" : "" });
    group.append(svg("rect", { class: "bp-box", x: x(k) - 30, y: y(k, i, 0) - 22, width: 60, height: 44, rx: k ? 22 : 6 }),
      text(x(k), y(k, i, 0) - 4, k ? `a${k}` : `x${i + 1}`, { class: "bp-name" }));
    if (been("forward", k, i)) group.append(text(x(k), y(k, i, 0) + 14, short(a), { class: "bp-value", "data-value": written(a) }));
    image.append(group);
  }));
  shown.deltas.forEach((layer, k) => layer.forEach((delta, i) =>
    image.append(amplifier(x(k + 1), y(k + 1, i, half), delta, shown.gains[k]?.[i], now.kind === "backward" && now.layer === k + 1 && (now.unit ?? i) === i, been("backward", k + 1, i)))));
  return image;
}

// A triangle that points back, with its gain; the last layer has none.
function amplifier(x, y, delta, gain, isNow, isPast) {
  const group = svg("g", { class: isNow ? "bp-now bp-backward" : "" });
  const d = gain === undefined ? `M${x - 36} ${y - 22}h72v44h-72z` : `M${x - 76} ${y}L${x + 42} ${y - 34}V${y + 34}Z`;
  group.append(svg("path", { class: "bp-box", d }), text(x + 6, y - 3, gain === undefined ? "δ" : `× ${short(gain)}`, { class: "bp-name" }));
  if (isPast) group.append(text(x + 6, y + 13, short(delta), { class: "bp-gradient", "data-delta": written(delta) }));
  return group;
}

function wire(image, x0, y0, x1, y1, isNow, weight, kind, place) {
  image.append(svg("g", { class: isNow ? `bp-now bp-${kind}` : "" }, svg("path", { class: isNow ? "bp-wire" : "bp-wire bp-faint", d: `M${x0} ${y0}L${x1} ${y1}` })));
  // Weights of the step only, one nearer and one farther along their lines, so that none is covered.
  const t = 0.32 + 0.14 * (place % 3);
  if (isNow) image.append(text(x0 + t * (x1 - x0), y0 + t * (y1 - y0) - 4, `× ${short(weight)}`, { class: "bp-local" }));
}

export default { render: board("Reversed network", draw) };
