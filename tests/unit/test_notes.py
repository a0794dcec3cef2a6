"""Notes: references and definitions find each other, and nothing is lost."""

import time

import pytest

from sitegen.errors import Problem
from sitegen.markup import open_context
from sitegen.markup.context import Context
from sitegen.markup.notes import report_unused
from sitegen.model import Body, NoteSlot, Settings


def opened(text: str) -> Context:
    settings = Settings(kind="post", kind_origin="test")
    return open_context("content/a.md", settings, "en", text.split("\n"))


def read(text: str) -> tuple[Body, list[Problem]]:
    context = opened(text)
    body = context.block(text, 1)
    report_unused(context)
    return body, context.problems


def notes(text: str) -> list[NoteSlot]:
    body, problems = read(text)
    assert problems == []
    return [chunk for chunk in body if isinstance(chunk, NoteSlot)]


@pytest.mark.parametrize(
    "text",
    [
        "a[^1]\n\n[^1]: note",
        "[^1]: note\n\na[^1]",
        "a[^n]\n[^n]: note",
        "a^[note]",
        "- a[^1]\n\n  [^1]: note",
    ],
)
def test_a_note_may_be_defined_anywhere(text: str) -> None:
    (note,) = notes(text)
    assert note == NoteSlot(number=1, body=("<p>note</p>\n",), simple=True)


def test_notes_are_numbered_in_the_order_of_their_references() -> None:
    found = notes("a[^b] c[^a] d^[here]\n\n[^a]: first\n[^b]: second")
    assert [(note.number, note.body[0]) for note in found] == [
        (1, "<p>second</p>\n"),
        (2, "<p>first</p>\n"),
        (3, "<p>here</p>\n"),
    ]


def test_a_second_reference_is_to_the_same_note() -> None:
    first, second = notes("a[^1] b[^1]\n\n[^1]: note")
    assert first == second


def test_a_note_of_several_paragraphs_is_simple_and_one_with_a_list_is_not() -> None:
    two, listed = notes("a[^1] b[^2]\n\n[^1]: one\n\n    two\n\n[^2]: - x\n    - y")
    assert two.simple
    assert two.body == ("<p>one</p>\n<p>two</p>\n",)
    assert not listed.simple


def test_a_definition_leaves_the_text() -> None:
    body, _ = read("a[^1]\n\n[^1]: note\n\nb")
    assert "".join(chunk for chunk in body if isinstance(chunk, str)) == "<p>a</p>\n<p>b</p>\n"


def test_a_reference_without_a_definition_stays_as_typed_with_a_warning() -> None:
    body, (problem,) = read("one\n\ntwo [^x<] three")
    assert body == ("<p>one</p>\n<p>two [^x&lt;] three</p>\n",)
    assert (problem.severity, problem.message) == ("warning", "there is no note [^x<]")
    assert problem.span is not None
    assert (problem.span.line, problem.span.column, problem.span.length) == (3, 5, 5)


def test_a_definition_that_nothing_refers_to_is_a_warning() -> None:
    _, (problem,) = read("one\n\n[^x]: two")
    assert problem.message == "nothing refers to the note [^x], so it is not shown"
    assert problem.span is not None
    assert (problem.span.line, problem.span.length) == (3, 4)


def test_of_two_definitions_the_first_is_used_with_a_warning() -> None:
    body, (problem,) = read("a[^1]\n\n[^1]: first\n\n[^1]: second")
    assert NoteSlot(number=1, body=("<p>first</p>\n",), simple=True) in body
    assert problem.hint == "the first one, in line 3, is used"
    assert problem.span is not None
    assert problem.span.line == 5


def test_a_note_inside_a_note_makes_the_outer_one_an_end_note() -> None:
    (outer,) = notes("a[^1]\n\n[^1]: b[^2]\n\n[^2]: c")
    assert not outer.simple
    assert NoteSlot(number=2, body=("<p>c</p>\n",), simple=True) in outer.body


@pytest.mark.parametrize("text", ["a[^1]\n\n[^1]: b[^1]", "a[^1]\n\n[^1]: b[^2]\n\n[^2]: c[^1]"])
def test_a_note_that_refers_to_itself_is_a_mistake(text: str) -> None:
    _, (problem,) = read(text)
    assert problem.message == "the note [^1] refers to itself"
    assert problem.severity == "error"


def test_a_link_of_brackets_and_code_are_no_references() -> None:
    assert notes("[^a](b.md) `[^c]` \\[^d]") == []


def test_the_lines_of_a_poem_share_their_notes() -> None:
    text = "one[^1]\ntwo[^2] three[^1]\n[^1]: first\n[^2]: second"
    context = opened(text)
    context.block("[^1]: first\n[^2]: second", 3)
    lines = [context.chunks(context.inline(text.split("\n")[n], n + 1)) for n in range(2)]
    numbers = [[c.number for c in line if isinstance(c, NoteSlot)] for line in lines]
    assert numbers == [[1], [2, 1]]
    assert context.problems == []


def test_notes_in_notes_have_an_end() -> None:
    _, problems = read("x[^0]\n\n" + "".join(f"[^{n}]: to[^{n + 1}]\n" for n in range(200)))
    assert "is too deep inside other notes" in " ".join(p.message for p in problems)


def test_2000_notes_cost_linear_time() -> None:
    text = "".join(f"x[^{n}]\n\n" for n in range(2000)) + "".join(
        f"[^{n}]: y\n" for n in range(2000)
    )
    start = time.process_time()
    assert len(notes(text)) == 2000
    assert time.process_time() - start < 4
