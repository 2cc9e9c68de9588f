import { board, sheet, short, text } from "./board.js";
import { svg, written } from "./stage.js";

const PITCH = 112, FIRST = 60, ROW = 90;
const middle = (i) => FIRST + i * PITCH;

// Values above the line and solid, what comes back below it and dashed, with its factor.
function draw(shown, step) {
  const n = shown.gradients.length, image = sheet(middle(n + 1) + 60, 200, 0.75);
  const taken = shown.steps.slice(0, step + 1), now = taken.at(-1);
  const been = (kind, place) => taken.some((s) => s.kind === kind && s.place === place);
  const names = ["x", ...shown.factors.map((_, i) => `h${i + 1}`), "L"], values = [...shown.h, shown.loss];
  names.forEach((name, i) => {
    const x = middle(i), isNow = now.place === i;
    if (i) image.append(svg("path", { class: "bp-wire", d: `M${x - PITCH + 30} ${ROW}H${x - 30}` }), svg("path", { class: "bp-tip", d: `M${x - 30} ${ROW}l-8 -4v8z` }));
    const group = svg("g", { class: isNow ? `bp-now bp-${now.kind}` : "" },
      svg("rect", { class: "bp-box", x: x - 30, y: ROW - 28, width: 60, height: 56, rx: i && i <= n ? 28 : 6 }),
      text(x, ROW - 6, name, { class: "bp-name" }));
    if (been("forward", i)) group.append(text(x, ROW + 14, short(values[i]), { class: "bp-value", "data-value": written(values[i]) }));
    image.append(group);
    if (i >= 1 && i <= n && been("backward", i)) {
      image.append(text(x, ROW - 58, `∂L/∂w${i}`, { class: "bp-gradient" }),
        text(x, ROW - 40, short(shown.gradients[i - 1]), { class: "bp-gradient bp-name", "data-gradient": written(shown.gradients[i - 1]) }));
    }
    if (i >= 1 && been("backward", i)) back(image, i, n, shown);
  });
  return image;
}

// The dashed line from place i to the one before it, with the number that it multiplies by.
function back(image, i, n, shown) {
  const from = middle(i), to = middle(i - 1), y = ROW + 52;
  image.append(svg("path", { class: "bp-back", d: `M${from} ${ROW + 30}V${y}H${to + 8}V${ROW + 36}` }),
    svg("path", { class: "bp-back-tip", d: `M${to + 8} ${ROW + 29}l-4.5 8h9z` }),
    text((from + to) / 2, y + 18, i > n ? short(shown.upstream[n - 1]) : `× ${short(shown.factors[i - 1])}`, { class: "bp-gradient" }),
    text((from + to) / 2, y + 36, i > n ? "2(h − y)" : `w${i}σ′(z${i})`, {}));
}

export default { render: board("Chain of neurons", draw) };
