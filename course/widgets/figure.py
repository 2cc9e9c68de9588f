"""Pictures of boards for pages that show no widgets: SVG images as text, black on white.

There are three kinds: `tables` of numbers, `bars` on a logarithmic scale, and a `plane` with
regions, lines and points. Each has the same said in words in its ``<desc>``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from .passes import minus

FORWARD, BACKWARD = "#0063a0", "#a83f00"

MARGIN, LINE, CELL = 16, 20, 24
LETTER, BOLD_LETTER = 7.5, 8.0
"""Pixels that a letter is wide, about."""

BARS_HIGH, BARS_LEFT = 160, 64
SIDE = 320

Curve = Sequence[Sequence[float]]


class Table(NamedTuple):
    """Numbers in rows with a name above; shaded by their size, if they are to be seen as an image.

    A number that is None leaves its cell empty.
    """

    name: str
    rows: Sequence[Sequence[float | None]]
    colour: str = FORWARD
    shaded: bool = False


def tables(title: str, says: str, lines: Iterable[str], groups: Iterable[Iterable[Table]]) -> str:
    """Draw lines of text, and below them groups of tables, each group side by side."""
    parts = [_heading(title)]
    width, y = 2 * MARGIN + BOLD_LETTER * len(title), float(MARGIN + LINE)
    for line in lines:
        parts.append(_text(MARGIN, y + 13, line, 'text-anchor="start"'))
        width = max(width, 2 * MARGIN + LETTER * len(line))
        y += LINE
    y += 8
    for group in groups:
        x, tall = float(MARGIN), 0.0
        for table in group:
            wide = _table(parts, table, x, y + LINE)
            tall = max(tall, LINE + CELL * len(table.rows))
            x += wide + MARGIN
        width, y = max(width, x), y + tall + MARGIN
    return _image(title, says, width, y, parts)


def _table(parts: list[str], table: Table, x: float, y: float) -> float:
    """Draw one table, and return its width."""
    texts = [["" if v is None else short(v) for v in row] for row in table.rows]
    wide = max(40.0, LETTER * max(len(text) for row in texts for text in row) + 10)
    columns = max(map(len, texts))
    largest = max((abs(v) for row in table.rows for v in row if v), default=1.0)
    all_wide = max(columns * wide, LETTER * len(table.name))
    parts.append(_text(x + all_wide / 2, y - 6, table.name, 'font-weight="700"'))
    left = x + (all_wide - columns * wide) / 2
    for i, row in enumerate(table.rows):
        for j, value in enumerate(row):
            shade = 0.5 * abs(value) / largest if table.shaded and value else 0.0
            tint = BACKWARD if value is not None and value < 0 else FORWARD
            at, top = left + j * wide, y + i * CELL
            parts.append(
                f'<rect x="{at:g}" y="{top:g}" width="{wide:g}" height="{CELL}" fill="{tint}" '
                f'fill-opacity="{shade:.2g}" stroke="#767e87"/>'
            )
            ink = "#1b1f24" if table.shaded else table.colour
            parts.append(_text(at + wide / 2, top + 17, texts[i][j], f'fill="{ink}"'))
    return all_wide


def bars(title: str, says: str, names: Sequence[str], sizes: Sequence[float | None]) -> str:
    """Draw sizes as bars on a logarithmic scale; None is one that is too large for a number."""
    powers = [math.log10(size) for size in sizes if size]
    low, high = math.floor(min([-1.0, *powers])), math.ceil(max([1.0, *powers]))
    pitch = max(30.0, min(64.0, 640.0 / len(sizes)))
    top, width = MARGIN + LINE, BARS_LEFT + pitch * len(sizes) + MARGIN
    base = top + BARS_HIGH
    parts = [_heading(title)]
    for power in range(low, high + 1, math.ceil((high - low) / 8)):
        y = base - BARS_HIGH * (power - low) / (high - low)
        parts.append(f'<path d="M{BARS_LEFT} {y:.1f}H{width - MARGIN:g}" stroke="#ccd0d5"/>')
        parts.append(_text(BARS_LEFT - 6, y + 4, minus(f"1e{power}"), 'text-anchor="end"'))
    for i, (name, size) in enumerate(zip(names, sizes, strict=True)):
        middle = BARS_LEFT + (i + 0.5) * pitch
        parts.append(_text(middle, base + LINE, name))
        if not size:
            parts.append(_text(middle, base - 6, "0" if size == 0 else "∞"))
            continue
        tall = BARS_HIGH * (math.log10(size) - low) / (high - low)
        parts.append(
            f'<rect x="{middle - 0.3 * pitch:.1f}" y="{base - tall:.1f}" '
            f'width="{0.6 * pitch:.1f}" height="{tall:.1f}" fill="{BACKWARD}"/>'
        )
    width = max(width, 2 * MARGIN + BOLD_LETTER * len(title))
    return _image(title, says, width, base + 2 * LINE, parts)


class Plane(NamedTuple):
    """A square part of the plane, and what is drawn in it, from the back to the front."""

    window: tuple[float, float, float, float]
    """Left, right, bottom, top."""

    regions: Sequence[Curve] = ()
    lines: Sequence[Curve] = ()
    path: Curve = ()
    discs: Curve = ()
    crosses: Curve = ()


def plane(title: str, says: str, drawn: Plane) -> str:
    """Draw a part of the plane; what lies outside of it is cut off."""
    left, right, bottom, top = drawn.window

    def at(point: Sequence[float]) -> tuple[float, float]:
        x = SIDE * (point[0] - left) / (right - left)
        y = SIDE * (top - point[1]) / (top - bottom)
        return max(-1e4, min(1e4, x)), max(-1e4, min(1e4, y))

    def line(curve: Curve) -> str:
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(at, curve))

    inside = "".join(f"{line(region)}Z" for region in drawn.regions)
    shapes = [
        f'<path d="{inside}" fill="#e1effa" fill-rule="evenodd" stroke="{FORWARD}"/>',
        f'<path d="{"".join(map(line, drawn.lines))}" fill="none" stroke="#767e87"/>',
        f'<path d="{line(drawn.path) if drawn.path else ""}" fill="none" stroke="{BACKWARD}" '
        'stroke-width="2" stroke-dasharray="6 4"/>',
        *(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{FORWARD}"/>'
            for x, y in map(at, drawn.discs)
        ),
        *(
            f'<path d="M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6" stroke="{BACKWARD}"/>'
            for x, y in map(at, drawn.crosses)
        ),
    ]
    parts = [
        _heading(title),
        f'<svg x="{MARGIN}" y="{MARGIN + LINE}" width="{SIDE}" height="{SIDE}">{"".join(shapes)}'
        f'<path d="M0 0h{SIDE}v{SIDE}h-{SIDE}z" fill="none" stroke="#1b1f24"/></svg>',
    ]
    width = 2 * MARGIN + max(SIDE, BOLD_LETTER * len(title))
    return _image(title, says, width, SIDE + 3 * MARGIN + LINE, parts)


def short(value: float) -> str:
    """Write a number with three digits and a real minus sign."""
    return minus(f"{value + 0.0:.3g}") if math.isfinite(value) else minus(str(value))


def _image(title: str, says: str, width: float, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" font-family="sans-serif" '
        f'font-size="13" fill="#1b1f24">'
        f"<title>{_written(title)}</title><desc>{_written(says)}</desc>"
        f'<path d="M0 0h{width:g}v{height:g}H0z" fill="#fff"/>{"".join(parts)}</svg>'
    )


def _heading(title: str) -> str:
    return _text(MARGIN, MARGIN + 8, title, 'text-anchor="start" font-weight="700"')


def _text(x: float, y: float, text: str, more: str = "") -> str:
    anchor = "" if "text-anchor" in more else ' text-anchor="middle"'
    return f'<text x="{x:g}" y="{y:g}"{anchor} {more}>{_written(text)}</text>'


def _written(text: str) -> str:
    """Escape text; what a student's code says may hold characters that XML has not."""
    return escape("".join(c if c.isprintable() or c == "\n" else "?" for c in text))
