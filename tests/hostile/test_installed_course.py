"""Where there must be no engine there is none, also when the course was installed by pip."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.sandbox import launch


def options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, engine: bool) -> str:
    """Bubblewrap's options for a course that lies in Python's own directory."""
    python = tmp_path / "python"
    package = python / "site-packages" / "course"
    for room in launch.ANSWERS:
        (package / room).mkdir(parents=True, exist_ok=True)
    link = tmp_path / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(tmp_path)
    directories = [str(python), str(link / "python")]
    monkeypatch.setattr(launch, "_python_directories", lambda: directories)
    return " ".join(launch._view(tmp_path / "sandbox", package, (), engine=engine))


@pytest.mark.parametrize("at", ["python", "link/python"])
@pytest.mark.parametrize("room", launch.ANSWERS)
def test_the_installed_rooms_with_answers_are_covered_wherever_they_are_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, room: str, at: str
) -> None:
    covered = f"--tmpfs {launch.seen_at(f'{tmp_path}/{at}/site-packages/course/{room}')}"
    assert covered in options(monkeypatch, tmp_path, engine=False)
    assert covered not in options(monkeypatch, tmp_path, engine=True)
