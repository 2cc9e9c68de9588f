"""Worker processes on this machine, each with a sandbox of its own.

A worker that dies (of memory, say) takes no submission with it: those it may have held are tried
again one by one, and only the one that ends a worker on its own is given up.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, util
from pathlib import Path
from types import TracebackType

from autograder.grading.job import Job, Outcome, Worker, ungraded
from autograder.grading.released import Released
from autograder.sandbox import Limits
from autograder.startup import skip_iri_grammar

__all__ = ["WorkerPool"]

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class WorkerPool:
    """Some workers; a context manager.

    Parameters
    ----------
    workers : int
    released : Released
    limits : Limits
    unsafe : bool
        Without a sandbox, because the instructor asked for it.
    hidden : tuple of pathlib.Path
        What no submission may see.
    """

    def __init__(
        self,
        workers: int,
        released: Released,
        limits: Limits,
        *,
        unsafe: bool = False,
        hidden: tuple[Path, ...] = (),
    ) -> None:
        self._workers, self._released = workers, released
        # Nothing is ever sent: that it is closed tells the workers to end.
        self._lifeline, self._lifeline_end = multiprocessing.Pipe()
        self._arguments = (released, limits, unsafe, hidden, self._lifeline_end)
        self._pool = self._new_pool()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            # Somebody may be waiting at the keyboard: do not finish what is running.
            self._lifeline.close()
        self._pool.shutdown(cancel_futures=True)
        self._lifeline.close()
        self._lifeline_end.close()

    def prepare(self) -> None:
        """Start all workers, and make sure that one gets a sandbox that contains.

        Raises
        ------
        SandboxUnavailable
            It does not.
        """
        # A submission for each, so that they start side by side.
        preparing = [self._pool.submit(_prepare) for _ in range(self._workers)]
        done, _ = wait(preparing, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()

    def refusals(self) -> dict[str, str]:
        """Return the workers that take no jobs: none, since all are on this machine."""
        return {}

    def grade(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Grade jobs as they come; yield each outcome when it is there.

        Only a few jobs are held at once, however many there are.

        Raises
        ------
        SandboxUnavailable
            A worker has no sandbox any more.
        """
        waiting = iter(jobs)
        running: dict[Future[Outcome], Job] = {}
        while True:
            for job in waiting:
                running[self._pool.submit(_grade, job)] = job
                if len(running) >= 2 * self._workers:
                    break
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            suspects = [running[future] for future in done if _is_broken(future)]
            for future in done:
                if not _is_broken(future):
                    del running[future]
                    yield future.result()
            if suspects:
                suspects = list(running.values())
                running.clear()
                self._replace_pool()
                yield from self._one_by_one(deque(suspects))

    def _one_by_one(self, suspects: deque[Job]) -> Iterator[Outcome]:
        while suspects:
            job = suspects.popleft()
            try:
                yield self._pool.submit(_grade, job).result()
            except BrokenProcessPool:
                self._replace_pool()
                reason = "grading it ended the grader's own worker twice: look at the file."
                yield ungraded(job, self._released, "crashed", reason)

    def _replace_pool(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        # Workers do small NumPy work side by side: a BLAS pool in each would only be in the way.
        for name in _THREADS:
            os.environ.setdefault(name, "1")
        return ProcessPoolExecutor(
            self._workers,
            # A fresh interpreter: a fork would copy the database connection and our threads.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=self._arguments,
        )


def _is_broken(future: Future[Outcome]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


_worker: Worker | None = None


def _begin(
    released: Released,
    limits: Limits,
    unsafe: bool,
    hidden: tuple[Path, ...],
    lifeline: connection.Connection,
) -> None:
    """Set up this process as a worker; the sandbox starts with the first job."""
    global _worker
    # The interrupt is the main process's to handle: it lets us finish or ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_grader, args=[lifeline], daemon=True).start()
    skip_iri_grammar()
    _worker = Worker(released, limits, unsafe=unsafe, hidden=hidden)
    # Worker processes end without running atexit; this is run.
    util.Finalize(_worker, _worker.close, exitpriority=10)


def _end_with_grader(lifeline: connection.Connection) -> None:
    """End when the grader stops or was killed: the queue alone would keep a worker waiting."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel, lifeline])
        os._exit(1)


def _prepare() -> None:
    _this_worker().prepare()


def _grade(job: Job) -> Outcome:
    return _this_worker().grade(job)


def _this_worker() -> Worker:
    assert _worker is not None, "the pool's initializer sets it"
    return _worker
