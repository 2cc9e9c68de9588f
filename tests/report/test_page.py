"""The report as a page."""

import re
import time
from html.parser import HTMLParser

import pytest

from autograder.grading.record import Note
from autograder.report.data import summarise
from autograder.report.grades import Grades
from autograder.report.page import render
from tests.report.sample import ASSIGNMENT, MISTAKES, classroom, record, right, wrong

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'

VOID = {"meta", "br", "img", "input", "link", "rect", "line", "circle"}


class Page(HTMLParser):
    """Collects tags and the text of what is shown."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def page(*records, assignment=ASSIGNMENT, **named):
    return render(summarise(records, Grades(), "calculus", assignment), **named)


@pytest.fixture(scope="module")
def class_page():
    return page(*classroom(60))


def test_every_element_is_closed_where_it_should_be(class_page):
    assert Page(class_page).open == []


def test_the_page_asks_for_nothing_from_outside(class_page):
    outward = {"src", "href", "data", "action", "srcset", "poster"}
    addresses = [
        value
        for _, found in Page(class_page).tags
        for key, value in found.items()
        if key in outward
    ]
    assert all(address.startswith("#") for address in addresses)
    assert not re.search(r"url\((?!#)|@import|https?://", class_page)


def test_the_only_script_that_may_run_is_the_pages_own(class_page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', class_page)[1]
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]+'", policy)
    assert class_page.count("<script") == 1


@pytest.mark.parametrize(
    "hostile",
    [
        record(HOSTILE, wrong("mul_backward")),
        record("a", wrong("mul_backward", yours=HOSTILE)),
        record("a", wrong("mul_backward", HOSTILE)),
        record("a", right("mul_backward"), notes=(Note("person", HOSTILE),)),
        record("a", right("mul_backward"), notes=(Note("repaired", HOSTILE),)),
    ],
    ids=["student", "numbers", "mistake", "person note", "repair note"],
)
def test_what_students_write_is_shown_and_not_run(hostile):
    text = page(hostile)
    tags = [tag for tag, _ in Page(text).tags]
    assert "&lt;script&gt;alert(2)" in text
    assert tags.count("script") == 1
    assert "img" not in tags


def test_every_picture_has_a_text_alternative(class_page):
    pictures = [found for tag, found in Page(class_page).tags if tag == "svg"]
    assert all(
        {"aria-label", "aria-labelledby", "aria-hidden"} & found.keys() for found in pictures
    )
    assert '<desc id="scores-desc">0% to 10%: ' in class_page


def test_outcomes_are_also_given_as_numbers_beside_their_picture(class_page):
    row = re.search(r"<tr><th scope=\"row\" data-value=\"Copy\">.*?</tr>", class_page, re.S)[0]
    drawn = re.search(r'aria-label="(\d+) passed', row)[1]
    assert f'<td class="n">{drawn}</td>' in row


def test_code_in_a_sentence_is_shown_as_code_and_is_still_escaped(monkeypatch):
    monkeypatch.setitem(MISTAKES, "assigned", "Collect with `+=`, not `=<b>`.")
    text = page(record("a", wrong("mul_backward", "assigned")))
    assert "Collect with <code>+=</code>, not <code>=&lt;b&gt;</code>." in text


def test_a_report_without_a_sandbox_says_so_at_the_top():
    text = page(record("a", right("mul_backward"), sandboxed=False))
    assert text.index("Without a sandbox") < text.index("Needs you</h2>")


def test_a_student_leads_to_the_feedback_where_there_is_some():
    link = "../feedback/a/03_gate_patterns/gate_patterns.html"
    text = page(record("a", right("mul_backward")), feedback={("a", ASSIGNMENT): link})
    assert f'<a href="{link}">a</a>' in text


def test_the_course_page_has_a_column_for_each_assignment():
    text = page(
        record("a", right("mul_backward")),
        record("a", right("relu"), assignment="04_vectorized_gradients"),
        assignment=None,
    )
    assert "<h1>Whole course</h1>" in text
    assert f'<th class="n">{ASSIGNMENT}</th><th class="n">04_vectorized_gradients</th>' in text


def test_a_thousand_students_are_written_in_under_two_seconds():
    records = classroom(1000)
    started = time.process_time()
    text = page(*records)
    assert time.process_time() - started < 2
    assert len(text) < 1_000_000
