"""The proof as tables: ``python -m tests.exercises.table [ASSIGNMENT…]``.

For each exercise: points, mistakes listed, how many are caught and how many called by their own
name (twins aside) on three seeds, the twins, and how long a check of the solution takes: the median
and the longest over five seeds, in processor time, which is what the clock says on a machine that
does nothing else. Then the same for each assignment.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from statistics import median

from rich import box
from rich.console import Console
from rich.table import Table

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.exercises import Exercise, assignments, load
from tests.exercises.mutants import mechanical_mutants, own_mutants, solutions

SEEDS = range(3)
TIMED_SEEDS = range(5)
WIDTH = 150


@dataclass(frozen=True)
class Proof:
    """What was found out about one exercise."""

    exercise: Exercise
    mistakes: int
    mutants: int
    caught: int
    named: int
    twins: frozenset[str]
    milliseconds: tuple[float, ...]


def proof(exercise: Exercise) -> Proof:
    mutants = [*own_mutants(exercise), *mechanical_mutants(exercise)]
    verdicts = [(mutant, [mutant.verdict(seed) for seed in SEEDS]) for mutant in mutants]
    return Proof(
        exercise,
        mistakes=len({mutant.mistake for mutant in mutants}),
        mutants=len(mutants),
        caught=sum(not any(each.passed for each in seen) for _, seen in verdicts),
        named=sum(
            all(mutant.mistake in each.mistakes[:1] for each in seen) for mutant, seen in verdicts
        ),
        twins=frozenset(
            f"{mutant.mistake} = {each.mistakes[0]}"
            for mutant, seen in verdicts
            for each in seen
            if not each.passed and mutant.mistake not in each.mistakes[:1]
        ),
        milliseconds=timed(exercise),
    )


def timed(exercise: Exercise) -> tuple[float, ...]:
    """Time checks of the solution, in milliseconds, after one that nobody waits for."""
    transport = LocalTransport(solutions(exercise.assignment))
    examine(exercise, transport, 0)
    taken = []
    for seed in TIMED_SEEDS:
        start = time.process_time()
        examine(exercise, transport, seed)
        taken.append(1e3 * (time.process_time() - start))
    return tuple(taken)


def one_by_one(assignment: str, proofs: list[Proof]) -> Table:
    table = markdown(assignment, "exercise", "points", "mistakes", "caught", "named", "twins")
    table.add_column("check ms")
    table.add_column("longest")
    for each in proofs:
        table.add_row(
            each.exercise.name,
            f"{each.exercise.points:g}",
            str(each.mistakes),
            f"{each.caught} of {each.mutants}",
            str(each.named),
            ", ".join(sorted(each.twins)),
            f"{median(each.milliseconds):.1f}",
            f"{max(each.milliseconds):.1f}",
        )
    return table


def summed_up(found: dict[str, list[Proof]]) -> Table:
    table = markdown("all", "assignment", "exercises", "points", "mistakes", "caught", "named")
    table.add_column("check ms, median")
    table.add_column("longest")
    everything = [each for proofs in found.values() for each in proofs]
    for assignment, proofs in (*found.items(), ("together", everything)):
        table.add_row(
            assignment,
            str(len(proofs)),
            f"{sum(each.exercise.points for each in proofs):g}",
            str(sum(each.mistakes for each in proofs)),
            f"{sum(each.caught for each in proofs)} of {sum(each.mutants for each in proofs)}",
            str(sum(each.named for each in proofs)),
            f"{median(median(each.milliseconds) for each in proofs):.1f}",
            f"{max(max(each.milliseconds) for each in proofs):.1f}",
        )
    return table


def markdown(title: str, *heads: str) -> Table:
    table = Table(title=title, box=box.MARKDOWN)
    for head in heads:
        table.add_column(head)
    return table


def main() -> None:
    console, found = Console(width=WIDTH), {}
    for assignment in sys.argv[1:] or assignments():
        found[assignment] = [proof(exercise) for exercise in load(assignment).values()]
        console.print(one_by_one(assignment, found[assignment]))
    console.print(summed_up(found))


if __name__ == "__main__":
    main()
