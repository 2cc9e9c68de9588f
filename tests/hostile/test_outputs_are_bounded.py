"""What a submission puts out stays within its limit, also in the notebook that it is written to."""

from __future__ import annotations

import json
from typing import Any

from autograder.sandbox import Limits
from autograder.sandbox.outputs import Notebook

LIMITS = Limits(output_bytes=10_000, output_lines=1_000)
MOST = 4 * LIMITS.output_bytes


def written(cells: list[list[dict[str, Any]]]) -> int:
    """Size of the outputs in the file, after these cells of one submission."""
    notebook = Notebook(LIMITS)
    kept = [
        notebook.accept({"status": "ok", "outputs": outputs, "execution_count": 1})[1]
        for outputs in cells
    ]
    return len(json.dumps(kept))


def display(text: str, **other: Any) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "data": {"text/plain": text},
        "metadata": {},
        "transient": {"display_id": "one"},
        **other,
    }


def test_one_update_of_many_displays_counts_once_for_each() -> None:
    update = display("y" * 9_000, output_type="update_display_data")
    assert written([[display("x")] * 100, [update]]) < MOST


def test_names_of_mime_types_count_as_their_content_does() -> None:
    assert written([[display("", data={"k" * 9_000: ""})] for _ in range(50)]) < MOST


def test_keys_in_metadata_count() -> None:
    assert written([[display("", metadata={"k" * 9_000: 1})] for _ in range(50)]) < MOST


def test_an_update_of_one_display_is_shown() -> None:
    notebook = Notebook(LIMITS)
    _, shown, _ = notebook.accept(
        {"status": "ok", "outputs": [display("before")], "execution_count": 1}
    )
    update = display("after", output_type="update_display_data")
    notebook.accept({"status": "ok", "outputs": [update], "execution_count": 2})
    assert shown[0]["data"] == {"text/plain": "after"}
