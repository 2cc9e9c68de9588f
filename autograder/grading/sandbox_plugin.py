"""What a Dask worker becomes a worker of ours by; see `autograder.grading.cluster`."""

from __future__ import annotations

import asyncio
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import distributed
from distributed import WorkerPlugin, get_worker

import course
from autograder.grading.job import SandboxUnavailable, Worker
from autograder.grading.parcel import packed_outcome, unpacked_job
from autograder.grading.released import Released
from autograder.sandbox import Limits
from autograder.startup import skip_iri_grammar

__all__ = ["NOT_MINE", "PLUGIN", "RESOURCE", "SandboxPlugin", "fingerprint"]
__all__ += ["grade_here", "refusal_here"]

RESOURCE = "sandbox"
PLUGIN = "autograder"
CLOSE_SECONDS = 20.0
NOT_MINE = b"not mine"
"""A worker's answer when it cannot grade: its sandbox is gone, or it serves another run by now."""


@cache
def fingerprint() -> str:
    """Return by what two installations of the course give the same verdicts: a digest of it."""
    root = Path(course.__file__).parent
    digest = hashlib.sha256()
    for room in ("autodiff", "checking", "exercises"):
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class SandboxPlugin(WorkerPlugin):
    """What a Dask worker becomes a worker of ours by: it holds the sandbox.

    Parameters
    ----------
    run : str
        Which run's jobs it takes.
    released : Released
    limits : Limits
    unsafe : bool
    hidden : tuple of pathlib.Path
        As for `autograder.grading.job.Worker`.
    version : str
        The client's `fingerprint`.

    Attributes
    ----------
    refusal : str
        Why the worker takes no jobs; "" when it does.
    """

    name = PLUGIN

    def __init__(
        self,
        run: str,
        released: Released,
        limits: Limits,
        *,
        unsafe: bool,
        hidden: tuple[Path, ...],
        version: str,
    ) -> None:
        self.run, self.version = run, version
        self._arguments = released, limits, unsafe, hidden
        self.refusal = ""

    async def setup(self, worker: distributed.Worker) -> None:
        """Start a sandbox and prove it; have the resource if it contains."""
        # bubblewrap dies with the thread that started it, so one thread does all of it.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox")
        self._dask, self._loop = worker, asyncio.get_running_loop()
        self.refusal = await self._loop.run_in_executor(self._thread, self._begin)
        await worker.set_resources(**{RESOURCE: 0 if self.refusal else 1})

    async def teardown(self, worker: distributed.Worker) -> None:
        """Give the resource back and end the sandbox."""
        if worker.status == distributed.Status.running:
            await worker.set_resources(**{RESOURCE: 0})
        closing = self._loop.run_in_executor(self._thread, self._worker.close)
        # A thread that hangs would hold the client, too, which waits for this.
        await asyncio.wait([closing], timeout=CLOSE_SECONDS)
        self._thread.shutdown(wait=False)

    def grade(self, run: str, parcel: bytes) -> bytes:
        """Grade a packed job; return the packed outcome, or `NOT_MINE`."""
        if self.refusal or run != self.run:
            return NOT_MINE
        try:
            outcome = self._thread.submit(self._worker.grade, unpacked_job(parcel)).result()
        except SandboxUnavailable as error:
            self.refusal = str(error)
            withdrawn = self._dask.set_resources(**{RESOURCE: 0})
            asyncio.run_coroutine_threadsafe(withdrawn, self._loop).result()
            return NOT_MINE
        return packed_outcome(outcome)

    def _begin(self) -> str:
        released, limits, unsafe, hidden = self._arguments
        skip_iri_grammar()
        self._worker = Worker(released, limits, unsafe=unsafe, hidden=hidden)
        if self.version != fingerprint():
            return "it has another version of the course: install the client's"
        try:
            self._worker.prepare()
        except SandboxUnavailable as error:
            return str(error)
        return ""


def grade_here(run: str, parcel: bytes) -> bytes:
    """Grade a packed job in the sandbox of the Dask worker that runs this."""
    plugin = get_worker().plugins.get(PLUGIN)
    return plugin.grade(run, parcel) if isinstance(plugin, SandboxPlugin) else NOT_MINE


def refusal_here(dask_worker: distributed.Worker) -> bytes:
    """Return why a Dask worker takes no jobs, in JSON; "" when it does, or may soon."""
    plugin = dask_worker.plugins.get(PLUGIN)
    return json.dumps(plugin.refusal if isinstance(plugin, SandboxPlugin) else "").encode()
