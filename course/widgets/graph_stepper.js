import { asker, button, html, keys, labelled, put, relabel, showMessage, slider, speaker, stage, svg, typed, watch, written } from "./stage.js";

const PLAY_MS = 1100;
// A wide graph is made smaller down to this scale; beyond it scrolls.
const SMALLEST = 0.9;
// An answer counts as right within 1 %, or 0.005: the lectures round to two digits.
const NEAR = (answer, right) => Math.abs(answer - right) <= Math.max(0.01 * Math.abs(right), 0.005);

// The backward pass that is shown: the right one, or one with a bug in it.
function backward(model) {
  return model.get("broken").passes[model.get("bug")] ?? model.get("plan").backward;
}

// What is to be seen after `step` steps: values, gradients, lines passed, and the step just taken.
function seen(plan, back, step) {
  const values = new Set(plan.forward.slice(0, step).map((s) => s.node));
  const gradients = new Map(), passed = new Set();
  for (const s of back.slice(0, Math.max(0, step - plan.forward.length))) {
    gradients.set(s.node, s.gradient);
    if (s.edge !== null) passed.add(s.edge);
  }
  const isForward = step <= plan.forward.length;
  const now = step === 0 ? null : isForward ? plan.forward[step - 1] : back[step - plan.forward.length - 1];
  return { values, gradients, passed, now, isForward, next: back[step - plan.forward.length] };
}

// The picture of a plan; `show` changes only what is not shown yet.
function picture(plan) {
  const nodes = plan.nodes.map((node) => {
    const middle = node.width / 2;
    const line = (y, cls) => svg("text", { x: middle, y, "text-anchor": "middle", class: cls });
    const value = line(37, "bp-value"), gradient = line(55, "bp-gradient"), label = line(18, "bp-name");
    label.append(node.label);
    const box = svg("rect", { width: node.width, height: node.height, rx: node.input ? 16 : 4, class: "bp-box" });
    const group = svg("g", { transform: `translate(${node.x} ${node.y})`, "data-node": node.id },
      svg("title", {}, node.full), box, label, value, gradient);
    return { ...node, group, valueText: value, gradientText: gradient };
  });
  const edges = plan.edges.map((edge) => {
    const local = svg("text", { x: edge.label[0], y: edge.label[1], "text-anchor": "middle", class: "bp-local" });
    const tip = svg("path", { class: "bp-tip", d: edge.forth });
    return { ...edge, localText: local, tip, group: svg("g", {}, svg("path", { class: "bp-wire", d: edge.path }), tip, local) };
  });
  const image = svg("svg", {
    viewBox: `0 0 ${plan.width} ${plan.height}`, role: "img",
    style: `max-width: ${plan.width}px; min-width: ${SMALLEST * plan.width}px`,
  }, ...edges.map((e) => e.group), ...nodes.map((n) => n.group));

  function show({ values, gradients, passed, now, isForward, asked }) {
    const said = [];
    for (const node of nodes) {
      const value = values.has(node.id) ? `value ${node.value}` : "";
      const known = gradients.has(node.id) ? `gradient ${gradients.get(node.id)}` : "";
      const gradient = asked?.node !== node.id ? known : known ? `${known} + ?` : "gradient ?";
      write(node.valueText, value);
      write(node.gradientText, gradient);
      const isFrom = !isForward && edges[now?.edge]?.target === node.id;
      style(node.group, now?.node === node.id ? `bp-now ${isForward ? "bp-forward" : "bp-backward"}` : isFrom ? "bp-from" : "");
      if (value) said.push(`${node.full}: ${value}${gradient && ", "}${gradient}.`);
    }
    edges.forEach((edge, i) => {
      const isNow = !isForward && now?.edge === i, isPast = passed.has(i);
      write(edge.localText, isPast ? edge.local : "");
      const isAsked = asked?.edge === i;
      style(edge.group, isNow ? "bp-now bp-backward" : isAsked ? "bp-asked" : isPast ? "bp-past" : "");
      const d = isPast ? edge.back : edge.forth;
      if (edge.tip.getAttribute("d") !== d) edge.tip.setAttribute("d", d);
    });
    image.setAttribute("aria-label", [`${plan.title}.`, ...said].join(" "));
  }
  return { image, show, node: (id) => nodes.find((node) => node.id === id) };
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function style(element, names) {
  if (element.getAttribute("class") !== names) element.setAttribute("class", names);
}

// Scroll the box into view, and nothing around the widget.
function follow(frame, image, node) {
  if (!node) return;
  const scale = image.getBoundingClientRect().width / image.viewBox.baseVal.width || 1;
  const margin = 60;
  for (const [start, size, at, length] of [["scrollLeft", "clientWidth", node.x, node.width], ["scrollTop", "clientHeight", node.y, node.height]]) {
    const first = at * scale - margin, last = (at + length) * scale + margin - frame[size];
    if (frame[start] > first) frame[start] = Math.max(0, first);
    else if (frame[start] < last) frame[start] = last;
  }
}

function render({ model, el }) {
  const root = stage(el, "Graph stepper");
  if (model.get("message")) return showMessage(root, model.get("message"));
  const plan = () => model.get("plan");
  const last = () => plan().forward.length + backward(model).length;
  const state = () => seen(plan(), backward(model), model.get("step"));
  const says = speaker();
  const frame = html("div", { class: "bp-scroll", tabindex: "0", role: "group", "aria-label": "Graph. The left and right arrow keys step." });
  let drawing, timer;

  function go(step) {
    put(model, { step: Math.max(0, Math.min(last(), step)) });
  }
  function isAsked() {
    return model.get("predict") && Boolean(state().next?.asked);
  }
  function next() {
    if (isAsked()) prediction.ask();
    else go(model.get("step") + 1);
  }
  function back() { go(model.get("step") - 1); }
  function play() {
    if (timer) return pause();
    if (model.get("step") >= last()) go(0);
    timer = setInterval(() => (model.get("step") >= last() || isAsked() ? pause() : next()), PLAY_MS);
    relabel(playButton, "pause", "Pause");
  }
  function pause() {
    clearInterval(timer);
    timer = undefined;
    relabel(playButton, "play", "Play");
  }

  const playButton = button("play", "Play", play, "space");
  const place = html("span", { class: "bp-number" });
  const scrubber = html("input", { type: "range", min: 0, step: 1, "aria-label": "Step", oninput: () => go(Number(scrubber.value)) });
  const toolbar = html("div", { class: "bp-row" },
    button("rewind", "Rewind", () => go(0), "Home"), button("back", "Back", back, "←"),
    button("next", "Next", next, "→"), playButton, scrubber, place);
  const prediction = predictionPanel(model, says, state, go);
  const bugs = bugPanel(model, says);
  const inputs = inputPanel(model, says);
  const choices = html("div", { class: "bp-row" }, prediction.toggle, bugs.select);
  root.append(toolbar, says, prediction.form, bugs.guesses, frame, choices, inputs.element);
  keys(root, { ArrowRight: next, ArrowLeft: back, Home: () => go(0), End: () => (model.get("predict") ? next() : go(last())), " ": play });

  function draw() {
    drawing = picture(plan());
    frame.replaceChildren(drawing.image);
    inputs.update();
    bugs.update();
    update();
  }
  function update() {
    const step = model.get("step"), s = state();
    drawing.show({ ...s, asked: isAsked() ? s.next : null });
    follow(frame, drawing.image, drawing.node(s.now?.node));
    scrubber.max = last();
    scrubber.value = step;
    write(place, `${step} of ${last()}`);
    style(says, `bp-says ${s.now ? (s.isForward ? "bp-forward" : "bp-backward") : ""}`);
    write(says, plan().trouble || (s.now ? s.now.says : "Press → to take the first step: values first, then gradients."));
    prediction.update(s);
    bugs.update();
  }
  draw();
  const stops = [watch(model, ["plan"], draw), watch(model, ["step", "broken", "bug", "mystery", "predict"], update), inputs.stop];
  return () => { clearInterval(timer); stops.forEach((stop) => stop()); };
}

// Predict mode: the next gradient is typed before it is shown, and a slip is called by its name.
function predictionPanel(model, says, state, go) {
  const field = html("input", { type: "text", inputmode: "text", autocomplete: "off" });
  const question = html("span");
  const check = () => {
    const { asked } = state().next, answer = typed(field.value);
    if (Number.isNaN(answer)) return write(says, `“${field.value}” is not a number. Type one such as 0.25, −3 or 1/4.`);
    if (NEAR(answer, asked.right)) return reveal("Right. ");
    const slip = asked.slips.find(([number]) => NEAR(answer, number));
    write(says, slip ? `Not yet. ${explained(slip[1])}` : "Not yet, and not a slip I know. Find the upstream gradient at the right end of the line, and the local derivative of that gate.");
    field.select();
  };
  const explained = (slip) => {
    const { nodes, edges, slips } = model.get("plan"), { source, target } = edges[state().next.edge];
    const name = (id) => nodes.find((node) => node.id === id).full;
    return slips[slip].replaceAll("{source}", name(source)).replaceAll("{target}", name(target));
  };
  const reveal = (praise) => {
    field.value = "";
    go(model.get("step") + 1);
    write(says, praise + says.textContent);
    if (!state().next) toggle.focus();
  };
  const form = html("form", { class: "bp-row", onsubmit: (event) => { event.preventDefault(); check(); } },
    html("label", { class: "bp-label" }, question, field),
    html("button", { type: "submit", class: "bp-button" }, "Check"),
    html("button", { type: "button", class: "bp-button", onclick: () => reveal("") }, "Show it"));
  const toggle = html("input", { type: "checkbox", onchange: () => put(model, { predict: toggle.checked, bug: "", mystery: false }) });
  return {
    form,
    toggle: labelled("Predict each gradient before it is shown", toggle),
    ask() { write(says, `Type it first: ${state().next.asked.text}`); field.focus(); },
    update({ next }) {
      toggle.checked = model.get("predict");
      form.hidden = !(model.get("predict") && next?.asked);
      form.style.display = form.hidden ? "none" : "";
      if (!form.hidden) write(question, next.asked.text);
    },
  };
}

// Broken backward passes: chosen, or to be found out.
function bugPanel(model, says) {
  const select = html("select", { onchange: () => choose(select.value) });
  const guesses = html("div", { class: "bp-row", role: "group", "aria-label": "Which bug is it?" });
  let turn = 0, known = "";
  function choose(value) {
    const { forward } = model.get("plan"), { mysteries } = model.get("broken");
    const bug = value === "?" ? mysteries[turn++ % mysteries.length] : value;
    put(model, { bug, mystery: value === "?", predict: false, step: Math.min(model.get("step"), forward.length) });
  }
  function guess(bug, name) {
    const isRight = bug === model.get("bug");
    if (isRight) put(model, { mystery: false });
    write(says, isRight ? `Yes: ${name}.` : `No, not that: if ${name}, other numbers would come out. Step through and multiply for yourself.`);
  }
  return {
    guesses,
    select: labelled("Backward pass", select),
    update() {
      const names = Object.entries(model.get("broken").names);
      const signature = JSON.stringify(names);
      if (signature !== known) {
        known = signature;
        const option = (value, text) => html("option", { value }, text);
        select.replaceChildren(option("", "right"), ...names.map(([bug, name]) => option(bug, `broken: ${name}`)),
          ...(names.length > 1 ? [option("?", "broken: find out how")] : []));
        guesses.replaceChildren(html("span", {}, "What is wrong?"), ...names.map(([bug, name]) =>
          html("button", { type: "button", class: "bp-button", onclick: () => guess(bug, name) }, name)));
      }
      select.value = model.get("mystery") ? "?" : model.get("bug");
      guesses.style.display = model.get("mystery") ? "" : "none";
    },
  };
}

// Sliders for the inputs, and what a small move of one does to the result.
function inputPanel(model, says) {
  const kernel = asker(model, "moved", "plan", () =>
    write(says, "Nobody answers: moving an input needs a running kernel. Run the cell again."));
  const rows = html("div", { class: "bp-row" });
  const which = html("select", { "aria-label": "Input to nudge", onchange: () => tell() });
  const size = html("select", { "aria-label": "Size of the nudge", onchange: () => tell() });
  const result = html("span", { class: "bp-nudge", role: "status", "aria-live": "polite" });
  const nudge = html("div", { class: "bp-row" }, html("span", {}, "Nudge"), which, html("span", {}, "by"), size, result);
  const note = html("p");
  const element = html("details", {}, html("summary", {}, "Move the inputs, or nudge one"), note, rows, nudge);
  let sliders = [], known = "";

  function tell() {
    const input = model.get("plan").inputs[which.selectedIndex];
    const found = input?.nudges[size.selectedIndex];
    if (!found) return write(result, "");
    write(result, found.change === null || input.gradient === null ? "No finite number comes out there."
      : `The result moves by ${written(found.change)}. Divided by ${written(found.h)}: ${written(found.ratio)}. The gradient: ${written(input.gradient)}.`);
  }
  function build(inputs) {
    const isStill = model.still || inputs.some((input) => !input.movable);
    sliders = inputs.map((input) => {
      const control = slider(input.name, { ...input.slider, value: input.value }, () =>
        kernel.ask({ values: inputs.map((each, i) => [each.index, Number(sliders[i].querySelector("input").value)]) }));
      control.querySelector("input").disabled = isStill;
      return control;
    });
    rows.replaceChildren(...sliders);
    write(note, !inputs.length ? "The inputs are arrays: change them in the cell."
      : model.still ? "Without a kernel the inputs stay as they are."
      : isStill ? "Only the graph is known here, not its function: the inputs stay as they are." : "");
    which.replaceChildren(...inputs.map((input) => html("option", {}, input.name)));
    size.replaceChildren(...(inputs[0]?.nudges ?? []).map(({ h }) => html("option", {}, `h = ${written(h)}`)));
    size.selectedIndex = Math.min(1, size.options.length - 1);
    nudge.style.display = inputs[0]?.nudges.length ? "" : "none";
  }
  return {
    element,
    stop: kernel.stop,
    update() {
      const { inputs } = model.get("plan");
      const signature = inputs.map((input) => input.name).join();
      if (signature !== known || !sliders.length) build(inputs);
      known = signature;
      sliders.forEach((control, i) => control.set(inputs[i].value));
      tell();
    },
  };
}

export default { render };
