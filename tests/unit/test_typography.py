"""Typography: which marks become which, in each language, and what stays as typed."""

import time

import pytest

from sitegen.markup import open_context
from sitegen.markup.typography import MARKS, marks_of
from sitegen.model import Chunk, LinkSlot, MathSlot, NoteSlot, Settings


def shown(chunk: Chunk) -> str:
    match chunk:
        case str():
            return chunk
        case LinkSlot():
            return "LINK"
        case MathSlot():
            return f"({chunk.tex})"
        case NoteSlot():
            return f"[{''.join(shown(inside) for inside in chunk.body).strip()}]"
        case _:
            return "?"


def read(text: str, language: str = "en") -> str:
    settings = Settings(kind="post", kind_origin="test", language=language)
    context = open_context("content/a.md", settings, language, text.split("\n"))
    html = "".join(shown(chunk) for chunk in context.block(text, 1))
    return html.strip().removeprefix("<p>").removesuffix("</p>").replace("&quot;", '"')


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("\"a\" and 'b'", "“a” and ‘b’"),
        ("He said, \"She said 'no'.\"", "He said, “She said ‘no’.”"),
        ("'He said \"no\"'", "‘He said “no”’"),
        ('("a")---"b"---"c"', "(“a”)—“b”—“c”"),
        ('¿"Qué"?', "¿“Qué”?"),
        ('"a\nb"', "“a\nb”"),
        ('x\u00a0"a"', "x\u00a0“a”"),
        ('"unclosed', "“unclosed"),
        ('closed later"', "closed later”"),
        ('the "A"s', "the “A”s"),
    ],
)
def test_quotation_marks_know_their_sides(typed: str, expected: str) -> None:
    assert read(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("don't", "don’t"),
        ("the dogs' tails", "the dogs’ tails"),
        ("'tis and 'Twas", "’tis and ’Twas"),
        ("the '90s and '68", "the ’90s and ’68"),
        ("rock 'n' roll", "rock ’n’ roll"),
        ('"\'Tis," he said', "“’Tis,” he said"),
        ("'ello guv", "’ello guv"),
        ("'Round' it goes", "‘Round’ it goes"),
        ("'cause 'em", "’cause ’em"),
    ],
)
def test_an_apostrophe_is_no_quotation_mark(typed: str, expected: str) -> None:
    assert read(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ('*"word"*', "<em>“word”</em>"),
        ('"*x*"', "“<em>x</em>”"),
        ('"<em>x</em>"', "“<em>x</em>”"),
        ("**Bold**'s", "<strong>Bold</strong>’s"),
        ('`code`\'s "`code`"', "<code>code</code>’s “<code>code</code>”"),
        ('"$x$"', "“(x)”"),
        ('["a"](b.md)', '<a href="LINK">“a”</a>'),
        ('"a"^[it\'s "b"]', "“a”[<p>it’s “b”</p>]"),
        ('a<br>"b"', "a<br>“b”"),
    ],
)
def test_a_mark_knows_its_neighbour_across_tags(typed: str, expected: str) -> None:
    assert read(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("a -- b, a--b, 1--2", "a – b, a–b, 1–2"),
        ("a---b, a --- b", "a—b, a — b"),
        ("said--\n--and", "said–\n–and"),
        ("wait... what.... no.", "wait… what…. no."),
        ("....... ..", "....... .."),
        ("a ---- b", "a ---- b"),
    ],
)
def test_dashes_and_dots(typed: str, expected: str) -> None:
    assert read(typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "5' 6\" tall",
        '12"',
        "use --strict",
        "a --&gt; b",
        "../x .../y",
        "{{ \"a\" }} {% b 'c' -- %}",
    ],
)
def test_what_is_no_typography_stays(typed: str) -> None:
    assert read(typed) == typed


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (r"\"a\" \'b\' \-- \--- \...", "\"a\" 'b' -- --- ..."),
        ("&quot;a&quot;", '"a"'),
        ("`\"a\" -- '...'`", "<code>\"a\" -- '...'</code>"),
        ('<code>"a"</code> "b"', '<code>"a"</code> “b”'),
        ('<kbd>--</kbd> <b title="it\'s">x</b>', '<kbd>--</kbd> <b title="it\'s">x</b>'),
        ("<https://a.org/b--c>", '<a href="LINK">https://a.org/b--c</a>'),
        ("https://a.org/b--c", '<a href="LINK">https://a.org/b--c</a>'),
        ("ftp://a.org/b--c www.a--b.org", "ftp://a.org/b--c www.a--b.org"),
        ("$a'b--c$", "(a'b--c)"),
    ],
)
def test_what_is_escaped_or_code_or_an_address_stays(typed: str, expected: str) -> None:
    assert read(typed) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en-GB", "“a ‘b’ c” l’x"),
        ("de", "„a ‚b‘ c“ l’x"),
        ("de-CH", "«a ‹b› c» l’x"),
        ("fr", "«\u00a0a “b” c\u00a0» l’x"),
        ("fr-CH", "«\u202fa ‹\u202fb\u202f› c\u202f» l’x"),
        ("sv", "”a ’b’ c” l’x"),
        ("da", "»a ›b‹ c« l’x"),
        ("pl", "„a «b» c” l’x"),
        ("ru", "«a „b“ c» l’x"),
        ("ja", "「a 『b』 c」 l’x"),
        ("xx", "\"a 'b' c\" l'x"),
    ],
)
def test_each_language_has_its_own_marks(language: str, expected: str) -> None:
    assert read("\"a 'b' c\" l'x", language) == expected


def test_dutch_leaves_out_first_letters_too() -> None:
    assert read("'s morgens, in 't huis", "nl") == "’s morgens, in ’t huis"


def test_a_language_has_four_marks_or_none() -> None:
    assert {len(marks_of(language) or "") for language in MARKS} == {4}
    assert marks_of("tlh") is None


@pytest.mark.parametrize(
    "text",
    [
        '"' * 20_000,
        "'a " * 20_000,
        "'a " * 10_000 + ' "b" b\'' * 10_000,
        "{{" * 20_000,
        "--" * 20_000,
    ],
)
def test_20000_marks_cost_linear_time(text: str) -> None:
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 4
