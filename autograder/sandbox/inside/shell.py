"""A Jupyter kernel's shell without the kernel: what it would publish goes to a `Recorder`."""

from __future__ import annotations

import base64
import builtins
import getpass
import os
import signal
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from IPython.core.autocall import ExitAutocall
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell, InteractiveShellABC
from IPython.core.page import as_hook
from traitlets import Any as AnyTrait
from traitlets import CBool, Instance, Type
from traitlets.config import Config

from .recorder import Recorder, Stream

__all__ = ["CellShell", "CellTimeout", "new_shell"]


class CellTimeout(KeyboardInterrupt):
    """The cell ran longer than it may; raised in it, as an interrupt of the kernel would be."""


class RecordingDisplayHook(DisplayHook):
    """Turns a cell's last value into an execute_result."""

    data: dict[str, Any]
    metadata: dict[str, Any]

    def start_displayhook(self) -> None:
        """Begin with nothing to show."""
        self.data, self.metadata = {}, {}

    def write_output_prompt(self) -> None:
        """Leave the prompt to the notebook."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        """Keep the representations of the value."""
        self.data, self.metadata = without_bytes(format_dict), md_dict or {}

    def finish_displayhook(self) -> None:
        """Record the value, if it had any representation."""
        if self.data:
            _recorder(self).output(
                {
                    "output_type": "execute_result",
                    "data": self.data,
                    "metadata": self.metadata,
                    "execution_count": self.prompt_count,
                }
            )
        self.data = {}


class RecordingDisplayPublisher(DisplayPublisher):
    """Turns ``display(...)`` into display_data and update_display_data."""

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: Any = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **keywords: Any,
    ) -> None:
        """Record one display."""
        self._validate_data(data, metadata or {})
        _recorder(self).output(
            {
                "output_type": "update_display_data" if update else "display_data",
                "data": without_bytes(data),
                "metadata": metadata or {},
                "transient": transient or {},
            }
        )

    def clear_output(self, wait: bool = False) -> None:
        """Forget the cell's outputs so far."""
        _recorder(self).clear(wait)


class CellCompiler(CachingCompiler):
    """Names a cell's code as a kernel does: a file that does not exist.

    IPython formats a traceback by that name, in one way for such files and in another for the rest.
    """

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """Give a name that is the same for the same source."""
        name = zlib.crc32(raw_code.encode(errors="replace"))
        return f"{tempfile.gettempdir()}/ipykernel_{os.getpid()}/{name}.py"


class CellExit(ExitAutocall):
    """``exit`` and ``quit``: they end the cell."""

    def __call__(self, *arguments: object) -> NoReturn:
        """End the cell."""
        raise SystemExit


class CellShell(InteractiveShell):
    """The shell that runs a submission's cells.

    Attributes
    ----------
    recorder : Recorder
        Where outputs go.
    """

    recorder = Instance(Recorder)
    displayhook_class = Type(RecordingDisplayHook)
    display_pub_class = Type(RecordingDisplayPublisher)
    compiler_class = Type(CellCompiler)
    exiter = Instance(ExitAutocall)
    autoindent = CBool(False)
    kernel = AnyTrait(None)  # extensions ask whether there is one

    def _exiter_default(self) -> ExitAutocall:
        return CellExit(self)

    def init_virtualenv(self) -> None:
        """Do without: a kernel uses the environment it is installed in."""

    def init_hooks(self) -> None:
        """Do without a pager, which a notebook has beside the outputs, not among them."""
        super().init_hooks()
        self.set_hook("show_in_pager", as_hook(lambda *page, **how: None), 99)

    def enable_gui(self, gui: str | None = None) -> None:
        """Do without an event loop: there is no screen."""

    @contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        """Keep no second copy of the streams, which IPython does for its history, without end."""
        yield

    def _showtraceback(self, etype: type, evalue: BaseException | None, stb: list[str]) -> None:
        self.recorder.output(
            {
                "output_type": "error",
                "ename": str(etype.__name__),
                "evalue": str(evalue),
                "traceback": stb,
            }
        )

    def begin(self, directory: str) -> None:
        """Make this process the one whose outputs are recorded; after the fork."""
        self.recorder.begin(directory)
        sys.stdout, sys.stderr = Stream("stdout", self.recorder), Stream("stderr", self.recorder)
        builtins.input = _no_input
        getpass.getpass = _no_input

    def run(self, source: str, seconds: float) -> str:
        """Run a cell for `seconds` at most.

        Returns
        -------
        status : str
            ``"ok"``, ``"error"`` or ``"timeout"``.
        """
        with interrupted_after(seconds):
            result = self.run_cell(source, store_history=True)
        failure = result.error_before_exec or result.error_in_exec
        if isinstance(failure, CellTimeout):
            return "timeout"
        return "ok" if result.success else "error"


InteractiveShellABC.register(CellShell)


def new_shell(output_bytes: int) -> CellShell:
    """Make the shell, as the process's one `get_ipython()` answers with."""
    config = Config()
    # SQLite in a thread, for a history that nobody will read.
    config.HistoryManager.enabled = False
    shell: CellShell = CellShell.instance(config=config, recorder=Recorder(output_bytes))
    return shell


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raise `CellTimeout` in the block when `seconds` have passed."""

    def interrupt(number: int, frame: object) -> NoReturn:
        raise CellTimeout(f"the cell ran longer than {seconds:g} s")

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)


def without_bytes(data: dict[str, Any]) -> dict[str, Any]:
    """MIME bundle with images as a notebook holds them, in base64."""
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


def _recorder(part: DisplayHook | DisplayPublisher) -> Recorder:
    shell: Any = part.shell
    recorder: Recorder = shell.recorder
    return recorder


def _no_input(prompt: object = "", stream: object = None) -> NoReturn:
    raise StdinNotImplementedError(
        "raw_input was called, but this frontend does not support input requests."
    )
