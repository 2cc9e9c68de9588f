"""Showing a verdict to a person: as text, and as one self-contained piece of HTML."""

from __future__ import annotations

import re
from html import escape

from course.checking.verdict import CheckResult, Comparison, Verdict, listed

__all__ = ["ALL_HINTS", "as_html", "as_text", "headline", "is_blank"]

WHERE_TO_READ, NUMBERS = 2, 3
"""From which hint on a student is told where to read again, and shown the numbers."""

ALL_HINTS = NUMBERS

NEXT_HINT = {
    1: "Try again; the next check also says where to read.",
    2: "Try again; the next check also shows the numbers.",
}


def headline(verdict: Verdict) -> str:
    """Return the one line that says how it went."""
    done = sum(check.passed for check in verdict.checks)
    count = f"{done} of {len(verdict.checks)} checks passed"
    credit = f"{verdict.score:g} of {verdict.points:g} points"
    return f"{verdict.exercise}: {count}, {credit}"


def is_blank(verdict: Verdict) -> bool:
    """Whether the stub is as it was handed out."""
    return verdict.mistakes == ("blank",)


def _more_to_come(verdict: Verdict, hints: int) -> bool:
    return not verdict.passed and not is_blank(verdict) and hints < ALL_HINTS


def as_text(verdict: Verdict, hints: int = ALL_HINTS) -> str:
    """Return a verdict as plain text of several lines; `hints` as for `as_html`."""
    lines = [headline(verdict)]
    for finding in verdict.findings:
        where = f"{listed(finding.where.split(', '))}: " if finding.where else ""
        lines.append(f"  -> {where}{finding.sentence} [{finding.mistake}]")
    if verdict.findings and verdict.findings[0].read and hints >= WHERE_TO_READ:
        lines.append(f"     Read again: {verdict.findings[0].read}")
    for check in verdict.checks:
        mark = "passed    " if check.passed else "NOT PASSED"
        lines.append(f"  {mark}  {check.title}{_unscored(check)}")
        if check.message:
            lines.append(f"              {check.message}")
    shown = _shown(verdict)
    if shown is not None and hints >= NUMBERS:
        lines.append(f"  The smallest case that fails ({shown.title}):")
        lines.extend(f"    {row}" for row in (*_rows(shown.comparisons), *shown.worked))
    if _more_to_come(verdict, hints):
        lines.append(f"  {NEXT_HINT[hints]}")
    lines.append(f"  (probes drawn from seed {verdict.seed})")
    return "".join(map(_harmless, "\n".join(lines)))


def _harmless(character: str) -> str:
    """Let no error message of a student's drive the terminal that it is printed on."""
    return character if character.isprintable() or character == "\n" else "?"


def _unscored(check: CheckResult) -> str:
    return "" if check.weight else " (no points)"


def _shown(verdict: Verdict) -> CheckResult | None:
    """Pick the failed check whose numbers are worth showing."""
    failed = [check for check in verdict.checks if not check.passed and check.comparisons]
    return failed[0] if failed else None


def _rows(comparisons: tuple[Comparison, ...]) -> list[str]:
    width = max(len(each.what) for each in comparisons)
    return [
        f"{each.what:<{width}}  {each.yours}"
        if not each.expected
        else f"{each.what:<{width}}  yours {each.yours}   right {each.expected}"
        for each in comparisons
    ]


# Colours come from Jupyter's own theme where there is one, so that dark themes stay readable.
_BOX = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:14px;line-height:1.45;"
    "color:var(--jp-ui-font-color1,#1a1a1a);background:var(--jp-layout-color1,#fff);"
    "border:1px solid var(--jp-border-color1,#bbb);border-left:6px solid {edge};"
    "border-radius:3px;padding:8px 14px;margin:4px 0;max-width:60em"
)
_GOOD, _BAD = "#0072b2", "#d55e00"  # blue and vermilion: told apart by every kind of eye
_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;background:none"
_SMALL = "<p style='margin:4px 0 0'>{}</p>"
_FINE = "<p style='margin:6px 0 0;opacity:.75;font-size:12px'>{}</p>"
_CODE = "font-family:var(--jp-code-font-family,monospace);font-size:13px"


def as_html(verdict: Verdict, hints: int = ALL_HINTS) -> str:
    """Return a verdict as a ``<div>`` with no script, no outside reference, all text escaped.

    Parameters
    ----------
    verdict : Verdict
    hints : int
        1 says what is wrong; 2 also where to read again; 3 also shows the numbers of the smallest
        failing case, worked through.
    """
    edge = _GOOD if verdict.passed else _BAD
    parts = [f"<p style='margin:0 0 4px'><strong>{escape(headline(verdict))}</strong></p>"]
    parts.extend(_findings_html(verdict, hints))
    parts.append("<ul style='list-style:none;margin:4px 0 0;padding:0'>")
    parts.extend(_check_html(check) for check in verdict.checks)
    parts.append("</ul>")
    shown = _shown(verdict)
    if shown is not None and hints >= NUMBERS:
        parts.append(_table_html(shown))
        parts.extend(_SMALL.format(escape(line)) for line in shown.worked)
    if _more_to_come(verdict, hints):
        parts.append(_SMALL.format(escape(NEXT_HINT[hints])))
    parts.append(_FINE.format(f"Probes drawn from seed {verdict.seed}."))
    return f"<div style='{_BOX.format(edge=edge)}'>{''.join(parts)}</div>"


def _words(sentence: str) -> str:
    """Escape a sentence, and set what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", rf"<code style='{_CODE}'>\1</code>", escape(sentence))


def _check_html(check: CheckResult) -> str:
    colour, mark, word = (_GOOD, "✓", "passed") if check.passed else (_BAD, "✗", "not passed")
    message = f" <span>{_words(check.message)}</span>" if check.message else ""
    return (
        f"<li style='margin:1px 0'><span aria-hidden='true' style='color:{colour};"
        f"font-weight:bold'>{mark}</span> <strong>{word}</strong>: {escape(check.title)}"
        f"{escape(_unscored(check))}.{message}</li>"
    )


def _findings_html(verdict: Verdict, hints: int) -> list[str]:
    parts = []
    for finding in verdict.findings:
        named = escape(listed(finding.where.split(", ")))
        where = f"<strong>{named}</strong>: " if finding.where else ""
        told = finding.read and hints >= WHERE_TO_READ
        read = f" <em>Read again: {escape(finding.read)}.</em>" if told else ""
        parts.append(
            f"<p style='margin:4px 0'>➜ {where}{_words(finding.sentence)}{read}"
            f" <span style='{_CODE};opacity:.75'>[{escape(finding.mistake)}]</span></p>"
        )
    return parts


def _table_html(shown: CheckResult) -> str:
    rows = []
    for each in shown.comparisons:
        right = f"<td style='{_CELL};{_CODE}'>{escape(each.expected)}</td>"
        rows.append(
            f"<tr style='background:none'><th scope='row' style='{_CELL}'>{escape(each.what)}</th>"
            f"<td style='{_CELL};{_CODE}'>{escape(each.yours)}</td>"
            f"{right if each.expected else f'<td style={_CELL!r}></td>'}</tr>"
        )
    head = "".join(
        f"<th scope='col' style='{_CELL}'>{word}</th>" for word in ("", "given / yours", "right")
    )
    caption = escape(f"The smallest case that fails ({shown.title})")
    return (
        "<table style='margin:6px 0 0;border-collapse:collapse'>"
        f"<caption style='text-align:left;padding:0;white-space:nowrap'>{caption}</caption>"
        f"<thead><tr style='background:none'>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        "</table>"
    )
