"""Right stubs from the solutions; and mutants, stubs with a known mistake, from the catalogue."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jupytext
import matplotlib.pyplot

from course.checking.compare import all_agree
from course.checking.examine import examine, judge
from course.checking.hypotheses import mechanical_mistakes, run_mistake
from course.checking.local import LocalTransport
from course.checking.observe import Observation
from course.checking.verdict import Verdict
from course.exercises import Case, Exercise, Mistake, assignments, load
from course.exercises.case import Answer

EXERCISES = [each for name in assignments() for each in load(name).values()]


SOLUTIONS = Path(__file__).parents[2] / "solutions"


@cache
def solutions(assignment: str) -> dict[str, Any]:
    """Run an assignment's source, checks left out, and return the names it defines."""
    namespace: dict[str, Any] = {"__name__": assignment}
    for cell in jupytext.read(SOLUTIONS / f"{assignment}.py").cells:
        is_check = cell.source.lstrip().startswith("check(")
        if cell.cell_type == "code" and not is_check:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, f"<{assignment}>", "exec"), namespace)
    matplotlib.pyplot.close("all")
    return namespace


@dataclass(frozen=True)
class Mutant:
    """A wrong stub of an exercise: `answer` says what it returns for a case."""

    exercise: Exercise
    mistake: str
    answer: Callable[[Case], Answer | None]
    twins: tuple[str, ...] = ()
    source: Mistake | None = None

    def __str__(self) -> str:
        return f"{self.exercise.name}-{self.mistake}"

    def verdict(self, seed: int) -> Verdict:
        """Check the mutant: by calling its stub where there is one, else from its answers."""
        if self.source is not None and self.source.stub is not None:
            name = self.exercise.name
            return examine(self.exercise, LocalTransport({name: self.source.stub}), seed)
        return judge(
            self.exercise,
            seed,
            [
                (probes, [Observation(case, self.given(case)) for case in cases])
                for probes, cases in self.exercise.cases(seed)
            ],
        )

    def given(self, case: Case) -> Answer:
        answer = self.answer(case)
        return answer if isinstance(answer, tuple) else case.answer

    def changes_something(self, seed: int) -> bool:
        """Whether any scored probe tells the mutant from the right stub."""
        return any(
            not any(all_agree(self.given(case), view.answer) for view in case.views)
            for probes, cases in self.exercise.cases(seed)
            for case in cases
        )


def own_mutants(exercise: Exercise) -> Iterator[Mutant]:
    """Yield a mutant for every mistake listed with the exercise."""
    for mistake in exercise.mistakes:
        yield Mutant(
            exercise,
            mistake.name,
            lambda case, mistake=mistake: run_mistake(mistake, case),
            mistake.twins,
            mistake,
        )


def mechanical_mutants(exercise: Exercise) -> Iterator[Mutant]:
    """Yield a mutant for every mechanical mistake that changes the exercise's answer."""
    for mechanical in mechanical_mistakes(exercise):
        mutant = Mutant(
            exercise,
            mechanical.name,
            lambda case, rule=mechanical.rule: rule(case.views[0]),
        )
        if mutant.changes_something(0):
            yield mutant
