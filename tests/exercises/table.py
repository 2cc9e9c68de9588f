"""The proof as a table: ``python -m tests.exercises.table [ASSIGNMENT…]``.

For each exercise: points, mistakes listed, how many are caught and how many called by their own
name (twins aside) on three seeds, the twins, and how long a check of the solution takes.
"""

from __future__ import annotations

import sys
import time
from statistics import median

from rich import box
from rich.console import Console
from rich.table import Table

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.exercises import Exercise, assignments, load
from tests.exercises.mutants import mechanical_mutants, own_mutants, solutions

SEEDS = range(3)


def row(exercise: Exercise) -> list[str]:
    mutants = [*own_mutants(exercise), *mechanical_mutants(exercise)]
    verdicts = [(mutant, [mutant.verdict(seed) for seed in SEEDS]) for mutant in mutants]
    caught = sum(not any(each.passed for each in seen) for _, seen in verdicts)
    named = sum(
        all(mutant.mistake in each.mistakes[:1] for each in seen) for mutant, seen in verdicts
    )
    twins = {
        f"{mutant.mistake} = {each.mistakes[0]}"
        for mutant, seen in verdicts
        for each in seen
        if not each.passed and mutant.mistake not in each.mistakes[:1]
    }
    return [
        exercise.name,
        f"{exercise.points:g}",
        str(len({mutant.mistake for mutant in mutants})),
        f"{caught} of {len(mutants)}",
        str(named),
        ", ".join(sorted(twins)),
        f"{1e3 * seconds(exercise):.1f}",
    ]


def seconds(exercise: Exercise) -> float:
    transport = LocalTransport(solutions(exercise.assignment))
    taken = []
    for seed in range(5):
        start = time.perf_counter()
        examine(exercise, transport, seed)
        taken.append(time.perf_counter() - start)
    return median(taken)


def main() -> None:
    for assignment in sys.argv[1:] or assignments():
        table = Table(title=assignment, box=box.MARKDOWN)
        for head in ("exercise", "points", "mistakes", "caught", "named", "twins", "check ms"):
            table.add_column(head)
        for exercise in load(assignment).values():
            table.add_row(*row(exercise))
        Console(width=150).print(table)


if __name__ == "__main__":
    main()
