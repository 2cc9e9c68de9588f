import { board, grid, sheet, text } from "./board.js";

const CELL = [56, 26], LEFT = 16, GAP = 26;

// A wrong entry is darker the larger its error; its number is written in it, and a right one is 0.
function tintOf(errors) {
  const largest = Math.max(...errors.flat().map(Math.abs));
  return (error) => {
    if (!error) return false;
    return `fill: color-mix(in srgb, var(--bp-backward) ${Math.round(10 + 25 * Math.abs(error) / largest)}%, var(--bp-paper))`;
  };
}

// The checks; and on the last rung of the ladder the smallest case that fails, number by number.
function draw(shown, step) {
  const parts = [], rows = shown.checks.length;
  shown.checks.forEach((check, i) => parts.push(
    text(LEFT, 24 + i * 22, check.passed ? "✓" : "✗", { "text-anchor": "start", class: `bp-name ${check.passed ? "bp-value" : "bp-gradient"}`, "aria-hidden": "true" }),
    text(LEFT + 20, 24 + i * 22, `${check.passed ? "passed" : "not passed"}: ${check.title}`, { "text-anchor": "start", "data-passed": check.passed })));
  let y = 40 + rows * 22, width = 560;
  if (shown.steps[step].rung === 3) {
    parts.push(text(LEFT, y, `The smallest case that fails: ${shown.case}`, { "text-anchor": "start", class: "bp-name" }));
    y += 40;
    for (const map of shown.maps) [y, width] = comparison(parts, map, y, width);
  }
  const image = sheet(width, y, 0.75);
  image.append(...parts);
  return image;
}

// One line of the table: an input alone, or yours, what is right, and the difference.
function comparison(parts, map, y, width) {
  if (!map.numbers) {
    const words = map.right ? `${map.what}: yours ${map.yours}, right ${map.right}` : `${map.what}: ${map.yours}`;
    parts.push(text(LEFT, y, words, { "text-anchor": "start" }));
    return [y + 40, Math.max(width, 40 + 7 * words.length)];
  }
  const blocks = [[map.wanted ? `yours: ${map.what}` : map.what, map.numbers, {}]];
  if (map.wanted) blocks.push(["right", map.wanted, {}]);
  if (map.errors) blocks.push(["yours − right", map.errors, { cls: "bp-gradient", tint: tintOf(map.errors) }]);
  let x = LEFT;
  for (const [name, numbers, options] of blocks) {
    const wide = Math.max(numbers[0].length * CELL[0], 96);
    parts.push(grid(x, y, name, numbers, { cell: CELL, cls: "bp-value", ...options }));
    x += wide + GAP;
  }
  const tall = Math.max(map.numbers.length, map.wanted?.length ?? 0);
  return [y + tall * CELL[1] + 36, Math.max(width, x)];
}

export default { render: board("Diagnosis", draw) };
