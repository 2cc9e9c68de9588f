import { board, sheet, short, text } from "./board.js";
import { svg } from "./stage.js";

const SIDE = 360, LEFT = 20, TOP = 14, WIDTH = 280, BESIDE = [450, TOP], BELOW = [60, TOP + SIDE + 24];

// Left, the region, the units' lines and the points; right or below, the loss and a bar a layer.
function draw(shown, step, act) {
  const { reach, frames } = shown, frame = frames[step], [left, top] = act.isNarrow ? BELOW : BESIDE;
  const image = act.isNarrow ? sheet(LEFT + SIDE + 20, top + SIDE, 0.75) : sheet(left + WIDTH + 20, TOP + SIDE + 14, 0.75);
  const x = (v) => LEFT + SIDE * (v + reach) / (2 * reach), y = (v) => TOP + SIDE * (reach - v) / (2 * reach);
  const plane = svg("svg", { x: LEFT, y: TOP, width: SIDE, height: SIDE, viewBox: `${LEFT} ${TOP} ${SIDE} ${SIDE}` });
  const d = frame.region.map((curve) => `M${curve.map(([a, b]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("L")}Z`).join("");
  plane.append(svg("rect", { class: "bp-box", x: LEFT, y: TOP, width: SIDE, height: SIDE }),
    svg("path", { class: "bp-region", "fill-rule": "evenodd", d }));
  for (const [a, b, c] of frame.lines) {
    // The line ax + by + c = 0, long enough in both directions.
    const n = a * a + b * b || 1, px = -a * c / n, py = -b * c / n, t = 4 * reach / Math.sqrt(n);
    if (Math.hypot(px, py) < 3 * reach) plane.append(svg("path", { class: "bp-unit-line", d: `M${x(px - b * t)} ${y(py + a * t)}L${x(px + b * t)} ${y(py - a * t)}` }));
  }
  shown.points.forEach(([a, b], i) => plane.append(shown.inside[i]
    ? svg("circle", { class: "bp-in", cx: x(a), cy: y(b), r: 3.5 })
    : svg("path", { class: "bp-out", d: `M${x(a) - 3} ${y(b) - 3}l6 6m0 -6l-6 6` })));
  image.append(plane);
  curve(image, frames, step, left, top);
  bars(image, frames, step, left, top);
  return image;
}

function curve(image, frames, step, left, head) {
  const width = WIDTH, top = head + 26, height = 130, most = Math.max(...frames.map((f) => f.loss));
  const x = (i) => left + width * i / (frames.length - 1), y = (loss) => top + height * (1 - loss / most);
  image.append(text(left + width / 2, head + 12, "loss", { class: "bp-name" }),
    svg("path", { class: "bp-axis", d: `M${left} ${top}V${top + height}H${left + width}` }),
    text(left - 6, top + 6, short(most), { "text-anchor": "end" }), text(left - 6, top + height + 4, "0", { "text-anchor": "end" }),
    svg("path", { class: "bp-ahead-line", d: `M${frames.map((f, i) => `${x(i).toFixed(1)} ${y(f.loss).toFixed(1)}`).join("L")}` }),
    svg("circle", { class: "bp-dot", cx: x(step), cy: y(frames[step].loss), r: 6, "data-loss": frames[step].loss, "data-right": frames[step].right }));
}

// The gradient of each layer, against the largest of the whole training.
function bars(image, frames, step, left, top) {
  const width = WIDTH, most = Math.max(...frames.flatMap((f) => f.gradients)) || 1;
  image.append(text(left + width / 2, top + 200, "norm of the gradient", { class: "bp-name" }));
  frames[step].gradients.forEach((norm, k) => {
    const y = top + 216 + k * 44;
    image.append(text(left, y + 12, `layer ${k + 1}: ${short(norm)}`, { "text-anchor": "start", class: "bp-gradient", "data-norm": norm }),
      svg("rect", { class: "bp-cell", x: left, y: y + 18, width, height: 12 }),
      svg("rect", { class: "bp-bar", x: left, y: y + 18, width: width * norm / most, height: 12 }));
  });
  image.append(svg("circle", { class: "bp-in", cx: left + 6, cy: top + 330, r: 4 }), text(left + 16, top + 334, "inside", { "text-anchor": "start" }),
    svg("path", { class: "bp-out", d: `M${left + 76} ${top + 326}l8 8m0 -8l-8 8` }), text(left + 92, top + 334, "outside", { "text-anchor": "start" }),
    svg("path", { class: "bp-unit-line", d: `M${left + 158} ${top + 330}h26` }), text(left + 192, top + 334, "hidden unit", { "text-anchor": "start" }));
}

export default { render: board("Decision regions", draw) };
