"""The command ``autograder``.

Each command imports what it needs when it runs, so that ``--help`` is there at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.errors import AutograderError, NothingDone, StaleNotebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograder.course_directory import CourseDirectory
    from autograder.grading.grade import Summary
    from autograder.grading.record import Record

__all__ = ["app", "main"]

app = typer.Typer(
    help="Build, grade and report on the assignments of an nbgrader course directory.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CourseDir = Annotated[
    Path, typer.Option("--course-dir", help="The nbgrader course directory.", show_default="here")
]
Solutions = Annotated[
    Path | None,
    typer.Option(help="Folder with the assignments' sources, NN_name.py.", show_default=False),
]
Names = Annotated[list[str] | None, typer.Argument(help="Assignments; all when none is named.")]
Students = Annotated[list[str] | None, typer.Option("--student", help="Only this one; repeatable.")]
MIB = 2**20


def main() -> None:
    """Run the command; an error of ours is one line and an exit status."""
    try:
        app()
    except AutograderError as error:
        print(f"autograder: {error}", file=sys.stderr)
        sys.exit(error.exit_status)


@app.command()
def init(directory: Path, solutions: Solutions = None) -> None:
    """Make a new course directory with the assignments in it."""
    from autograder.build import build, find_sources, points_of
    from autograder.init import init_course
    from autograder.packaged import packaged_notebooks, release

    place = _solutions(None, solutions)
    # An installed package has the released notebooks only: its students have it too.
    if solutions is None and not place.is_dir():
        notebooks = packaged_notebooks()
        course = init_course(directory)
        for name, notebook in notebooks.items():
            release(course, name, notebook)
        print(f"{course.root}: {', '.join(notebooks)}. Its README.md says how to go on.")
        return
    sources = find_sources(place)
    course = init_course(directory)
    for name, source in sources.items():
        build(course, source, points_of(name))
    print(f"{course.root}: {', '.join(sources)}. Its README.md says how to go on.")


@app.command()
def build(
    names: Names = None,
    check: Annotated[bool, typer.Option("--check", help="Only say what is stale.")] = False,
    solutions: Solutions = None,
    course_dir: CourseDir = Path(),
) -> None:
    """Build the notebooks for students from their sources."""
    from autograder.build import build as build_one
    from autograder.build import find_sources, points_of

    course = _open(course_dir)
    stale = []
    for name, source in find_sources(_solutions(course, solutions), tuple(names or ())).items():
        built = build_one(course, source, points_of(name), check=check)
        if check and built.changed:
            stale.append(name)
        else:
            print(f"{name}: {'built' if built.changed else 'up to date'}")
    if stale:
        raise StaleNotebook(f"stale: {', '.join(stale)}. Run `autograder build`.")


@app.command()
def grade(
    name: Annotated[str, typer.Argument(help="The assignment.")],
    student: Students = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes at a time.", show_default="as many as processors")
    ] = os.cpu_count() or 1,
    scheduler: Annotated[
        str,
        typer.Option(
            help="Grade on a Dask cluster instead, such as tcp://10.0.0.1:8786.",
            show_default=False,
        ),
    ] = "",
    json: Annotated[
        Path | None, typer.Option(help="Write a row for each student and exercise here.")
    ] = None,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Also what is graded already.")
    ] = False,
    unsafe_no_sandbox: Annotated[
        bool,
        typer.Option(
            "--unsafe-no-sandbox",
            help="Run student code as you, with all your rights. Only for code you trust.",
        ),
    ] = False,
    wall: Annotated[float, typer.Option(help="Seconds for a whole submission.")] = 60.0,
    cell: Annotated[float, typer.Option(help="Seconds for a cell.")] = 20.0,
    call: Annotated[float, typer.Option(help="Seconds for a call of a stub.")] = 5.0,
    memory: Annotated[int, typer.Option(help="MiB for a submission's processes together.")] = 2048,
    processes: Annotated[int, typer.Option(help="Processes and threads of a submission.")] = 64,
    files: Annotated[int, typer.Option(help="MiB that a submission may write.")] = 128,
    output: Annotated[int, typer.Option(help="MiB kept of what a submission puts out.")] = 8,
    course_dir: CourseDir = Path(),
) -> None:
    """Grade submitted/ into autograded/ and the gradebook; goes on where an earlier run ended."""
    from autograder.startup import skip_iri_grammar

    skip_iri_grammar()
    from rich.console import Console

    from autograder.grading.grade import Options
    from autograder.grading.grade import grade as grade_all
    from autograder.progress import ShownProgress
    from autograder.sandbox import Limits

    limits = Limits(
        wall_seconds=wall,
        cell_seconds=cell,
        call_seconds=call,
        memory_bytes=memory * MIB,
        processes=processes,
        file_bytes=files * MIB,
        output_bytes=output * MIB,
    )
    options = Options(
        tuple(student or ()),
        workers,
        regrade,
        unsafe_no_sandbox,
        limits,
        scheduler=scheduler,
    )
    course = _open(course_dir)
    if unsafe_no_sandbox:
        print("Grading WITHOUT a sandbox: student code runs with your rights.", file=sys.stderr)
    with ShownProgress(Console()) as progress:
        summary = grade_all(course, name, options, progress)
    for address, reason in summary.left_out.items():
        print(f"{address} graded nothing: {reason}", file=sys.stderr)
    _conclude(course, name, summary, json)


@app.command()
def worker(
    address: Annotated[str, typer.Argument(help="The Dask scheduler's, tcp://10.0.0.1:8786.")],
    workers: Annotated[
        int, typer.Option(min=1, help="Sandboxes at a time.", show_default="as many as processors")
    ] = os.cpu_count() or 1,
) -> None:
    """Grade on this machine what `autograder grade --scheduler ADDRESS` gives out on another."""
    from autograder.worker import serve

    serve(address, workers)


@app.command()
def explain(
    student: str,
    exercise: str,
    unsafe_no_sandbox: Annotated[
        bool, typer.Option("--unsafe-no-sandbox", help="Run student code with your rights.")
    ] = False,
    course_dir: CourseDir = Path(),
) -> None:
    """Say how a score came about, and make it again with the same probes."""
    course = _open(course_dir)  # first: it makes the imports below faster
    from autograder.explain import explain as explain_one
    from course.checking.render import as_text

    told = explain_one(course, student, exercise, unsafe=unsafe_no_sandbox)
    print(as_text(told.recorded))
    print(f"probes from seed {told.recorded.seed}, attempt {told.record.attempt}")
    if told.is_reproduced:
        print("Run again just now, it came out the same.")
        return
    print(f"Run again just now, it came out otherwise:\n{as_text(told.again)}")
    raise typer.Exit(1)


@app.command()
def feedback(
    name: Annotated[str, typer.Argument(help="The assignment.")],
    student: Students = None,
    course_dir: CourseDir = Path(),
) -> None:
    """Write what each student gets back."""
    course = _open(course_dir)  # first: it makes the import below faster
    from autograder.feedback import write_feedback

    written = write_feedback(course, name, tuple(student or ()))
    if not written:
        raise NothingDone(f"nobody was graded for {name}: run `autograder grade {name}` first.")
    print(f"{len(written)} written, such as {written[0]}")


@app.command()
def report(
    name: Annotated[str | None, typer.Argument(help="The assignment; all when none is named.")] = (
        None
    ),
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the report's data here; - for output.")
    ] = None,
    course_dir: CourseDir = Path(),
) -> None:
    """Write the instructor's report: one HTML page."""
    from autograder.report import report_data, write_report

    course = _open(course_dir)
    if json is not None:
        import json as encoder

        _write(None if str(json) == "-" else json, encoder.dumps(report_data(course, name)))
    else:
        print(write_report(course, name))


@app.command()
def export(
    format: Annotated[str, typer.Option(help="csv, canvas or moodle.")] = "csv",
    to: Annotated[Path | None, typer.Option(help="File; standard output when not given.")] = None,
    course_dir: CourseDir = Path(),
) -> None:
    """Write all scores for another program."""
    course = _open(course_dir)  # first: it makes the imports below faster
    from autograder.export import FORMATS, as_text, read_scores
    from autograder.grading.database import PATIENCE, open_gradebook, patiently

    if format not in FORMATS:
        raise NothingDone(f"there is no format {format!r}: use one of {', '.join(FORMATS)}.")
    with open_gradebook(course) as book:
        scores = patiently(lambda: read_scores(course, book), PATIENCE, book.db.rollback)
    _write(to, as_text(format, scores))
    if waiting := sum(score.needs_person is True for score in scores):
        print(f"{waiting} scores wait for a person (formgrader).", file=sys.stderr)


@app.command(name="release-bundle")
def release_bundle(
    to: Annotated[Path, typer.Option(help="The zip.")] = Path("course.zip"),
    wheel: Annotated[
        Path | None, typer.Option(help="The package, to put in as well.", show_default=False)
    ] = None,
    course_dir: CourseDir = Path(),
) -> None:
    """Write the zip a student gets: the released notebooks and what runs them."""
    from autograder.bundle import write_bundle

    names = write_bundle(_open(course_dir), to, wheel)
    print(f"{to}: {', '.join(names)}")


@app.command()
def site(
    to: Annotated[Path, typer.Option(help="Its folder; an old site there is replaced.")] = Path(
        "site"
    ),
    title: Annotated[
        str, typer.Option(help="What the course is called.", show_default="the course's id")
    ] = "",
    lite: Annotated[bool, typer.Option(help="Let the notebooks run in the browser, too.")] = True,
    pyodide: Annotated[
        Path | None,
        typer.Option(
            help="A copy of Pyodide to put on the site; else students' browsers fetch it.",
            show_default=False,
        ),
    ] = None,
    course_dir: CourseDir = Path(),
) -> None:
    """Write the course as a web site: pages that step, and notebooks that run in the browser."""
    from autograder.site.lite import Lite
    from autograder.site.write import write_site

    course = _open(course_dir)
    browser = Lite(pyodide) if lite else None
    print(f"Open {write_site(course, to, title=title, lite=browser, told=print)[0]}")


@app.command()
def exercises(
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List what is graded, for how many points, and which mistakes are named."""
    import json as encoder

    from autograder.listing import listed

    found = listed()
    if json:
        print(encoder.dumps(found, indent=1))
        return
    for each in found:
        print(
            f"{each['assignment']}  {each['exercise']}  {each['points']:g} points,"
            f" {len(each['mistakes'])} mistakes"
        )


@app.command()
def doctor() -> None:
    """Say what this machine offers to contain student code, and what is weaker without it."""
    from autograder.doctor import report_machine

    sys.exit(report_machine())


def _open(directory: Path) -> CourseDirectory:
    from autograder.startup import skip_iri_grammar

    skip_iri_grammar()
    from autograder.course_directory import open_course

    return open_course(directory)


def _solutions(course: CourseDirectory | None, given: Path | None) -> Path:
    """Find the sources: as named, or the course's own, or those of the checkout we run from."""
    places = [given] if given else [Path(__file__).parents[1] / "solutions"]
    if course is not None and given is None:
        places.insert(0, course.solutions)
    return next((place for place in places if place.is_dir()), places[0])


def _conclude(course: CourseDirectory, name: str, summary: Summary, json: Path | None) -> None:
    """Say what grading came to, and end with the status that says it too."""
    from autograder.grading.journal import Journal
    from autograder.results import as_json, reasons

    journal = Journal(course.journal(name))

    def records() -> Iterator[Record]:
        """Read them one by one: there may be thousands."""
        found = map(journal.read, summary.students)
        return (record for record in found if record is not None)

    if json is not None:
        _write(json, as_json(records()))
    print(f"{summary.graded} graded, {summary.done} were done before.")
    attention = {record.student: reasons(record) for record in records() if record.needs_person}
    for student, why_not in summary.not_entered.items():
        text = f"graded, but not in the gradebook yet ({why_not}): run this again to enter it."
        attention.setdefault(student, []).append(text)
    if not attention:
        return
    print(f"{len(attention)} need a person:")
    for student, why in attention.items():
        print(f"  {student}: {' '.join(why)}")
    raise typer.Exit(1)


def _write(path: Path | None, text: str) -> None:
    if path is None or str(path) == "-":
        sys.stdout.write(text)
        return
    from autograder.durable import write_durably

    try:
        write_durably(path, text)
    except OSError as error:
        raise NothingDone(f"{path} cannot be written: {error}.") from error
