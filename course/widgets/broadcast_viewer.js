import { board, grid, sheet, text } from "./board.js";

const CELL = [46, 26], GAP = 40, TOP = 50;

// Above, what goes forward and the upstream gradient; below, the gradients filled in up to the step.
function draw(shown, step) {
  const { arrays, shapes } = shown, taken = shown.steps.slice(0, step + 1), now = taken.at(-1);
  const above = ["X", "W", "b", "Y", "G"], below = ["dX", "dW", "db"];
  const tall = (names) => Math.max(...names.map((name) => arrays[name].length)) * CELL[1];
  const lower = TOP + tall(above) + 76;
  const wide = (names) => names.reduce((sum, name) => sum + arrays[name][0].length * CELL[0] + GAP, GAP);
  const image = sheet(Math.max(wide(above), wide(below)), lower + tall(below) + 34, 0.75);
  const row = (names, y, part) => {
    let x = GAP / 2;
    for (const name of names) {
      const isBack = name === "G" || name[0] === "d", marked = new Set((now.used[name] ?? []).map(String));
      if (now.makes === name) marked.add(String(now.place));
      const rows = part(name);
      image.append(grid(x, y, name, rows, { marked, cls: isBack ? "bp-gradient" : "bp-value", cell: CELL }),
        text(x + (rows[0].length * CELL[0]) / 2, y + rows.length * CELL[1] + 18, shapes[name]));
      x += rows[0].length * CELL[0] + GAP;
    }
  };
  row(above, TOP, (name) => arrays[name].map((r) => r.map((v) => (name === "G" && step === 0 ? null : v))));
  const made = new Set(taken.filter((s) => s.makes).map((s) => `${s.makes}${s.place}`));
  row(below, lower, (name) => arrays[name].map((r, i) => r.map((v, j) => (made.has(`${name}${i},${j}`) ? v : null))));
  return image;
}

export default { render: board("Broadcasting backward", draw) };
