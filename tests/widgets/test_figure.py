"""Pictures of boards: what is in them, at the place where it belongs."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from course.widgets.figure import SIDE, Plane, Table, bars, plane, tables

SVG = "{http://www.w3.org/2000/svg}"


def texts(image: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(image).iter(f"{SVG}text")]


def test_a_table_has_its_name_and_its_numbers_row_by_row() -> None:
    image = tables("A title", "", ["a line"], [[Table("W", [[1.5, -2.0], [None, 1e-9]])]])
    assert texts(image) == ["A title", "a line", "W", "1.5", "−2", "", "1e−09"]


def test_a_shaded_table_is_darkest_where_the_number_is_largest() -> None:
    image = ElementTree.fromstring(tables("", "", [], [[Table("", [[0, 1, -4]], shaded=True)]]))
    shades = [float(cell.get("fill-opacity", "nan")) for cell in image.iter(f"{SVG}rect")]
    assert shades == pytest.approx([0.0, 0.125, 0.5], abs=0.01)


def test_bars_are_as_high_as_the_logarithm() -> None:
    image = ElementTree.fromstring(bars("", "", "abc", [1e-4, 1e-2, 1.0]))
    heights = [float(bar.get("height", "nan")) for bar in image.iter(f"{SVG}rect")]
    assert heights[1] == pytest.approx(heights[2] / 2)
    assert heights[0] == 0.0


def test_where_no_bar_can_be_it_says_why() -> None:
    assert texts(bars("", "", "ab", [0.0, None]))[-3:] == ["0", "b", "∞"]


def test_a_point_of_the_plane_lies_where_it_should() -> None:
    image = ElementTree.fromstring(plane("", "", Plane((0, 4, -1, 1), discs=[(1.0, 1.0)])))
    (disc,) = image.iter(f"{SVG}circle")
    assert (disc.get("cx"), disc.get("cy")) == (f"{SIDE / 4:.1f}", "0.0")


def test_what_is_far_outside_is_still_a_number_that_browsers_draw() -> None:
    assert "e+" not in plane("", "", Plane((0, 1, 0, 1), path=[(0, 0), (1e300, -1e300)]))


def test_characters_that_xml_does_not_have_are_question_marks() -> None:
    assert texts(tables("<a>", "\x00", ["\ud800"], [])) == ["<a>", "?"]
