import { board, grid, sheet, text } from "./board.js";
import { svg } from "./stage.js";

const CELL = [48, 28], LEFT = 150, TOP = 70;

// Darker for a larger size, blue above 0 and orange below; the number is written besides.
function tintOf(largest) {
  return (value) => {
    if (!value || !largest) return false;
    const share = Math.round(12 + 28 * Math.min(1, Math.abs(value) / largest));
    return `fill: color-mix(in srgb, var(--bp-${value > 0 ? "forward" : "backward"}) ${share}%, var(--bp-paper))`;
  };
}

function draw(shown, step) {
  const { jacobian, x, y, upstream, dx } = shown, now = shown.steps[step];
  const rows = y.length, columns = x.length, largest = Math.max(...jacobian.flat().map(Math.abs));
  const bottom = TOP + rows * CELL[1] + 46;
  const image = sheet(LEFT + columns * CELL[0] + 30, bottom + 50, 0.7), plain = { cell: CELL };
  image.append(grid(LEFT, TOP - 36, "x", [x], plain),
    grid(16, TOP + 16, "y", y.map((v) => [v]), plain),
    grid(80, TOP + 16, "upstream", upstream.map((v) => [v]), { ...plain, cls: "bp-gradient" }),
    grid(LEFT, TOP + 16, "", jacobian, { ...plain, cls: "", tint: tintOf(largest) }));
  // The row or column of the step gets a frame, so that its colours stay as they are.
  const isRow = now.row !== undefined;
  image.append(svg("rect", {
    class: "bp-frame", x: isRow ? LEFT : LEFT + now.column * CELL[0], y: isRow ? TOP + 16 + now.row * CELL[1] : TOP + 16,
    width: isRow ? columns * CELL[0] : CELL[0], height: isRow ? CELL[1] : rows * CELL[1],
  }));
  const done = shown.steps.slice(0, step + 1).filter((s) => s.kind === "backward").length;
  image.append(grid(LEFT, bottom + 16, "", [dx.map((v, i) => (i < done ? v : null))], { ...plain, cls: "bp-gradient" }),
    text(LEFT - 12, bottom + 34, "dx", { class: "bp-name", "text-anchor": "end" }));
  return image;
}

export default { render: board("Jacobian", draw) };
