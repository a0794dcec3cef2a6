"""Measured numbers in a text: where they may stand, in which renderings they are shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from time import process_time

import pytest

from sitegen.build.parsing import draw_figure
from sitegen.errors import FigureError, Problem, Span
from sitegen.markup import Draw, parse
from sitegen.media import Resolved, feed_html, notes_html, page_html, plain_text
from sitegen.model import Document, Fence, Figure, Kind, Measure, Settings, Source

NBSP = "\u00a0"
FIGURE = "\n\n```attention\nid: bat\n```\n"


def draw(fence: Fence, asked: Sequence[Measure]) -> tuple[Figure, tuple[Problem, ...]]:
    """A figure that answers whatever it is asked with `<…>`."""
    answers = {measure.text: f"<{measure.text}>" for measure in asked}
    return Figure(id=fence.id, html="", sentence="A bat.", table="", svg="", answers=answers), ()


def document(text: str, kind: Kind = "post", drawn: Draw | None = draw) -> Document:
    settings = Settings(kind=kind, kind_origin="test")
    return parse(Source(path="content/a.md", text=text, digest="d"), settings, drawn)


def resolved(found: Document) -> Resolved:
    return Resolved(links=("/x/",) * len(found.links), images=(), figures=found.figures)


def page(text: str, kind: Kind = "post") -> str:
    found = document(text, kind)
    assert not found.problems, found.problems
    return page_html(found.body, found, resolved(found))


def errors(text: str, kind: Kind = "post") -> list[Problem]:
    found = document(text, kind).problems
    assert all(each.kind == "FigureError" for each in found), found
    return [each for each in found if each.severity == "error"]


# --- where it may stand --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("A {attention:bat a->b} B", "<p>A &lt;a-&gt;b&gt; B</p>"),
        ("**{attention:bat a->b}**", "<strong>&lt;a-&gt;b&gt;</strong>"),
        ("*A {attention:bat a*->b} B*", "<em>A &lt;a*-&gt;b&gt; B</em>"),
        ("[{attention:bat a->b}](x.md)", '<a href="/x/">&lt;a-&gt;b&gt;</a>'),
        ("- {attention:bat a->b}", "<li>&lt;a-&gt;b&gt;</li>"),
        ("> {attention:bat a->b}", "<p>&lt;a-&gt;b&gt;</p>"),
        ("| x |\n|---|\n| {attention:bat a->b} |", "<td>&lt;a-&gt;b&gt;</td>"),
        ("term\n:   {attention:bat a->b}", "<dd>&lt;a-&gt;b&gt;</dd>"),
        ("**B**{attention:bat a->b}", "</strong>&lt;a-&gt;b&gt;</p>"),
        ("A {attention:bat a->b}", "<p>A &lt;a-&gt;b&gt;</p>"),
        ("{attention:bat a->b}", "<p>&lt;a-&gt;b&gt;</p>"),
        ("{attention:bat  a -> b .1 }", "&lt;a -&gt; b .1&gt;"),
        ("{attention: bat a->b}", "&lt;a-&gt;b&gt;"),
        ('{attention:bat "}"->b}', "&lt;&quot;}&quot;-&gt;b&gt;"),
        ('{attention:bat 5"->b} and "{attention:bat 6"->b}"', "&lt;5&quot;-&gt;b&gt;"),
        ("{attention:bat\na->b}", "&lt;a-&gt;b&gt;"),
        ("{attention:bat [x](y)->b}", "&lt;[x](y)-&gt;b&gt;"),
        ('*"{attention:bat a->b}"*', "<em>“&lt;a-&gt;b&gt;”</em>"),
        ("{attention:bat a->b}'s", "&gt;’s"),
        ("{attention:bat --->b}", "&lt;---&gt;b&gt;"),
    ],
)
def test_a_number_stands_where_it_was_asked_for(typed: str, shown: str) -> None:
    assert shown in page(typed + FIGURE)


@pytest.mark.parametrize(
    "typed",
    [
        "`{attention:bat a->b}`",
        r"\{attention:bat a->b}",
        "    {attention:bat a->b}",
        "```\n{attention:bat a->b}\n```",
        "{attention}",
        "an {attention} map",
        "{ attention: it matters }",
        "{intention: a -> b}",
        "{a -> b}",
        "<!-- {attention:bat a->b} -->",
    ],
)
def test_what_is_code_or_escaped_or_no_measure_stays_as_typed(typed: str) -> None:
    found = document(typed + FIGURE)
    assert (found.problems, found.measures) == ((), ())
    rest = typed.strip("`\n ").replace("\\", "").split("{")[1]
    assert rest in page_html(found.body, found, resolved(found)).replace("-&gt;", "->")


def test_attribute_lists_still_belong_to_what_they_follow() -> None:
    shown = page("# A {.x}\n\n## B {#own}\n\n*c*{.d} {attention:bat a->b}\n{.e}" + FIGURE)
    assert '<h2 id="own">' in shown
    assert '<p class="e"><em class="d">c</em> &lt;a' in shown


def test_a_line_of_verse_shows_a_number_everywhere() -> None:
    text = "One {attention:bat a->b}\n  *two {attention:bat\tc->d}*\n\n{attention:bat e->f}\n"
    found = document(text + FIGURE, "poem")
    assert not found.problems
    for shown in (
        page_html(found.body, found, resolved(found)),
        feed_html(found.body, found, resolved(found), "https://example.org/"),
    ):
        assert [shown.count(each) for each in ("&lt;a-", "&lt;c-", "&lt;e-")] == [1, 1, 1]
    assert plain_text(found.body, found).startswith("One <a->b>\n  two <c->d>\n\n<e->f>")
    assert plain_text(found.lead, found) == "One <a->b>\n  two <c->d>"


def test_a_note_shows_a_number_in_every_rendering() -> None:
    found = document(
        "One[^1] two^[{attention:bat a->b}].\n\n[^1]: Note {attention:bat c->d}." + FIGURE
    )
    assert not found.problems
    html = page_html(found.body, found, resolved(found))
    assert "Note &lt;c-&gt;d&gt;." in html
    assert "&lt;a-&gt;b&gt;" in html
    assert "Note &lt;c-&gt;d&gt;." in notes_html(found.body, found, resolved(found))
    fed = feed_html(found.body, found, resolved(found), "https://example.org/")
    assert "<li><p>Note &lt;c-&gt;d&gt;.</p>" in fed
    assert "[<a->b>]" in plain_text(found.body, found)


def test_a_beginning_shows_its_numbers() -> None:
    found = document("It is {attention:bat a->b} here." + FIGURE)
    assert found.meta.description == "It is <a->b> here."
    assert page_html(found.lead, found, resolved(found)) == "<p>It is &lt;a-&gt;b&gt; here.</p>\n"


def test_a_number_counts_as_words() -> None:
    told = document("It is {attention:bat a->b}." + FIGURE)
    untold = document("It is {attention:bat a->b}." + FIGURE, drawn=None)
    assert (told.words, untold.words) == (3, 3)  # the full stop counts where the number is missing
    assert document("{attention:bat a->b}" + FIGURE).words == 1


def test_without_anybody_who_draws_numbers_are_left_out() -> None:
    found = document("It is {attention:bat a->b} here." + FIGURE, drawn=None)
    assert (found.figures, found.problems) == ((), ())
    assert plain_text(found.body, found) == "It is here."
    assert page_html(found.body, found, resolved(found)).startswith("<p>It is  here.</p>")


# --- what a figure is asked ----------------------------------------------------------------------


def test_each_figure_is_asked_what_is_its_own() -> None:
    asked_of = {}

    def note(fence: Fence, asked: Sequence[Measure]) -> tuple[Figure, tuple[Problem, ...]]:
        asked_of[fence.id] = [measure.text for measure in asked]
        return draw(fence, asked)

    text = "{attention:bat a->b} {attention:figure.2 c->d} {attention:bat check 2}"
    found = document(text + FIGURE + "\n```attention\n```\n", drawn=note)
    assert asked_of == {"bat": ["a->b", "check 2"], "figure.2": ["c->d"]}
    assert [figure.id for figure in found.figures] == ["bat", "figure.2"]
    assert plain_text(found.body, found).startswith("<a->b> <c->d> <check 2>")


@pytest.mark.parametrize(
    ("typed", "line", "column", "length"),
    [
        ("one {attention:bat a->b}", 1, 20, 4),
        ("one\n   two {attention:bat  a->b }", 2, 24, 4),
        ("> - one {attention:bat a->b}", 1, 24, 4),
        ("| x |\n|---|\n| a | \n| {attention:bat a->b} |", 4, 18, 4),
        ("one[^1]\n\n[^1]: two {attention:bat a->b}", 3, 26, 4),
        ("one^[two {attention:bat a->b}]", 1, 25, 4),
        ("***one** {attention:bat a->b}*", 1, 25, 4),
        ("{attention:bat\n    a->b}", 2, 5, 4),
        ("{attention:bat a\n->b}", 1, 16, 1),
    ],
)
def test_the_place_of_a_measure_is_that_of_its_text(
    typed: str, line: int, column: int, length: int
) -> None:
    (found,) = document(typed + FIGURE).measures
    assert found.span == Span("content/a.md", line, column, length)


def test_a_further_row_of_a_measure_keeps_its_column() -> None:
    (found,) = document("> 1. x {attention:bat a->b +\n>    c->d}" + FIGURE).measures
    assert found.text == "a->b +\n     c->d"


# --- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "message", "line", "column", "length"),
    [
        ("x {attention:bta a->b}", 'there is no figure "bta" on this page', 1, 14, 3),
        ("x {attention:a->b}", 'there is no figure "a->b" on this page', 1, 14, 4),
        ("x {attention:bat}", 'nothing is asked of the figure "bat"', 1, 14, 3),
        ("x {attention:}", "no figure is named", 1, 14, 1),
        ("x {attention: }", "no figure is named", 1, 15, 1),
        ("x {attention:bat a->b", "{attention:…} has no end", 1, 3, 11),
        ("x {attention:bat {a->b}", "{attention:…} has no end", 1, 3, 11),
        ("x {attention:bat " + "a" * 500 + "}", "{attention:…} has no end", 1, 3, 11),
        ("x {attention:bat a->b\n\n}", "{attention:…} has no end", 1, 3, 11),
        ("x {atention:bat a->b}", 'this begins with "{atention"', 1, 3, 9),
        ("x {attention bat a->b}", 'this begins with "{attention"', 1, 3, 10),
        ("x {Attention:bat a → b}", 'this begins with "{Attention"', 1, 3, 10),
        ("x { attention:bat a->b}", 'this begins with "{ attention"', 1, 3, 11),
        ("x\n## y {attention:bat a->b}", "cannot stand in a heading", 2, 17, 3),
        ("# y *{attention:bat a->b}*", "cannot stand in a heading", 1, 17, 3),
        ("![{attention:bat a->b}](x.png)", "cannot stand in the words of a picture", 1, 14, 3),
    ],
)
def test_a_mistake_is_shown_at_its_place(
    typed: str, message: str, line: int, column: int, length: int
) -> None:
    found = [each for each in document(typed + FIGURE).problems if each.severity == "error"]
    assert [message in each.message for each in found] == [True]
    assert found[0].kind == FigureError.__name__
    assert found[0].span == Span("content/a.md", line, column, length)
    assert found[0].hint


def test_an_unknown_figure_is_answered_with_the_nearest_one() -> None:
    (found,) = errors("{attention:bta a->b}" + FIGURE)
    assert found.hint == 'did you mean "bat"? Figures: bat'
    (alone,) = errors("{attention:bta a->b}")
    assert alone.hint == "this page has none"


def test_a_measure_in_a_poem_stays_on_its_line() -> None:
    (found,) = errors("One {attention:bat\na->b}\ntwo" + FIGURE, "poem")
    assert "two lines of a poem" in found.message
    assert found.span == Span("content/a.md", 1, 16, 3)


def test_a_measure_in_raw_html_is_warned_of() -> None:
    (found,) = document("<div>\n<b>{attention:bat a->b}</b>\n</div>" + FIGURE).problems
    assert (found.severity, found.span) == ("warning", Span("content/a.md", 2, 4, 11))


@pytest.mark.parametrize(
    "text",
    [
        "{attention:" * 20_000,
        '{attention:"' * 20_000,
        "{attention:x " + '"' * 200_000,
        "{attention:x a->b} " * 3_000,
        "{attentio ->" * 20_000,
        "{attention " + "->" * 100_000,
        "{attention:x " + "a\n" * 100_000,
    ],
    ids=lambda text: text[:16],
)
def test_monstrous_measures_take_no_time(text: str) -> None:
    start = process_time()
    assert document(text, drawn=None).body
    assert process_time() - start < 4


# --- with a real figure --------------------------------------------------------------------------

REAL = (
    "\n\n```attention\nid: bat\nmodel: toy\ntokens: the bat flew\nQ: 0 / 1 / 0\nK: 0 / 0 / 1\n"
    "scale: none\ncheck: bat -> flew > bat -> the\n```\n"
)


def test_prose_shows_what_the_figure_measured() -> None:
    """The scores of `bat` are 0, 0 and 1: e ∕ (e + 2) = 57.61 %."""
    text = "A bat gives {attention:bat bat->flew}, or {attention:bat bat->flew .2}."
    found = document(text + REAL, drawn=draw_figure)
    assert not found.problems
    told = plain_text(found.body, found).split("\n")[0]
    assert told == f"A bat gives 58{NBSP}%, or 57.61{NBSP}%."
    assert found.meta.description == "A bat gives 58 %, or 57.61 %."


def test_a_mistake_of_the_text_and_one_of_the_figure_are_told_at_once() -> None:
    text = "One {attention:bat bta->flew .1}\n{attention:bat bat->flew +\n  bat->fly}" + REAL
    found = document(text.replace("> bat -> the", "> 90%"), drawn=draw_figure)
    assert [
        (each.kind, each.span.line, each.span.column) for each in found.problems if each.span
    ] == [
        ("ClaimError", 12, 8),
        ("FigureError", 1, 20),
        ("FigureError", 3, 8),
    ]
    assert found.figures[0].answers == {}
    assert page_html(found.body, found, resolved(found)).startswith("<p>One \n")


def test_help_is_told_without_numpy() -> None:
    code = (
        "import sys, contextlib, io\nfrom sitegen.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    main(['--help'])\n"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
