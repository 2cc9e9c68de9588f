"""A real Jupyter server on loopback, and notebooks opened in its two front ends."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from .chromium import Watched

FRONT_ENDS = {"lab": "lab/tree", "notebook": "notebooks"}
START_SECONDS = 60
RUN_MS = 30_000

SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


class Jupyter:
    """A running server.

    Attributes
    ----------
    address : str
    token : str
    root : Path
        Where its notebooks are.
    """

    def __init__(self, address: str, token: str, root: Path) -> None:
        self.address, self.token, self.root = address, token, root

    def write(self, name: str, cells: Sequence[str]) -> None:
        """Make a notebook of code cells."""
        empty: dict[str, Any] = {"metadata": {}, "outputs": [], "execution_count": None}
        notebook = {
            "cells": [
                {"cell_type": "code", "id": f"cell-{i}", "source": source, **empty}
                for i, source in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.root / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")

    def open(self, page: Page, name: str, front_end: str = "lab") -> Page:
        """Open a notebook in a front end, with its kernel ready."""
        # `reset`: JupyterLab would open what was open before, too.
        page.goto(f"{self.address}/{FRONT_ENDS[front_end]}/{name}.ipynb?reset&token={self.token}")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=RUN_MS)
        page.wait_for_function(KERNEL_IS_IDLE, timeout=RUN_MS)
        return page


KERNEL_IS_IDLE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.sessionContext?.session?.kernel?.status === "idle";
}"""


RUN_ALL = "notebook:run-all-cells"
LAST_CELL_HAS_RUN = """() => {
  const cells = jupyterapp.shell.currentWidget.content.widgets;
  return cells.at(-1).model.executionCount > 0;
}"""


EXECUTE = """async ([command, args, most]) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${command} took more than ${most} ms`)), most);
  });
  try {
    await Promise.race([jupyterapp.commands.execute(command, args ?? {}), late]);
  } finally {
    clearTimeout(timer);
  }
}"""


def execute(page: Page, command: str, arguments: Any = None) -> None:
    """Execute a command of JupyterLab or Notebook, and wait until it is done.

    Playwright itself would wait for ever: a cell that does not end would hold the whole test.
    """
    page.evaluate(EXECUTE, [command, arguments, RUN_MS])


def run_all(page: Page) -> None:
    """Run all cells, and wait until the last has been executed."""
    # The notebook is there a moment before its commands know it.
    page.wait_for_function(f"jupyterapp.commands.isEnabled('{RUN_ALL}')", timeout=RUN_MS)
    execute(page, RUN_ALL)
    page.wait_for_function(LAST_CELL_HAS_RUN, timeout=RUN_MS)


@contextmanager
def ran(
    browser: Browser,
    jupyter: Jupyter,
    name: str,
    cells: Sequence[str],
    front_end: str,
    viewport: dict[str, int],
) -> Iterator[Page]:
    """Show a notebook of these cells, all run; nothing may be asked of the network outside."""
    jupyter.write(name, cells)
    watched = Watched(browser, viewport=viewport)
    page = jupyter.open(watched.context.new_page(), name, front_end)
    run_all(page)
    yield page
    watched.context.close()
    assert watched.outside == []


@contextmanager
def serving(root: Path) -> Iterator[Jupyter]:
    """Start a server that knows nothing of its user's settings.

    Raises
    ------
    RuntimeError
        It did not start; with what it said.
    """
    home = root / ".jupyter-test"
    for name, settings in SETTINGS.items():
        file = home / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")
    token, port = secrets.token_hex(16), _free_port()
    address = f"http://127.0.0.1:{port}"
    variables = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    variables |= {"JUPYTER_RUNTIME_DIR": str(home / "runtime"), "IPYTHONDIR": str(home / "ipython")}
    variables |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings")}
    options = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    options += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"]
    options += ["--LabApp.expose_app_in_browser=True", "--allow-root"]
    options += ["--JupyterNotebookApp.expose_app_in_browser=True"]
    log = root / "jupyter.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *options],
            cwd=root,  # where nbgrader looks for a course
            env={**os.environ, **variables},
            stdout=output,
            stderr=output,
        )
    try:
        _wait(server, f"{address}/api?token={token}", log)
        yield Jupyter(address, token, root)
    finally:
        server.terminate()
        server.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    said = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"Jupyter did not start within {START_SECONDS} s. It said: {said}")
