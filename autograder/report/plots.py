"""The report's pictures, as inline SVG: no colour says anything that its pattern does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

__all__ = ["histogram", "outcome_bar"]

_WIDTH, _HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 20, 44
_STEPS = (1, 2, 5)


def histogram(bins: Sequence[Mapping[str, Any]], median: float | None) -> Markup:
    """Draw how many students have which share of the points.

    Parameters
    ----------
    bins : sequence of dict
        With ``low``, ``high`` (shares) and ``students``.
    median : float or None
        Share at which to draw a line.
    """
    most = max((row["students"] for row in bins), default=0)
    top = _round_up(most)
    inner, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    floor = _TOP + height
    said = ", ".join(f"{row['low']:.0%} to {row['high']:.0%}: {row['students']}" for row in bins)
    parts = [
        f'<svg class="histogram" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' aria-labelledby="scores-title scores-desc">',
        '<title id="scores-title">Students by share of the points</title>',
        f'<desc id="scores-desc">{said}.</desc>',
    ]
    for value in (0, top / 2, top):
        y = floor - height * value / top
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{value:g}</text>')
    step = inner / len(bins)
    labels = []  # on top of the line that may cross them
    for index, row in enumerate(bins):
        x, tall = _LEFT + index * step, height * row["students"] / top
        parts.append(
            f'<rect class="bar" x="{x + 2:.1f}" y="{floor - tall:.1f}" width="{step - 4:.1f}"'
            f' height="{tall:.1f}"/>'
        )
        if row["students"]:
            labels.append(_text(x + step / 2, floor - tall - 5, f"{row['students']}"))
        parts.append(_text(x, floor + 16, f"{row['low']:.0%}"))
    parts.append(_text(_LEFT + inner, floor + 16, "100%", anchor="end"))
    parts.append(_text(_LEFT + inner / 2, _HEIGHT - 6, "share of the points"))
    if median is not None:
        x = _LEFT + inner * median
        parts.append(f'<line class="median" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{floor}"/>')
        anchor, shift = ("end", -5) if median > 0.5 else ("start", 5)
        parts.append(_text(x + shift, _TOP - 6, f"median {median:.0%}", anchor=anchor))
    return Markup("".join([*parts, *labels, "</svg>"]))


def _text(x: float, y: float, words: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _round_up(value: int) -> int:
    """Return the next 2, 4, 10, 20, 40, … so that the axis and its half are whole numbers."""
    scale = 1
    while True:
        for step in _STEPS:
            if 2 * step * scale >= value:
                return 2 * step * scale
        scale *= 10


def outcome_bar(counts: Mapping[str, int]) -> Markup:
    """Draw one exercise's outcomes as a bar of adjoining parts.

    Parameters
    ----------
    counts : mapping
        Outcome to number of students, in the order in which to draw them.
    """
    whole = sum(counts.values()) or 1
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    parts = [
        f'<svg class="outcomes" viewBox="0 0 100 10" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(said)}"><title>{escape(said)}</title>'
    ]
    x = 0.0
    for word, count in counts.items():
        width = 100 * count / whole
        if count:
            parts.append(
                f'<rect class="{word}" x="{x:.2f}" y="0" width="{width:.2f}" height="10"/>'
            )
        x += width
    return Markup("".join([*parts, "</svg>"]))
