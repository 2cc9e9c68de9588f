"""The student's command: ``course progress``."""

from __future__ import annotations

import argparse
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; exit status 2 where there are no notebooks."""
    parser = argparse.ArgumentParser(
        prog="course", description="The backprop course, for students."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("progress", help="what is done and what is next")
    command.add_argument("folder", nargs="?", default=".", help="where the notebooks are")
    folder = parser.parse_args().folder

    from course.how_far import NoNotebooks, progress

    try:
        print(progress(folder))
    except NoNotebooks as error:
        print(f"course: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
