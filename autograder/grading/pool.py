"""Worker processes on this machine, each with a sandbox of its own.

A worker that dies (of memory, say) or hangs takes no submission with it: those it may have held are
tried again one by one, and only the one that loses a worker on its own is given up.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, util
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from autograder.grading.job import Job, Outcome, Worker, ungraded
from autograder.grading.released import Released
from autograder.grading.workers import longest
from autograder.sandbox import Limits
from autograder.startup import skip_iri_grammar

__all__ = ["WorkerPool"]

_SPAWN = multiprocessing.get_context("spawn")
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
    patience : float, optional
        Seconds after which a job that has no outcome is taken to hang; see `longest`.
    """

    def __init__(
        self,
        workers: int,
        released: Released,
        limits: Limits,
        *,
        unsafe: bool = False,
        hidden: tuple[Path, ...] = (),
        patience: float | None = None,
    ) -> None:
        self._workers, self._released = workers, released
        self._patience = longest(limits) if patience is None else patience
        # Who is a worker; this process may have other children.
        self._pids = _SPAWN.SimpleQueue()
        # Nothing is ever sent: that it is closed tells the workers to end.
        self._lifeline, self._lifeline_end = multiprocessing.Pipe()
        self._arguments = (released, limits, unsafe, hidden, self._lifeline_end, self._pids)
        self._pool = self._new_pool()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            # Somebody may be waiting at the keyboard: do not finish what is running.
            self._lifeline.close()
        self._pool.shutdown(cancel_futures=True)
        self._lifeline.close()
        self._lifeline_end.close()

    def prepare(self) -> None:
        """As `Workers.prepare`; it is enough that one has a sandbox, as all are on this machine."""
        # A submission for each, so that they start side by side.
        preparing = [self._pool.submit(_prepare) for _ in range(self._workers)]
        done, _ = wait(preparing, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()

    def refusals(self) -> dict[str, str]:
        """None, since all are on this machine."""
        return {}

    def grade(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """As `Workers.grade`."""
        waiting = iter(jobs)
        running: dict[Future[Outcome], tuple[Job, float]] = {}
        while True:
            for job in waiting:
                running[self._submit(job)] = job, time.monotonic() + self._patience
                if len(running) >= 2 * self._workers:
                    break
            if not running:
                return
            first = min(deadline for _, deadline in running.values())
            done, _ = wait(running, max(first - time.monotonic(), 0), FIRST_COMPLETED)
            lost = not done or any(map(_is_broken, done))
            for future in done:
                if not _is_broken(future):
                    del running[future]
                    yield future.result()
            if lost:
                suspects = [job for job, _ in running.values()]
                running.clear()
                self._replace_pool()
                yield from self._one_by_one(suspects)

    def _submit(self, job: Job) -> Future[Outcome]:
        try:
            return self._pool.submit(_grade, job)
        except BrokenProcessPool as error:  # a worker has died since we looked
            future: Future[Outcome] = Future()
            future.set_exception(error)
            return future

    def _one_by_one(self, suspects: Iterable[Job]) -> Iterator[Outcome]:
        for job in suspects:
            try:
                yield self._submit(job).result(self._patience)
            except (BrokenProcessPool, TimeoutError):
                self._replace_pool()
                reason = "grading it ended the grader's own worker, or held it: look at the file."
                yield ungraded(job, self._released, "crashed", reason)

    def _replace_pool(self) -> None:
        workers = set()
        while not self._pids.empty():
            workers.add(self._pids.get())
        for child in multiprocessing.active_children():
            if child.pid in workers:
                child.kill()  # one that hangs does not hear anything else
        self._pool.shutdown(cancel_futures=True)
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        # Workers do small NumPy work side by side: a BLAS pool in each would only be in the way.
        for name in _THREADS:
            os.environ.setdefault(name, "1")
        return ProcessPoolExecutor(
            self._workers,
            # A fresh interpreter: a fork would copy the database connection and our threads.
            mp_context=_SPAWN,
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
    pids: SimpleQueue[int],
) -> None:
    """Set up this process as a worker; the sandbox starts with the first job."""
    global _worker
    pids.put(os.getpid())
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
