"""The command ``python -m autograder.demo [DIR]``."""

from __future__ import annotations

import sys
from pathlib import Path

from autograder.demo.run import run_demo
from autograder.errors import AutograderError


def main() -> None:
    """Run the demo in a directory, ``demo`` when none is named."""
    try:
        run_demo(Path(*sys.argv[1:2] or ("demo",)))
    except AutograderError as error:
        print(f"autograder.demo: {error}", file=sys.stderr)
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
