"""The command ``autograder``, which is ``python -m autograder`` as well."""

from __future__ import annotations

import importlib.util
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; a student, who has the package but not what grading needs, is told so."""
    if importlib.util.find_spec("typer") is None:
        print(
            "autograder: this is the instructor's command, and what it needs is not installed: "
            "pip install 'backprop-course[instructor]'",
            file=sys.stderr,
        )
        sys.exit(2)
    from autograder.cli import main as run

    run()


if __name__ == "__main__":
    main()
