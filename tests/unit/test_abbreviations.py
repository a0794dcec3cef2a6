"""Abbreviations: defined once, marked wherever the whole word stands in a text."""

import time

import pytest

from sitegen.markup import open_context
from sitegen.model import LinkSlot, Settings


def read(text: str) -> str:
    settings = Settings(kind="post", kind_origin="test")
    context = open_context("content/a.md", settings, "en", text.split("\n"))
    body = context.block(text, 1)
    assert context.problems == []
    return "".join("LINK" if isinstance(chunk, LinkSlot) else str(chunk) for chunk in body)


HTML = '<abbr title="Hyper Text">HTML</abbr>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTML, *HTML*", f"{HTML}, <em>{HTML}</em>"),
        ("(HTML)-HTML's", f"({HTML})-{HTML}’s"),
        ("HTMLs XHTML HTML_x", "HTMLs XHTML HTML_x"),
        ("`HTML`", "<code>HTML</code>"),
        ("[HTML](HTML)", f'<a href="LINK">{HTML}</a>'),
        ("<https://a.org/HTML>", '<a href="LINK">https://a.org/HTML</a>'),
        ("![HTML](a.png)", "ImageSlot(index=0)"),
        ("x <b title='HTML'>y</b>", "x <b title='HTML'>y</b>"),
    ],
)
def test_whole_words_in_texts_are_marked(text: str, expected: str) -> None:
    assert read(f"{text}\n\n*[HTML]: Hyper Text") == f"<p>{expected}</p>\n"


def test_a_definition_may_stand_anywhere_and_is_escaped() -> None:
    assert read('*[R&D]: "a" <b>\nR&D') == (
        '<p><abbr title="&quot;a&quot; &lt;b&gt;">R&amp;D</abbr></p>\n'
    )


def test_the_longest_abbreviation_wins_and_the_first_definition() -> None:
    text = "*[New York]: a\n*[New York City]: b\n*[New York]: c\n\nNew York City, New York"
    assert read(text) == (
        '<p><abbr title="b">New York City</abbr>, <abbr title="a">New York</abbr></p>\n'
    )


@pytest.mark.parametrize("text", ["*[]: x", "*[a]:", "\\*[a]: x", "*[a] : x"])
def test_what_is_no_definition_stays_text(text: str) -> None:
    assert read(text).startswith("<p>")


def test_many_definitions_and_many_words_cost_linear_time() -> None:
    text = "".join(f"*[A {n}]: b\n" for n in range(2_000)) + "\n" + "A 7 " * 10_000
    start = time.process_time()
    assert read(text).count("<abbr") == 10_000
    assert time.process_time() - start < 4
