import { board, sheet, short, text } from "./board.js";
import { svg } from "./stage.js";

const SIDE = 360, LEFT = 44, TOP = 14, BESIDE = [480, TOP], BELOW = [LEFT, TOP + SIDE + 60], CURVE = { width: 250, height: 300 };

// Left, the surface from above with the path on it; right or below, the loss by the step.
function draw(shown, step, act) {
  const [w0, w1, b0, b1] = shown.window, [left, top] = act.isNarrow ? BELOW : BESIDE;
  const image = act.isNarrow ? sheet(LEFT + SIDE + 20, top + SIDE + 24, 0.75) : sheet(left + CURVE.width + 20, TOP + SIDE + 44, 0.75);
  const x = (w) => LEFT + SIDE * (w - w0) / (w1 - w0), y = (b) => TOP + SIDE * (b1 - b) / (b1 - b0);
  const plane = svg("svg", { x: LEFT, y: TOP, width: SIDE, height: SIDE, viewBox: `${LEFT} ${TOP} ${SIDE} ${SIDE}` });
  const area = svg("rect", { class: "bp-box", x: LEFT, y: TOP, width: SIDE, height: SIDE, "data-surface": "" });
  area.addEventListener("click", (event) => {
    const box = area.getBoundingClientRect();
    const near = (from, to, share) => Math.round(10 * (from + (to - from) * share)) / 10;
    act.ask({ w: near(w0, w1, (event.clientX - box.left) / box.width), b: near(b1, b0, (event.clientY - box.top) / box.height) });
    act.go(0);
  });
  plane.append(area);
  const line = (points, cls) => svg("path", { class: cls, d: `M${points.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}`, "pointer-events": "none" });
  for (const contour of shown.contours) plane.append(line(contour.map(([w, b]) => [x(w), y(b)]), "bp-axis bp-faint"));
  const been = shown.path.slice(0, step + 1), now = been.at(-1);
  // Far outside is drawn as just outside: browsers do not draw numbers of any size.
  const near = (value) => Math.max(-2000, Math.min(2000, value)), at = (p) => [near(x(p.w)), near(y(p.b))];
  plane.append(line(been.map(at), "bp-back"), ...been.map((p) => svg("circle", { class: "bp-back-tip", cx: at(p)[0], cy: at(p)[1], r: 2.5, "pointer-events": "none" })),
    svg("circle", { class: "bp-dot", cx: at(now)[0], cy: at(now)[1], r: 7, "data-w": now.w, "data-b": now.b, "pointer-events": "none" }));
  image.append(plane, text(LEFT + SIDE / 2, TOP + SIDE + 34, "w", { class: "bp-name" }), text(12, TOP + SIDE / 2, "b", { class: "bp-name" }));
  for (const w of [w0, (w0 + w1) / 2, w1]) image.append(text(x(w), TOP + SIDE + 18, short(w)));
  for (const b of [b0, (b0 + b1) / 2, b1]) image.append(text(LEFT - 6, y(b) + 4, short(b), { "text-anchor": "end" }));
  if (x(now.w) < LEFT || x(now.w) > LEFT + SIDE || y(now.b) < TOP || y(now.b) > TOP + SIDE) {
    image.append(text(LEFT + SIDE / 2, TOP + 24, "outside of this picture", { class: "bp-gradient bp-name" }));
  }
  curve(image, shown.path, step, left, top);
  return image;
}

// The loss on a logarithmic scale; a dot where we are.
function curve(image, path, step, left, top) {
  const { width, height } = CURVE, logs = path.map((p) => Math.log10(p.loss));
  const low = Math.floor(Math.min(...logs)), high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  const x = (i) => left + width * i / Math.max(1, path.length - 1), y = (log) => top + 20 + height * (high - log) / (high - low);
  image.append(text(left + width / 2, top + 8, "loss", { class: "bp-name" }), text(left + width / 2, top + SIDE, "step", { class: "bp-name" }),
    svg("path", { class: "bp-axis", d: `M${left} ${y(high)}V${y(low)}H${left + width}` }));
  const every = Math.ceil((high - low) / 6);
  for (let log = low; log <= high; log += every) image.append(text(left - 6, y(log) + 4, `1e${log}`.replace("-", "−"), { "text-anchor": "end" }));
  image.append(svg("path", { class: "bp-ahead-line", d: `M${logs.map((log, i) => `${x(i).toFixed(1)} ${y(log).toFixed(1)}`).join("L")}` }),
    svg("circle", { class: "bp-dot", cx: x(step), cy: y(logs[step]), r: 6, "data-loss": path[step].loss }),
    text(x(path.length - 1), y(low) + 18, String(path.length - 1)), text(left, y(low) + 18, "0"));
}

export default { render: board("Descent", draw) };
