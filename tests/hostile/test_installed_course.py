"""Where there must be no engine there is none, also when the course was installed by pip."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.sandbox import launch


def options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, engine: bool) -> str:
    """Bubblewrap's options for a course that lies in Python's own directory."""
    package = tmp_path / "site-packages" / "course"
    for room in launch.ANSWERS:
        (package / room).mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(launch, "_python_directories", lambda: [str(tmp_path)])
    return " ".join(launch._view(tmp_path / "sandbox", package, (), engine=engine))


@pytest.mark.parametrize("room", launch.ANSWERS)
def test_the_installed_rooms_with_answers_are_covered_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, room: str
) -> None:
    covered = f"--tmpfs {tmp_path}/site-packages/course/{room}"
    assert covered in options(monkeypatch, tmp_path, engine=False)
    assert covered not in options(monkeypatch, tmp_path, engine=True)
