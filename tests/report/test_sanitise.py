"""What of a student's HTML and formulas reaches the page."""

import pytest

from autograder.pages.formulas import as_mathml
from autograder.pages.prose import markdown
from autograder.pages.sanitise import sanitise
from course.checking.render import as_html
from tests.report.sample import right, wrong

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<iframe src='https://example.org'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<img src='https://example.org/pixel.png'>",
    "<object data='https://example.org'></object>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<form action='https://example.org'><input name=password></form>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<style>body { display: none }</style>",
    "<p style='position: fixed; top: 0'>x</p>",
    "<base href='https://example.org/'>",
]
FORBIDDEN = ("<script", "onerror", "onload", "javascript:", "java\tscript:", "text/html")
FORBIDDEN += ("<iframe", "<object", "<form", "<input", "<meta", "<style", "<base", "<svg", "fixed")
FORBIDDEN += ("example.org/pixel", "display: none")


def is_harmless(html):
    return not any(word in html.lower() for word in FORBIDDEN)


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_acts_is_left_of_html(html):
    assert is_harmless(sanitise(html))


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_acts_is_left_of_markdown(html):
    assert is_harmless(markdown(f"before\n\n{html}\n\nafter"))


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_acts_is_left_of_a_formula(html):
    inside = markdown(rf"$\text{{{html}}}$")
    assert "<script" not in inside
    assert "<img" not in inside
    assert "<svg" not in inside


@pytest.mark.parametrize("command", [r"\href{javascript:alert(1)}{x}", r"\style{color:red}{x}"])
def test_a_formula_keeps_no_link_and_no_style(command):
    assert "alert" not in as_mathml(command, display=False)
    assert "style=" not in as_mathml(command, display=False)


@pytest.mark.parametrize("verdict", [right("mul_backward"), wrong("mul_backward")])
def test_a_verdict_keeps_its_words_and_its_looks(verdict):
    shown, kept = as_html(verdict), sanitise(as_html(verdict))
    assert kept.count("<") == shown.count("<")
    assert kept.count("style=") == shown.count("style=")
    assert "border-left:6px solid" in kept
    assert "var(--jp-ui-font-color1,#1a1a1a)" in kept


def test_a_table_of_pandas_keeps_its_cells():
    table = "<style scoped>td {}</style><table border='1'><tr><td>3</td></tr></table>"
    assert sanitise(table) == "<table><tbody><tr><td>3</td></tr></tbody></table>"


def test_a_picture_inside_the_page_stays():
    picture = '<img src="data:image/png;base64,AAAA" alt="a plot">'
    assert sanitise(picture) == picture


def test_a_formula_becomes_mathml():
    html = markdown(r"the slope $\frac{\partial L}{\partial x}$ of $L$")
    assert html.count("<math") == 2
    assert "<mfrac>" in html
    assert "∂" in html


def test_a_formula_on_its_own_line_is_displayed():
    assert 'display="block"' in markdown("$$x^2$$")


def test_aligned_equations_become_a_table():
    formula = r"\begin{aligned} a &= b \\ c &= d \end{aligned}"
    assert as_mathml(formula, display=True).count("<mtr>") == 2


@pytest.mark.parametrize("broken", [r"\frac{", r"\begin{pmatrix}1&2\end", "{" * 3000])
def test_a_formula_that_is_none_is_shown_as_it_was_written(broken):
    assert as_mathml(broken, display=False).startswith("<code>")


def test_a_student_cannot_forge_the_place_of_a_formula():
    assert "formula-0." in markdown("formula-0. and $x$")


def test_a_missing_attachment_is_named_and_stops_nothing():
    assert "my graph" in markdown("![my graph](attachment:lost.png)")


def test_an_attached_picture_is_shown():
    html = markdown("![mine](attachment:a.png)", {"a.png": {"image/png": "AAAA"}})
    assert '<img src="data:image/png;base64,AAAA" alt="mine">' in html
