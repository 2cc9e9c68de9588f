"""The database behind the gradebook: opened, waited for, and its troubles put into words."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nbgrader import api
from sqlalchemy import Index, create_engine, inspect
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SAWarning

from autograder.errors import GradebookLocked, NothingDone

if TYPE_CHECKING:
    from autograder.course_directory import CourseDirectory

__all__ = ["PATIENCE", "open_gradebook", "patiently"]

PATIENCE = 10.0
"""Seconds to wait for another program to let go of the database."""

# What is looked up for each student. nbgrader has no index for it, so that a class ten times as
# large took a hundred times as long; formgrader is glad of them, too.
_INDEXES = [
    Index(f"autograder_{column.table.name}", column)
    for column in (
        api.SubmittedAssignment.__table__.c.student_id,
        api.SubmittedNotebook.__table__.c.assignment_id,
        api.Grade.__table__.c.notebook_id,
        api.Comment.__table__.c.notebook_id,
    )
]

T = TypeVar("T")


def open_gradebook(course: CourseDirectory, patience: float = PATIENCE) -> Any:
    """Open a course's gradebook, made when there is none yet.

    Returns
    -------
    nbgrader.api.Gradebook

    Raises
    ------
    GradebookLocked, NothingDone
        The database is locked, cannot be reached, or is of an earlier nbgrader.
    """

    def attempt() -> Any:
        # First: nbgrader would add its new tables to the old ones, and fail at a column later.
        if lacking := _lacking(course.db_url):
            raise NothingDone(
                f"the gradebook was made by an earlier nbgrader (there is no {lacking}): keep a "
                f"copy of it, run `nbgrader db upgrade` in {course.root}, then run this again."
            )
        with _alembic_in_reach(), _quiet():
            book = api.Gradebook(course.db_url, course.course_id)
        for index in _INDEXES:
            index.create(book.engine, checkfirst=True)
        return book

    return patiently(attempt, patience)


def patiently(
    action: Callable[[], T], patience: float, undo: Callable[[], Any] = lambda: None
) -> T:
    """Do something with the database; wait and try again while somebody else holds it.

    Parameters
    ----------
    action
        What to do; done again from the beginning at each try.
    patience : float
        Seconds after which it is given up.
    undo
        Called after a try that failed.

    Raises
    ------
    GradebookLocked, NothingDone
        The database stayed locked, or cannot be used.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            with _quiet():
                return action()
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise NothingDone(f"CourseDirectory.db_url is not usable: {error}.") from error
        except (DBAPIError, api.InvalidEntry) as error:
            with contextlib.suppress(DBAPIError):
                undo()
            reason = str(error).splitlines()[0]
            if "locked" not in reason:
                raise NothingDone(f"the gradebook cannot be used: {reason}.") from error
            if time.monotonic() >= deadline:
                raise GradebookLocked(
                    "the gradebook is locked by another program: end it (an open formgrader, "
                    "another `autograder grade`), then run this again."
                ) from error
            time.sleep(0.1)


def _lacking(db_url: str) -> str:
    """Name a column of nbgrader's that its table in a database has not; "" where all is well.

    Asked of the tables themselves: the earliest gradebooks have no revision written in them. A
    table that is not there at all is no sign: nbgrader makes it when it opens the gradebook.
    """
    engine = create_engine(db_url)
    try:
        database = inspect(engine)
        there = set(database.get_table_names())
        for table in api.Base.metadata.sorted_tables:
            if table.name in there:
                columns = {column["name"] for column in database.get_columns(table.name)}
                if lacking := sorted(set(table.columns.keys()) - columns):
                    return f"column {table.name}.{lacking[0]}"
    finally:
        engine.dispose()
    return ""


@contextlib.contextmanager
def _alembic_in_reach() -> Iterator[None]:
    """Let nbgrader find the ``alembic`` command, which it starts to stamp a new database.

    It looks on the PATH only, where it is not when the environment was not activated.
    """
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep nbgrader from printing a traceback for an error that we report ourselves.

    And SQLAlchemy from warning of the order in which nbgrader fills in a new submission.
    """
    log = logging.getLogger("tornado.application")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)
            yield
    finally:
        log.setLevel(before)
