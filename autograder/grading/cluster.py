"""Workers on other machines: a Dask cluster, of whose workers each holds a sandbox.

The resource ``sandbox`` is not claimed by a worker but given to it, by the plugin that the client
sends there, once its canary has shown that the sandbox contains. So no job is ever scheduled on a
worker that has not proved it. Dask gives the jobs of a worker that dies to another one.

What is trusted: the scheduler, and the network between all of them. As anywhere in Dask, whoever
reaches the scheduler can run code on its workers; keep it in a private network, or behind TLS,
which is set in Dask's own configuration. A worker sees no secret, no database and no other
submission than those it grades, and is believed only what it says about these. Jobs and outcomes
travel as bytes (`autograder.grading.parcel`), and the client reads results as msgpack: it unpickles
nothing that a worker made, other than what Dask's own messages are made of.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import distributed
from distributed import Client, Future

from autograder.errors import NothingDone
from autograder.grading.job import Job, Outcome, SandboxUnavailable, ungraded
from autograder.grading.parcel import OutcomeRefused, packed_job, unpacked_outcome
from autograder.grading.released import Released
from autograder.grading.sandbox_plugin import (
    NOT_MINE,
    PLUGIN,
    RESOURCE,
    SandboxPlugin,
    fingerprint,
    grade_here,
    refusal_here,
)
from autograder.grading.workers import longest
from autograder.sandbox import Limits

__all__ = ["Cluster"]

CONNECT_SECONDS = 5.0
PATIENCE = 60.0
"""How long to wait for a worker with a sandbox, at the beginning and when the last one is gone."""
LOOK_SECONDS = 2.0
TRIES = 3
"""How many workers may fail at a submission before it is given up."""


class _Given(NamedTuple):
    """A job that the cluster has, with how many workers have had it, and since when."""

    job: Job
    tries: int
    at: float


class Cluster:
    """The workers behind a Dask scheduler; a context manager, used as `WorkerPool` is.

    Parameters
    ----------
    address : str
        The scheduler's, such as ``"tcp://10.0.0.1:8786"``.
    released : Released
    limits : Limits
    unsafe : bool
    hidden : tuple of pathlib.Path
        As for `autograder.grading.pool.WorkerPool`.
    patience : float
        Seconds to wait for a worker with a sandbox.
    job_patience : float, optional
        Seconds after which a job that has no outcome is given to another worker; see `longest`.

    Raises
    ------
    NothingDone
        There is no scheduler at that address.
    """

    def __init__(
        self,
        address: str,
        released: Released,
        limits: Limits,
        *,
        unsafe: bool = False,
        hidden: tuple[Path, ...] = (),
        patience: float = PATIENCE,
        job_patience: float | None = None,
    ) -> None:
        self._job_patience = longest(limits) if job_patience is None else job_patience
        self._released, self._unsafe, self._patience = released, unsafe, patience
        self._run = uuid.uuid4().hex
        self._hung: set[str] = set()
        self._plugin = SandboxPlugin(
            self._run, released, limits, unsafe=unsafe, hidden=hidden, version=fingerprint()
        )
        try:
            self._client = Client(
                address,
                timeout=CONNECT_SECONDS,
                set_as_default=False,
                name="autograder",
                serializers=["msgpack"],
                deserializers=["msgpack"],
            )
        except (OSError, ValueError) as error:
            raise NothingDone(f"there is no Dask scheduler at {address}: {error}.") from error

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._client.unregister_worker_plugin(PLUGIN)
        finally:
            # Closing releases the futures, by which Dask forgets jobs that did not begin.
            self._client.close()

    @property
    def workers(self) -> list[str]:
        """Addresses of the workers that have proved their sandbox, and do not hang."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].items()
        proved = {address for address, each in workers if each["resources"].get(RESOURCE)}
        return sorted(proved - self._hung)

    def prepare(self) -> None:
        """As `Workers.prepare`; the message has each one's reason."""
        self._client.register_plugin(self._plugin)
        self._await_workers()

    def refusals(self) -> dict[str, str]:
        """As `Workers.refusals`."""
        answers = self._client.run(refusal_here, on_error="ignore")
        reasons = {address: str(json.loads(answer)) for address, answer in answers.items()}
        return {address: reason for address, reason in reasons.items() if reason}

    def grade(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """As `Workers.grade`."""
        waiting = iter(jobs)
        running: dict[Future[Any], _Given] = {}

        def give(job: Job, tries: int) -> None:
            running[self._submit(job, tries)] = _Given(job, tries, time.monotonic())

        while True:
            room = 2 * max(len(self.workers), 1) - len(running)
            for _, job in zip(range(room), waiting, strict=False):
                give(job, 1)
            if not running:
                return
            for future in self._ended(running):
                job, tries, _ = running.pop(future)
                try:
                    yield self._outcome(future, job)
                except OutcomeRefused as error:
                    if tries < TRIES:
                        give(job, tries + 1)
                        continue
                    reason = f"{TRIES} workers failed at it, the last because {error}: look at it."
                    yield ungraded(job, self._released, "crashed", reason)

    def _submit(self, job: Job, tries: int) -> Future[Any]:
        return self._client.submit(
            grade_here,
            self._run,
            packed_job(job),
            key=f"{self._run}-{job.student}-{tries}",
            resources={RESOURCE: 1},
            # Dask does not know of those that hang.
            workers=self.workers if self._hung else None,
            pure=False,
        )

    def _ended(self, running: Mapping[Future[Any], _Given]) -> list[Future[Any]]:
        """Wait until a job has ended, or has been lost; as long as there is anybody to end it."""
        while True:
            try:
                with self._client.as_current():
                    ended = distributed.wait(
                        list(running), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED"
                    )
                return list(ended.done)
            except TimeoutError:
                latest = time.monotonic() - self._job_patience
                lost = [future for future, given in running.items() if given.at < latest]
                if lost:
                    self._give_up(lost)
                    return lost
                self._await_workers()

    def _give_up(self, lost: Iterable[Future[Any]]) -> None:
        """Take jobs back, and give nothing more to the workers that have them."""
        keys = {future.key for future in lost}
        for address, has in self._client.processing().items():
            if keys.intersection(has):
                self._hung.add(address)
        for future in lost:
            future.cancel()

    def _outcome(self, future: Future[Any], job: Job) -> Outcome:
        # An error of Dask's own, such as of a job that has ended several workers, is a pickle.
        if future.status != "finished":
            raise OutcomeRefused("it did not come to an end there")
        parcel = future.result()
        future.release()
        if parcel == NOT_MINE:
            raise OutcomeRefused("its sandbox was lost, or another run has taken it")
        return unpacked_outcome(parcel, job, self._released, sandboxed=not self._unsafe)

    def _await_workers(self) -> None:
        """Wait until there is a worker with a sandbox.

        Raises
        ------
        SandboxUnavailable
            There was none in all that time, or all there are refuse.
        """
        waited = 0.0
        while not self.workers:
            refused = self.refusals()
            if refused or waited >= self._patience:
                raise SandboxUnavailable(self._why_nobody(refused))
            time.sleep(0.2)
            waited += 0.2

    def _why_nobody(self, refused: Mapping[str, str]) -> str:
        if refused:
            why = "; ".join(f"{address}: {reason}" for address, reason in refused.items())
            return f"no worker of the cluster has a sandbox ({why})"
        if self._hung:
            return f"no worker is left but what hangs ({', '.join(self._hung)}): start it anew"
        return "the cluster has no workers: start one with `autograder worker ADDRESS`"
