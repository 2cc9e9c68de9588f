import { board, sheet, text } from "./board.js";
import { svg, written } from "./stage.js";

const LEFT = 92, PITCH = 46, TOP = 20, BAR = 180, BELOW = 76, LEGEND = 330;

// Above, a bar for each layer's gradient on a logarithmic scale; below, its units as a histogram.
function draw(shown, step, act) {
  const { layers } = shown, image = sheet(LEFT + Math.max(LEGEND, layers.length * PITCH) + 20, TOP + BAR + BELOW + 134, 0.8);
  const width = LEFT + layers.length * PITCH, powers = layers.flatMap((l) => [l.norm, l.arrives]).filter((norm) => norm > 0).map(Math.log10);
  const low = Math.floor(Math.min(-1, ...powers)), high = Math.ceil(Math.max(1, ...powers));
  const height = (power) => TOP + BAR * (high - power) / (high - low);
  const every = Math.ceil((high - low) / 8);
  for (let power = low; power <= high; power += every) {
    image.append(svg("path", { class: "bp-axis bp-faint", d: `M${LEFT} ${height(power)}H${width}` }),
      text(LEFT - 8, height(power) + 4, `1e${power}`.replace("-", "−"), { "text-anchor": "end" }));
  }
  const base = TOP + BAR + BELOW + 34;
  [["layer", TOP + BAR + 24], ["units", TOP + BAR + 60], ["saturated", base + 18], ["dead units", base + 38]].forEach(([word, y]) =>
    image.append(text(LEFT - 8, y, word, { "text-anchor": "end" })));
  layers.forEach((layer, i) => {
    const x = LEFT + i * PITCH, isNow = shown.steps[step].layer === i;
    const group = svg("g", { class: isNow ? "bp-now bp-backward" : "", "data-layer": i, "data-norm": layer.norm, "data-arrives": layer.arrives, onclick: () => act.go(layers.length - 1 - i) });
    group.append(svg("rect", { class: "bp-box", x: x + 2, y: TOP - 14, width: PITCH - 4, height: base - TOP + 62, rx: 4 }));
    if (layer.norm > 0) {
      const y = height(Math.log10(layer.norm));
      group.append(svg("rect", { class: "bp-bar", x: x + 10, y, width: PITCH - 20, height: TOP + BAR - y }));
    } else group.append(text(x + PITCH / 2, TOP + BAR - 6, layer.norm === null ? "∞" : "0", { class: "bp-gradient bp-name" }));
    if (layer.arrives > 0) group.append(svg("circle", { class: "bp-dot", cx: x + PITCH / 2, cy: height(Math.log10(layer.arrives)), r: 5 }));
    group.append(text(x + PITCH / 2, TOP + BAR + 24, String(i + 1), { class: "bp-name" }));
    histogram(group, layer, x + 6, base, PITCH - 12);
    group.append(text(x + PITCH / 2, base + 18, `${Math.round(100 * layer.saturated)} %`, { class: layer.saturated > 0.5 ? "bp-name" : "" }),
      text(x + PITCH / 2, base + 38, String(layer.dead), { class: layer.dead ? "bp-name" : "" }));
    image.append(group);
  });
  ["Bars: gradient of the weights.", "Dots: gradient that comes back to the layer."].forEach((words, i) =>
    image.append(text(LEFT, base + 68 + 18 * i, words, { "text-anchor": "start" })));
  return image;
}

// The layer's outputs from its smallest to its largest.
function histogram(group, layer, x, base, width) {
  const most = Math.max(1, ...layer.counts), each = width / layer.counts.length;
  // One path and not a rectangle each: there are hundreds of them, drawn anew at each step.
  const d = layer.counts.map((count, k) => {
    const height = ((BELOW - 10) * count / most).toFixed(1);
    return `M${(x + k * each).toFixed(1)} ${base}v-${height}h${each.toFixed(1)}v${height}z`;
  });
  group.append(svg("path", { class: "bp-bar bp-ahead", d: d.join("") }));
  if (layer.low !== null) group.append(svg("title", {}, `Outputs from ${written(layer.low, 3)} to ${written(layer.high, 3)}`));
}

export default { render: board("Gradient flow", draw) };
