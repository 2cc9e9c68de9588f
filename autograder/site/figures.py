"""What is said of a figure where it cannot be seen. Runs in the kernel, beside the notebook."""

from __future__ import annotations

from typing import Any

__all__ = ["describe", "describe_figures"]


def describe_figures() -> None:
    """Let each figure come with a description for its text, which is a page's ``alt``."""
    from matplotlib.figure import Figure

    # Where IPython keeps how it shows a type, a figure's entry is lost when its backend starts.
    Figure.__repr__ = describe  # type: ignore[method-assign]  # only in the kernel of one run


def describe(figure: Any) -> str:
    """Say what the axes and the lines of a matplotlib figure are called.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    """
    said = [_panel(axes) for axes in figure.axes]
    panels = [text for text in said if text]
    if not panels:
        return f"A figure with {len(said)} panels." if len(said) > 1 else "A figure."
    if len(panels) == 1:
        return f"A plot. {panels[0]}"
    return " ".join(f"Panel {i}. {text}" for i, text in enumerate(panels, start=1))


def _panel(axes: Any) -> str:
    """Describe one pair of axes by the words that stand on it."""
    parts = [axes.get_title()]
    if axes.get_xlabel():
        parts.append(f"Across: {axes.get_xlabel()}")
    if axes.get_ylabel():
        parts.append(f"Upwards: {axes.get_ylabel()}")
    _, labels = axes.get_legend_handles_labels()
    if labels:
        parts.append(f"Shown: {', '.join(map(str, labels))}")
    # mathtext's dollars are not for reading aloud
    return " ".join(f"{part.replace('$', '')}." for part in parts if part)
