"""What is done once, before the slow imports of a command."""

from __future__ import annotations

import sys

__all__ = ["skip_iri_grammar"]


def skip_iri_grammar() -> None:
    """Import jsonschema without its checker of internationalised addresses.

    nbformat and nbgrader import jsonschema, which compiles 35 grammars for that checker when it is
    imported: a second of each process, for a format that no schema of a notebook uses (jsonschema
    issue 1428). Without the package jsonschema leaves the checker out, so it is hidden for just
    as long.
    """
    package = "rfc3987_syntax"
    if package in sys.modules or "jsonschema" in sys.modules:
        return
    sys.modules[package] = None  # type: ignore[assignment]  # what the import system documents
    try:
        import jsonschema  # noqa: F401 - imported for the modules it leaves behind
    finally:
        del sys.modules[package]
