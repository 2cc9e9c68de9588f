"""Plots as a notebook gets them: the picture, and the words for those who do not see it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot
from PIL import Image

from course import plots

ALT = 'The line falls to "0" <at> x & stays.'


@pytest.fixture(autouse=True)
def without_a_screen() -> Iterator[None]:
    matplotlib.use("agg")
    yield
    pyplot.close("all")


@pytest.fixture
def notebook() -> Iterator[None]:
    """A shell, so that what is displayed is not printed."""
    InteractiveShell.instance()
    yield
    InteractiveShell.clear_instance()


def plot() -> Any:
    figure, axes = pyplot.subplots(figsize=(3, 2))
    axes.imshow(np.linspace(0, 1, 4096).reshape(64, 64))
    return figure


def shown() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the data and the metadata of the one output of a cell that shows a plot."""
    with capture_output() as captured:
        plots.show(plot(), alt=ALT)
    (output,) = captured.outputs
    return output.data, output.metadata


@pytest.mark.usefixtures("notebook")
def test_the_words_are_the_alternative_text_of_the_picture() -> None:
    images: list[dict[str, str | None]] = []

    class Images(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            images.append(dict(attrs))

    data, metadata = shown()
    Images().feed(data["text/html"])
    source = f"data:image/png;base64,{data['image/png']}"
    assert images == [{"src": source, "alt": ALT}]
    assert metadata == {"image/png": {"alt": ALT}}


@pytest.mark.usefixtures("notebook")
def test_the_picture_has_few_colours_and_none_is_far_from_what_was_drawn() -> None:
    data, _ = shown()
    few = Image.open(BytesIO(base64.b64decode(data["image/png"])))
    drawn = BytesIO()
    plot().savefig(drawn, format="png", bbox_inches="tight")
    many = np.asarray(Image.open(drawn).convert("RGB"), dtype=int)
    assert few.mode == "P"
    assert np.abs(np.asarray(few.convert("RGB")) - many).max() < 16


@pytest.mark.usefixtures("notebook")
def test_a_shown_figure_is_closed_so_that_it_is_not_shown_again() -> None:
    shown()
    assert pyplot.get_fignums() == []


def test_where_there_is_no_notebook_the_words_are_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plots.show(plot(), alt=ALT)
    assert capsys.readouterr().out == f"{ALT}\n"
