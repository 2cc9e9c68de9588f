import { board, grid, sheet, text } from "./board.js";

const CELL = [46, 26], GAP = 26, TOP = 50, BETWEEN = 76;
// What goes forward and the upstream gradient; below them the gradients.
const WIDE = [["X", "W", "b", "Y", "G"], ["dX", "dW", "db"]];
const NARROWER = [["X", "W", "b"], ["Y", "G"], ["dX", "dW", "db"]];

// Gradients are filled in up to the step; what its entry is made of is marked.
function draw(shown, step, act) {
  const { arrays, shapes } = shown, taken = shown.steps.slice(0, step + 1), now = taken.at(-1);
  const groups = act.isNarrow ? NARROWER : WIDE;
  const made = new Set(taken.filter((s) => s.makes).map((s) => `${s.makes}${s.place}`));
  const isKnown = (name, i, j) => (name === "G" ? step > 0 : name[0] !== "d" || made.has(`${name}${i},${j}`));
  const tall = (names) => Math.max(...names.map((name) => arrays[name].length)) * CELL[1];
  const wide = (names) => names.reduce((sum, name) => sum + arrays[name][0].length * CELL[0] + GAP, GAP);
  const height = groups.reduce((sum, names) => sum + tall(names) + BETWEEN, TOP) - BETWEEN + 34;
  const image = sheet(Math.max(...groups.map(wide)), height, 0.75);
  let y = TOP;
  for (const names of groups) {
    let x = GAP / 2;
    for (const name of names) {
      const isBack = name === "G" || name[0] === "d", marked = new Set((now.used[name] ?? []).map(String));
      if (now.makes === name) marked.add(String(now.place));
      const rows = arrays[name].map((row, i) => row.map((v, j) => (isKnown(name, i, j) ? v : null)));
      image.append(grid(x, y, name, rows, { marked, cls: isBack ? "bp-gradient" : "bp-value", cell: CELL }),
        text(x + (rows[0].length * CELL[0]) / 2, y + rows.length * CELL[1] + 18, shapes[name]));
      x += rows[0].length * CELL[0] + GAP;
    }
    y += tall(names) + BETWEEN;
  }
  return image;
}

export default { render: board("Broadcasting backward", draw) };
