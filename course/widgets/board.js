import { asker, button, html, keys, labelled, put, relabel, showMessage, slider, speaker, stage, svg, watch, written } from "./stage.js";

// Below this width two plots stand one below the other.
const NARROW = 560;

// A front end of a Board: `draw(shown, step, act)` makes the picture of one step. `act.go(step)` and
// `act.ask(settings)` are for clicks in it; whatever they do, a key or a slider does too. If there is
// little room, `act.isNarrow`.
export function board(name, draw) {
  return ({ model, el }) => {
    const root = stage(el, name);
    if (model.get("message")) return showMessage(root, model.get("message"));
    const shown = () => model.get("shown");
    const last = () => shown().steps.length - 1;
    const at = () => Math.max(0, Math.min(last(), model.get("step")));
    const says = speaker();
    const frame = html("div", { class: "bp-scroll bp-whole", tabindex: "0", role: "region", "aria-label": `${name}. The left and right arrow keys step.` });
    const settings = settingsPanel(model, () => {
      says.textContent = "Nobody answers: settings need a running kernel. Run the cell again.";
    });
    let timer, isNarrow = false, drawn = {};

    const go = (step) => put(model, { step: Math.max(0, Math.min(last(), step)) });
    const next = () => go(at() + 1), back = () => go(at() - 1);
    function pause() {
      clearInterval(timer);
      timer = undefined;
      relabel(playButton, "play", "Play", "Play (space)");
    }
    function play() {
      if (timer) return pause();
      if (at() === last()) go(0);
      timer = setInterval(() => (at() === last() ? pause() : next()), shown().pace ?? 1100);
      relabel(playButton, "pause", "Pause", "Pause (space)");
    }
    const playButton = button("play", "Play", play, "space");
    const place = html("span", { class: "bp-number" });
    const scrubber = html("input", { type: "range", min: 0, step: 1, "aria-label": "Step", oninput: () => go(Number(scrubber.value)) });
    root.append(html("div", { class: "bp-row" },
      button("rewind", "Rewind", () => go(0), "Home"), button("back", "Back", back, "←"),
      button("next", "Next", next, "→"), playButton, scrubber, place), says, frame, settings.element);
    keys(root, { ArrowRight: next, ArrowLeft: back, Home: () => go(0), End: () => go(last()), " ": play });

    function update() {
      const step = at(), now = shown().steps[step];
      scrubber.max = last();
      scrubber.value = step;
      scrubber.setAttribute("aria-valuetext", `${step + 1} of ${last() + 1}`);
      place.textContent = `${step + 1} of ${last() + 1}`;
      says.className = `bp-says ${now.kind ? `bp-${now.kind}` : ""}`;
      says.textContent = shown().trouble || now.says;
      const image = draw(shown(), step, { go, ask: settings.ask, isNarrow });
      image.setAttribute("role", "img");
      image.setAttribute("aria-label", `${shown().title} ${now.data ?? ""} ${now.says}`);
      // Only a step further in the same picture: what clicks do in it stays.
      if (drawn.shown === shown() && drawn.isNarrow === isNarrow) patch(frame.firstChild, image);
      else frame.replaceChildren(image);
      drawn = { shown: shown(), isNarrow };
      settings.update();
      follow(frame);
    }
    update();
    const room = new ResizeObserver(() => {
      const was = isNarrow;
      isNarrow = frame.clientWidth > 0 && frame.clientWidth < NARROW;
      if (isNarrow !== was) update();
    });
    room.observe(frame);
    const stop = watch(model, ["shown", "step"], update);
    return () => { clearInterval(timer); room.disconnect(); settings.stop(); stop(); };
  };
}

// Make `old` look like `now`, and touch only what differs: to lay it all out anew takes long.
function patch(old, now) {
  if (old.isEqualNode(now)) return;
  if (old.nodeName !== now.nodeName) return old.replaceWith(now);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== now.data) old.data = now.data;
    return;
  }
  for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!now.hasAttribute(name)) old.removeAttribute(name);
  const before = [...old.childNodes], after = [...now.childNodes];
  after.forEach((child, i) => (before[i] ? patch(before[i], child) : old.append(child)));
  for (const left of before.slice(after.length)) left.remove();
}

// Scroll what the step is about into view: the arrow keys, which would scroll, take steps.
function follow(frame) {
  const now = [...frame.querySelectorAll(".bp-now, .bp-used, .bp-frame")].at(-1);
  if (!now || frame.scrollWidth <= frame.clientWidth) return;
  const box = now.getBoundingClientRect(), view = frame.getBoundingClientRect(), margin = 40;
  if (box.left < view.left + margin) frame.scrollLeft -= view.left + margin - box.left;
  else if (box.right > view.right - margin) frame.scrollLeft += box.right - view.right + margin;
}

// A control for each setting; a change asks the kernel for everything anew.
function settingsPanel(model, onsilence) {
  const kernel = asker(model, "asked", "shown", onsilence);
  let wanted = { ...model.get("shown").settings };
  const ask = (changes) => {
    wanted = { ...wanted, ...changes };
    kernel.ask({ settings: wanted });
  };
  const MAKE = {
    choice: (c) => {
      const select = html("select", { "aria-label": c.label, onchange: () => ask({ [c.name]: select.value }) },
        ...c.options.map((option) => html("option", {}, option)));
      const element = labelled(c.label, select);
      element.set = (value) => { select.value = value; };
      return element;
    },
    switch: (c) => {
      const box = html("input", { type: "checkbox", onchange: () => ask({ [c.name]: box.checked }) });
      const element = labelled(c.label, box);
      element.set = (value) => { box.checked = value; };
      return element;
    },
    scale: (c) => slider(c.label, { ...c, value: wanted[c.name] }, (value) => ask({ [c.name]: value })),
  };
  const made = model.get("shown").controls.map((c) => [c.name, MAKE[c.kind](c)]);
  const element = html("div", { class: "bp-row" }, ...made.map(([, control]) => control));
  if (model.still && made.length) {
    element.append(html("p", {}, "Without a kernel the settings stay as they are."));
    for (const control of element.querySelectorAll("input, select")) control.disabled = true;
  }
  return {
    element, ask, stop: kernel.stop,
    update() { for (const [name, control] of made) control.set(model.get("shown").settings[name]); },
  };
}

// An SVG image of a size, which is made smaller where it does not fit, but not below `smallest`.
export function sheet(width, height, smallest = 0.8) {
  return svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    style: `max-width: ${width}px; min-width: ${smallest * width}px; width: 100%`,
  });
}

// Text at a place, in the middle of it unless told.
export function text(x, y, words, attributes) {
  return svg("text", { x, y, "text-anchor": "middle", ...attributes }, words);
}

// A short number for a picture.
export const short = (value) => written(value, 3);

// A grid of numbers with a name above: entries in `marked` ("i,j") are the ones in use.
export function grid(x, y, name, rows, { marked = new Set(), cls = "bp-value", cell = [46, 26], tint } = {}) {
  const group = svg("g", {}, text(x + (rows[0].length * cell[0]) / 2, y - 8, name, { class: "bp-name" }));
  rows.forEach((row, i) => row.forEach((value, j) => {
    const isMarked = marked.has(`${i},${j}`);
    group.append(svg("rect", {
      class: isMarked ? "bp-cell bp-used" : "bp-cell", x: x + j * cell[0], y: y + i * cell[1], width: cell[0], height: cell[1],
      style: tint ? tint(value) : false,
    }));
    if (value !== null) {
      group.append(text(x + (j + 0.5) * cell[0], y + (i + 0.5) * cell[1] + 5, short(value), {
        class: isMarked ? `${cls} bp-name` : cls, "data-entry": `${name}[${i},${j}]`, "data-value": value,
      }));
    }
  }));
  return group;
}
