import { html, put, showMessage, slider, speaker, stage, svg, watch, written } from "./stage.js";

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const larger = (x, y) => (x === y ? 0.5 : Number(x > y)); // at a tie half each, as the engine has it

// What each gate computes, its local derivatives, and the word for what it does to gradients.
const GATES = {
  add: {
    sign: "+", word: "distributor", inputs: ["x", "y"], outputs: ["upstream"],
    out: ({ x, y }) => [x + y], locals: () => [1, 1],
    why: () => "Both inputs get the upstream gradient as it is. What the inputs are does not matter.",
  },
  mul: {
    sign: "×", word: "switcher", inputs: ["x", "y"], outputs: ["upstream"],
    out: ({ x, y }) => [x * y], locals: ({ x, y }) => [y, x],
    why: ({ x, y }) => `Each input gets upstream times the other input: x is multiplied by ${written(y)}, y by ${written(x)}.`,
  },
  max: {
    sign: "max", word: "router", inputs: ["x", "y"], outputs: ["upstream"],
    out: ({ x, y }) => [Math.max(x, y)], locals: ({ x, y }) => [larger(x, y), larger(y, x)],
    why: ({ x, y }) => (x === y ? "A tie: there is no derivative here. The engine gives half to each."
      : `All of it goes to ${x > y ? "x" : "y"}, the larger one; the other gets 0.`),
  },
  copy: {
    sign: "copy", word: "adder", inputs: ["x"], outputs: ["upstream", "upstream2"],
    out: ({ x }) => [x, x], locals: () => [1],
    why: ({ upstream, upstream2 }) => `x is used twice, so what comes back adds up: ${written(upstream)} + ${written(upstream2)}.`,
  },
  sigmoid: {
    sign: "σ", word: "dimmer", inputs: ["x"], outputs: ["upstream"],
    out: ({ x }) => [sigmoid(x)], locals: ({ x }) => [sigmoid(x) * (1 - sigmoid(x))],
    why: ({ x }) => `The local derivative is (1 − σ)σ, at most 0.25.${Math.abs(x) > 4 ? " Out here it is nearly 0: the gate is saturated." : ""}`,
  },
};
const NAMES = { x: "x", y: "y", upstream: "upstream", upstream2: "second upstream" };
const MIDDLE = 105, LEFT = 140, RIGHT = 470, GATE = { x: 250, width: 100 };

function computed(model) {
  const numbers = Object.fromEntries(Object.keys(NAMES).map((name) => [name, model.get(name)]));
  const gate = GATES[model.get("gate")];
  const back = gate.outputs.reduce((sum, name) => sum + numbers[name], 0);
  const locals = gate.locals(numbers);
  return { ...gate, numbers, outs: gate.out(numbers), locals, back, gradients: locals.map((local) => back * local) };
}

// Where the wires of `names` end, one above the other.
const rows = (names) => names.map((name, i) => [name, MIDDLE + (i - (names.length - 1) / 2) * 110]);
// A gradient's wire is the wider the larger it is; 0 leaves a thin dotted line.
const width = (gradient) => (gradient === 0 ? 1 : Math.min(14, 1.5 + 2.5 * Math.sqrt(Math.abs(gradient))));

function draw(gate) {
  const image = svg("svg", { viewBox: "0 0 600 210", role: "img", style: "max-width: 600px; width: 100%" });
  const wire = (x0, y0, x1, y1, flow) => {
    const middle = (x0 + x1) / 2, d = `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`;
    image.append(svg("path", { class: "bp-wire", d }), svg("path", {
      class: `bp-flow ${flow === 0 ? "bp-none" : ""}`, d, style: `stroke-width: ${width(flow)}px`,
    }));
    if (flow !== 0) image.append(svg("path", { class: "bp-flow-tip", d: `M${x0 - 8} ${y0}l16 -10v20z` }));
  };
  const says = (x, y, cls, text) => image.append(svg("text", { x, y, class: cls, "text-anchor": "middle" }, text));
  const ends = rows(gate.inputs);
  ends.forEach(([, y], i) => wire(LEFT, y, GATE.x, MIDDLE + (i - (ends.length - 1) / 2) * 30, gate.gradients[i]));
  const outs = rows(gate.outputs);
  outs.forEach(([name, y], i) => wire(GATE.x + GATE.width + 9, MIDDLE + (i - (outs.length - 1) / 2) * 30, RIGHT, y, gate.numbers[name]));
  image.append(svg("rect", { class: "bp-box", x: GATE.x, y: MIDDLE - 40, width: GATE.width, height: 80, rx: 8 }));
  says(GATE.x + 50, MIDDLE - 2, "bp-sign-text", gate.sign);
  says(GATE.x + 50, MIDDLE + 24, "", gate.word);
  ends.forEach(([name, y], i) => {
    says(66, y - 16, "bp-name", name);
    says(66, y + 2, "bp-value", `value ${written(gate.numbers[name])}`);
    says(66, y + 20, "bp-gradient", `gradient ${written(gate.gradients[i])}`);
    says(188, y + (i ? 24 : -14), "bp-local", `local ${written(gate.locals[i])}`);
  });
  outs.forEach(([name, y], i) => {
    says(534, y - 16, "bp-name", outs.length > 1 ? `copy ${i + 1}` : "z");
    says(534, y + 2, "bp-value", `value ${written(gate.outs[i])}`);
    says(534, y + 20, "bp-gradient", `upstream ${written(gate.numbers[name])}`);
  });
  return image;
}

function render({ model, el }) {
  const root = stage(el, "Gate explorer");
  if (model.get("message")) return showMessage(root, model.get("message"));
  const says = speaker();
  const choices = html("div", { class: "bp-row", role: "group", "aria-label": "Gate" });
  const buttons = Object.keys(GATES).map((name) =>
    html("button", { type: "button", class: "bp-button", "data-gate": name, onclick: () => put(model, { gate: name }) }, name));
  choices.append(...buttons);
  const frame = html("div", { class: "bp-scroll", tabindex: "0", role: "group", "aria-label": "Picture of the gate" });
  const sliders = Object.fromEntries(Object.entries(NAMES).map(([name, label]) =>
    [name, slider(label, { min: -10, max: 10, step: 0.1, value: model.get(name) }, (value) => put(model, { [name]: value }))]));
  root.append(choices, says, frame, html("div", { class: "bp-row" }, ...Object.values(sliders)));

  function update() {
    const gate = computed(model);
    for (const made of buttons) made.setAttribute("aria-pressed", made.dataset.gate === model.get("gate"));
    for (const [name, control] of Object.entries(sliders)) {
      control.set(model.get(name));
      control.style.display = [...gate.inputs, ...gate.outputs].includes(name) ? "" : "none";
    }
    const products = gate.inputs.map((name, i) =>
      `${name}: ${gate.outputs.length > 1 ? "the sum" : "upstream"} ${written(gate.back)} × local ${written(gate.locals[i])} = ${written(gate.gradients[i])}.`);
    says.textContent = `${gate.word[0].toUpperCase()}${gate.word.slice(1)}. ${gate.why(gate.numbers)} ${products.join(" ")}`;
    says.className = "bp-says bp-backward";
    const image = draw(gate);
    const given = gate.inputs.map((name) => `${name} is ${written(gate.numbers[name])}`).join(", ");
    image.setAttribute("aria-label", `Gate ${model.get("gate")}: ${given}, out comes ${written(gate.outs[0])}. ${says.textContent}`);
    frame.replaceChildren(image);
  }
  update();
  return watch(model, ["gate", ...Object.keys(NAMES)], update);
}

export default { render };
