"""A widget as a web page of its own: it steps without a kernel, and asks for nothing outside."""

from __future__ import annotations

import json
from html import escape
from string import Template

from .widget import Widget, styles

PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
$styles
</style>
<body class="bp-page">
<main><h1>$title</h1><div id="widget"></div></main>
<script type="application/json" id="state">$state</script>
<script type="module">
$module
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
const model = new StillModel(JSON.parse(document.getElementById("state").textContent));
front.render({ model, el: document.getElementById("widget") });
"""


def page(widget: Widget, title: str) -> str:
    """Return a widget as an HTML page that needs no kernel and no network.

    Parameters
    ----------
    widget : Widget
        In the state that the page shall start with.
    title : str
        Title and heading of the page.
    """
    return PAGE.substitute(
        title=escape(title),
        styles=styles(),
        # "</script>" in a text would end the element.
        state=json.dumps(widget.state()).replace("<", "\\u003c"),
        module=widget._esm.replace("export default", "const front =") + START,
    )
