"""Run every benchmark, each in a process of its own: ``python -m tests.benchmarks``."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("engine", "grading", "report", "widgets")


def main() -> int:
    """Run them one after the other; return 1 if one has failed."""
    status = 0
    for name in BENCHMARKS:
        print(f"--- {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=False)
        status = status or min(done.returncode, 1)
    return status


if __name__ == "__main__":
    sys.exit(main())
