"""Widgets on web pages: they step without a kernel, and ask for nothing outside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from string import Template
from typing import Any, NamedTuple

from .widget import EXPORT, IMPORT, Widget, own, styles, with_imports

PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
$styles
</style>
<body class="bp-page">
<main><h1>$title</h1><div id="widget" class="bp-still"></div></main>
<script type="application/json" id="bp-widgets">$data</script>
<script type="module">
$script
</script>
</body>
</html>
""")

# A model as a notebook's front end has it, over the state in the page; nobody answers.
START = """
class StillModel {
  constructor(state) { this.state = state; this.callbacks = []; this.still = true; }
  get(name) { return this.state[name]; }
  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    for (const [event, callback] of [...this.callbacks]) {
      if (event === `change:${name}`) callback();
    }
  }
  on(event, callback) { this.callbacks.push([event, callback]); }
  off(event, callback) {
    this.callbacks = this.callbacks.filter(([e, c]) => e !== event || c !== callback);
  }
  save_changes() {}
  send() {}
}
const widgets = JSON.parse(document.getElementById("bp-widgets").textContent);
for (const { place, module, state } of widgets) {
  fronts[module].render({ model: new StillModel(state), el: document.getElementById(place) });
}
"""


class Still(NamedTuple):
    """A widget without a kernel: the name of its module, and what it shows."""

    module: str
    state: dict[str, Any]


def still(widget: Widget) -> Still:
    """Return a widget as it is now, for a page."""
    return Still(type(widget).__module__.rpartition(".")[2], widget.state())


def still_of_model(state: Mapping[str, Any]) -> Still | None:
    """Return a widget from the state that its model has in a front end; None if it is not ours."""
    package, _, name = str(state.get("_anywidget_id", "")).rpartition(".")[0].rpartition(".")
    if package != __package__:
        return None
    return Still(name, {key: state[key] for key in own(state)})


def data(places: Mapping[str, Still]) -> str:
    """Return what goes into the page's ``<script type="application/json" id="bp-widgets">``.

    Parameters
    ----------
    places : mapping
        The id of an element of the page to the widget that takes its place.
    """
    widgets = [{"place": place, **widget._asdict()} for place, widget in places.items()]
    # "</script>" in a text would end the element.
    return json.dumps(widgets).replace("<", "\\u003c")


def script(names: Iterable[str]) -> str:
    """Return the page's module: these widgets' modules, each once, and what starts them."""
    written = [_enclosed(name, text) for name, text in with_imports(*names).items()]
    fronts = ", ".join(f"{name}: {name}_js.front" for name in dict.fromkeys(names))
    return "".join([*written, f"const fronts = {{ {fronts} }};\n", START])


def _enclosed(name: str, text: str) -> str:
    """Keep a module's names to itself: only what it exports is seen, as it would be in a file."""
    exported = [*EXPORT.findall(text), *(["front"] if "export default" in text else [])]
    text = IMPORT.sub(r"const \1 = \2_js;\n", text)
    text = EXPORT.sub("", text).replace("export default", "const front =")
    return f"const {name}_js = (() => {{\n{text}\nreturn {{ {', '.join(exported)} }};\n}})();\n"


def page(widget: Widget, title: str) -> str:
    """Return a widget as an HTML page that needs no kernel and no network.

    Parameters
    ----------
    widget : Widget
        In the state that the page shall start with.
    title : str
        Title and heading of the page.
    """
    shown = still(widget)
    return PAGE.substitute(
        title=escape(title),
        styles=styles(),
        data=data({"widget": shown}),
        script=script([shown.module]),
    )
