"""What a student gets back, through nbgrader's converter and a real gradebook."""

import base64
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

from autograder.errors import NothingDone
from autograder.feedback import FeedbackExporter, FeedbackIncomplete, write_feedback
from tests.report.conftest import NOTEBOOK, marked
from tests.report.sample import ASSIGNMENT

LIMIT = 300_000


def shown(graded, student="ada", **fields):
    graded.grade(student, **fields)
    (page,) = write_feedback(graded.course, ASSIGNMENT, [student])
    assert page == graded.page(student)
    return page.read_text("utf-8")


def output(data, **metadata):
    return new_output("display_data", data, metadata=metadata)


def test_the_page_begins_with_the_score(graded):
    assert "<h1>3.5 of 5 points</h1>" in shown(graded, manual=2.5)


def test_a_late_penalty_is_taken_off_and_said(graded):
    page = shown(graded, manual=2.0, late=0.5)
    assert "<h1>2.5 of 5 points</h1>" in page
    assert "0.5 points were taken off because it was late" in page


def test_an_answer_nobody_has_read_yet_shows_no_score(graded):
    page = shown(graded)
    assert "– / 3" in page
    assert "Not yet read by a person: explain." in page


def test_each_check_shows_its_verdict_once(graded):
    page = shown(graded)
    assert "Each input must get the other one." in page
    assert "Read again: 2. Swap" in page
    assert "not-swapped" in page
    assert "CheckFailed: again" not in page


def test_the_comment_of_the_person_who_read_it_stands_at_the_answer(graded):
    page = shown(graded, manual=1.0, comment="Say **why**, too.")
    answer = re.search(r'<section class="cell markdown answer graded".*?</section>', page, re.S)[0]
    assert "Say <strong>why</strong>, too." in answer


def test_formulas_are_drawn_without_a_script(graded):
    page = shown(graded)
    assert "<mfrac>" in page
    assert "<script" not in page


def test_the_page_may_run_nothing_and_load_nothing(graded):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', shown(graded))[1]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize(
    "cell",
    [
        new_code_cell("x", outputs=[output({"text/html": "<script>alert(1)</script>"})]),
        new_code_cell("x", outputs=[output({"text/html": "<img src=x onerror=alert(1)>"})]),
        new_code_cell("x", outputs=[output({"application/javascript": "alert(1)"})]),
        new_code_cell("x", outputs=[output({"text/markdown": "<script>alert(1)</script>"})]),
        new_code_cell(
            "x", outputs=[output({"text/html": "<script>alert(1)</script>"}, isolated=True)]
        ),
        new_code_cell("x", outputs=[output({"image/svg+xml": "<svg onload='alert(1)'/>"})]),
        new_code_cell("x", outputs=[output({"image/png": '"><script>alert(1)</script>'})]),
        new_code_cell(
            "x", outputs=[new_output("stream", name="stdout", text="<script>alert(1)</script>")]
        ),
        new_code_cell("'<script>alert(1)</script>'"),
        new_markdown_cell("<script>alert(1)</script>"),
        new_raw_cell("<script>alert(1)</script>", metadata={"raw_mimetype": "text/html"}),
        marked(new_markdown_cell("x"), '"><script>alert(1)</script>', solution=True),
    ],
)
def test_nothing_a_student_plants_runs(graded, cell):
    page = shown(graded, cells=[cell])
    assert "<script" not in page
    assert not re.search(r"<[^>]*\son(error|load)\s*=", page)


def test_a_drawing_is_shown_as_a_picture_in_which_nothing_runs(graded):
    drawing = output({"image/svg+xml": "<svg/>", "text/plain": "the graph of f"})
    page = shown(graded, cells=[new_code_cell("x", outputs=[drawing])])
    encoded = base64.b64encode(b"<svg/>").decode()
    assert f'<img src="data:image/svg+xml;base64,{encoded}" alt="the graph of f">' in page


@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml"])
def test_a_picture_keeps_the_words_that_it_came_with(graded, kind):
    words = {kind: {"alt": 'falls to "0"'}}
    drawn = output({kind: "AAAA", "text/plain": "<Figure>"}, **words)
    page = shown(graded, cells=[new_code_cell("x", outputs=[drawn])])
    assert 'alt="falls to &quot;0&quot;"' in page


@pytest.mark.parametrize(
    "metadata", [{}, {"image/png": "words"}, {"image/png": {"alt": 1}}, {"image/png": {"alt": " "}}]
)
def test_a_picture_without_words_says_at_least_what_it_is(graded, metadata):
    drawn = output({"image/png": "AAAA", "text/plain": "<Figure size 640x480>"}, **metadata)
    page = shown(graded, cells=[new_code_cell("x", outputs=[drawn])])
    assert 'alt="a picture that the cell drew"' in page


def test_hidden_tests_and_marking_schemes_are_left_out(graded):
    hidden = "kept = 1\n### BEGIN HIDDEN TESTS\nsecret = 2\n### END HIDDEN TESTS\nalso = 3"
    scheme = "Read this.\n\n=== BEGIN MARK SCHEME ===\none point\n=== END MARK SCHEME ===\n"
    page = shown(graded, cells=[new_code_cell(hidden), new_markdown_cell(scheme)])
    assert "kept" in page
    assert "also" in page
    assert "secret" not in page
    assert "one point" not in page


def test_a_student_can_write_the_markers_without_losing_the_answer(graded):
    page = shown(graded, answer="My view: ### BEGIN HIDDEN TESTS is a marker.")
    assert "is a marker" in page


def test_a_page_stays_small_whatever_is_put_out(graded):
    endless = [new_output("stream", name="stdout", text="<x>" * 2_000_000)]
    picture = [output({"image/png": base64.b64encode(bytes(700_000)).decode()})]
    many = [output({"text/html": f"<p>{'word ' * 5_000}</p>"})] * 30
    cells = [new_code_cell("y" * 200_000, outputs=each) for each in (endless, picture, many)]
    graded.grade("ada", cells=cells)
    (page,) = write_feedback(graded.course, ASSIGNMENT, None)
    assert page.stat().st_size < LIMIT
    assert "left out here; your notebook has it" in page.read_text("utf-8")


def test_no_output_takes_the_room_of_a_verdict(graded):
    picture = output({"image/png": base64.b64encode(bytes(70_000)).decode()})
    graded.grade("ada", cells=[new_code_cell("y", outputs=[picture] * 40)], before=True)
    (page,) = write_feedback(graded.course, ASSIGNMENT, None)
    text = page.read_text("utf-8")
    assert "Each input must get the other one." in text
    assert text.count("left out here") == 1


def test_only_words_that_have_a_colour_are_marked(graded):
    page = shown(graded, cells=[new_code_cell("def f(x):\n    return x")])
    assert '<span class="py-k">def</span> <span class="py-nf">f</span>(x):' in page


def test_everybody_who_was_graded_gets_a_page(graded):
    graded.grade("ada")
    graded.grade("ben")
    written = write_feedback(graded.course, ASSIGNMENT, None)
    assert written == [graded.page("ada"), graded.page("ben")]


def test_a_student_id_that_is_a_pattern_means_that_student_alone(graded):
    graded.grade("a*")
    graded.grade("ab")
    assert write_feedback(graded.course, ASSIGNMENT, ["a*"]) == [graded.page("a*")]
    assert not graded.page("ab").exists()


def test_writing_again_replaces_what_was_written_before(graded):
    assert "2 of 5 points" in shown(graded, manual=1.0)
    submission = graded.gradebook.find_submission(ASSIGNMENT, "ada")
    grade = next(g for g in submission.notebooks[0].grades if g.name == "explain")
    grade.manual_score = 3.0
    graded.gradebook.db.commit()
    (page,) = write_feedback(graded.course, ASSIGNMENT, None)
    assert "4 of 5 points" in page.read_text("utf-8")


def test_a_notebook_that_cannot_be_read_stops_nobody_else(graded):
    graded.grade("ada")
    graded.grade("ben")
    broken = graded.course.autograded("ada", ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
    broken.write_text("{")
    with pytest.raises(FeedbackIncomplete, match="ada") as raised:
        write_feedback(graded.course, ASSIGNMENT, None)
    assert list(raised.value.failures) == ["ada"]
    assert graded.page("ben").exists()


def test_an_assignment_nobody_knows_is_named_with_those_that_are(graded):
    with pytest.raises(NothingDone, match=f"'04_typo'.*{ASSIGNMENT}"):
        write_feedback(graded.course, "04_typo", None)


def test_without_any_grades_it_says_what_to_do_first(graded):
    with pytest.raises(NothingDone, match=f"autograder grade {ASSIGNMENT}"):
        write_feedback(graded.course, ASSIGNMENT, None)


def test_a_student_who_was_not_graded_is_named(graded):
    graded.grade("ada")
    with pytest.raises(NothingDone, match="for ben, zoe"):
        write_feedback(graded.course, ASSIGNMENT, ["zoe", "ben", "ada"])


def test_nothing_but_the_page_and_what_the_exchange_needs_is_given_back(graded):
    shown(graded)
    names = {path.name for path in graded.page("ada").parent.iterdir()}
    assert names == {f"{NOTEBOOK}.html", "timestamp.txt", "submission_secret.txt"}


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # nbgrader's own
def test_nbgraders_exchange_delivers_it(graded, tmp_path):
    text = shown(graded)
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    coursedir = graded.course._coursedir
    coursedir.assignment_id = ASSIGNMENT
    config = graded.course.config.copy()
    config.Exchange.root = str(exchange)
    ExchangeReleaseFeedback(coursedir=coursedir, config=config).start()
    name = notebook_hash(secret="secret", notebook_id=NOTEBOOK)
    assert (exchange / "calculus" / "feedback" / f"{name}.html").read_text("utf-8") == text


def test_nbgraders_own_command_makes_the_same_page_when_configured(graded):
    from nbgrader.converters import GenerateFeedback

    graded.grade("ada", manual=3.0)
    graded.gradebook.db.commit()
    config = graded.course.config.copy()
    config.GenerateFeedback.exporter_class = "autograder.feedback.FeedbackExporter"
    coursedir = graded.course._coursedir
    coursedir.assignment_id = ASSIGNMENT
    converter = GenerateFeedback(coursedir=coursedir, config=config)
    assert converter.exporter_class is FeedbackExporter
    converter.start()
    assert "<h1>4 of 5 points</h1>" in graded.page("ada").read_text("utf-8")
