"""What this machine offers to contain student code, in words."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from autograder.sandbox.machine import facts

__all__ = ["report_machine"]


def report_machine() -> int:
    """Print what there is and what is missing.

    Returns
    -------
    int
        0 when submissions can be graded here, 2 when not.
    """
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    found = facts()
    for fact in found:
        answer = "yes" if fact.present else ("NO" if fact.needed else "no")
        table.add_row(fact.name, answer, fact.detail)
    console = Console()
    console.print(table, markup=False)
    lacking = [fact.name for fact in found if fact.needed and not fact.present]
    if lacking:
        console.print(f"Nothing can be graded here: {', '.join(lacking)} missing.")
        return 2
    console.print("Submissions can be graded here.")
    return 0
