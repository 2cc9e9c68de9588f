// What every widget's module starts from: elements, keyboard, spoken text, numbers, the kernel.
// It is written into each widget's text (widget.py), so its names must not be used again there.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";
const FOCUSABLE = "button, input, select, textarea, summary, [tabindex]";
const TYPING = "input:not([type=checkbox]):not([type=radio]), select, textarea";
const ANSWER_MS = 3000;
const PUSH_MS = 6;

// Make an HTML element. `on…` attributes are listeners; false and null leave an attribute out.
export function html(tag, attributes, ...children) {
  const element = filled(document.createElement(tag), attributes, children);
  // Notebook 7 looks at the focused element itself before it takes a key for a shortcut of its own.
  if (element.matches(FOCUSABLE)) element.setAttribute("data-lm-suppress-shortcuts", "true");
  return element;
}

// Make an SVG element, likewise. None of them takes the focus.
export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children);
  return element;
}

// Put an empty widget into `el`: a group with a name, that keeps its keys to itself.
export function stage(el, label) {
  const root = html("div", { class: "bp", role: "group", "aria-label": label });
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.replaceChildren(root);
  return root;
}

// Signs of buttons, drawn: not every font has them.
const SIGNS = {
  rewind: "M4 3v12M15 3v12L6 9z", back: "M13 3v12L4 9z", next: "M5 3v12l9-6z",
  play: "M5 3v12l9-6z", pause: "M5 3v12M12 3v12",
};

// A button with a sign, a name that is spoken, and its key in the tooltip.
export function button(sign, name, onclick, key) {
  const title = key ? `${name} (${key})` : name;
  const image = svg("svg", { width: 18, height: 18, "aria-hidden": "true", class: "bp-sign" }, svg("path", {}));
  const made = html("button", { type: "button", class: "bp-button", onclick }, image, html("span", {}));
  relabel(made, sign, name, title);
  return made;
}

// Change a button's sign and name.
export function relabel(made, sign, name, title = name) {
  made.querySelector("path").setAttribute("d", SIGNS[sign]);
  made.querySelector("span").textContent = name;
  made.title = title;
}

export function labelled(text, control, attributes) {
  return html("label", { class: "bp-label", ...attributes }, html("span", {}, text), control);
}

// The sentence that says each step, on the page and to a screen reader.
export function speaker() {
  return html("p", { class: "bp-says", role: "status", "aria-live": "polite" });
}

// Call `table[key]()` for keys that no control below `root` needs for itself.
export function keys(root, table) {
  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.matches(TYPING) || (event.key === " " && event.target.matches("button, input, summary"))) return;
    const action = table[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

// What is wrong, in the widget's place.
export function showMessage(root, text) {
  root.replaceChildren(html("p", { class: "bp-message", role: "alert" }, text));
}

// A number as it is read: at most `digits` significant ones, and a real minus sign.
export function written(value, digits = 6) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return String(Number(value.toPrecision(digits))).replaceAll("-", "−");
}

// The number that was typed: 0.25, 1/4, −3 and 0,5 are all right; anything else is NaN.
export function typed(text) {
  const parts = text.trim().replaceAll("−", "-").replaceAll(",", ".").split("/");
  if (parts.length > 2 || parts.some((part) => part.trim() === "")) return NaN;
  return parts.map(Number).reduce((a, b) => a / b);
}

// A slider for one number, with its value beside it.
export function slider(name, { min, max, step, value }, oninput) {
  const shown = html("output", { class: "bp-number" }, written(value));
  const input = html("input", { type: "range", min, max, step, value, "aria-label": name });
  const show = (v) => {
    shown.textContent = written(v);
    input.setAttribute("aria-valuetext", written(v));
  };
  input.addEventListener("input", () => {
    const v = Number(Number(input.value).toPrecision(10));
    show(v);
    oninput(v);
  });
  show(value);
  const label = html("label", { class: "bp-slider" }, html("span", {}, name), input, shown);
  label.set = (v) => {
    if (document.activeElement !== input) input.value = v;
    show(v);
  };
  return label;
}

// Call `callback` when one of the traits changes; returns how to stop.
export function watch(model, names, callback) {
  for (const name of names) model.on(`change:${name}`, callback);
  return () => names.forEach((name) => model.off(`change:${name}`, callback));
}

// Set traits, here and in the kernel if there is one.
export function put(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  model.save_changes();
}

// Ask the kernel by setting trait `question`; it answers in `answer`, with the question's `turn`.
// While it works, only the newest question waits. `onsilence` is called if nobody answers.
//
// Before it works, the kernel says that it is busy. Jupyter's server lets TCP hold the next small
// message back until that one is acknowledged, which a browser does after 40 ms, or with whatever it
// sends. So it sends something that means nothing.
export function asker(model, question, answer, onsilence) {
  let turn = 0, waiting = null, busy = false, timer, push;
  const silent = () => { busy = false; waiting = null; onsilence(); };
  const send = (content) => {
    if (model.still) return onsilence();
    busy = true;
    clearTimeout(timer);
    timer = setTimeout(silent, ANSWER_MS);
    put(model, { [question]: { ...content, turn: ++turn } });
    clearTimeout(push);
    push = setTimeout(() => busy && model.send({}), PUSH_MS);
  };
  const stop = watch(model, [answer], () => {
    if (model.get(answer).turn !== turn) return;
    clearTimeout(timer);
    busy = false;
    if (waiting) send(waiting);
    waiting = null;
  });
  return {
    ask(content) { if (busy) waiting = content; else send(content); },
    stop() { clearTimeout(timer); clearTimeout(push); stop(); },
  };
}
