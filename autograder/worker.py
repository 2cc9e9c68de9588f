"""The workers that a machine lends to a Dask cluster."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path

from distributed import Nanny, Status

from autograder.errors import NothingDone
from autograder.sandbox import Limits, Sandbox, SandboxError, leftovers

__all__ = ["serve"]

CONNECT_SECONDS = 30.0


def serve(address: str, workers: int) -> None:
    """Serve a scheduler until it goes away, or until this process is told to end.

    Parameters
    ----------
    address : str
        The scheduler's.
    workers : int
        Worker processes, each with a sandbox of its own.

    Raises
    ------
    NothingDone
        There is no sandbox on this machine, or no scheduler at that address.
    """
    try:
        with Sandbox(Limits()) as sandbox:
            sandbox.prove()
    except SandboxError as error:
        raise NothingDone(f"this machine cannot grade: {error}") from error
    # Under a name by which the next grader here removes it, should this process be killed.
    scratch = Path(tempfile.gettempdir(), leftovers.mark())
    scratch.mkdir(mode=0o700)
    try:
        asyncio.run(_serve(address, workers, scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


async def _serve(address: str, workers: int, scratch: Path) -> None:
    """Keep that many workers; a nanny starts one again that has died."""
    told_to_end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    nannies = [
        Nanny(
            address,
            nthreads=1,
            # The sandbox limits memory; Dask would count what submissions share many times over.
            memory_limit=0,
            local_directory=str(scratch),
            death_timeout=CONNECT_SECONDS,
            dashboard=False,
        )
        for _ in range(workers)
    ]
    try:
        await asyncio.wait_for(asyncio.gather(*nannies), CONNECT_SECONDS)
    except (OSError, TimeoutError, RuntimeError) as error:
        await asyncio.gather(*(nanny.close() for nanny in nannies), return_exceptions=True)
        raise NothingDone(f"there is no Dask scheduler at {address}: {error}.") from error
    print(f"{workers} serving {address}", flush=True)
    finished = [asyncio.ensure_future(nanny.finished()) for nanny in nannies]
    ended = asyncio.ensure_future(told_to_end.wait())
    await asyncio.wait([*finished, ended], return_when=asyncio.FIRST_COMPLETED)
    running = [nanny for nanny in nannies if nanny.status == Status.running]
    await asyncio.gather(*(nanny.close() for nanny in running))
