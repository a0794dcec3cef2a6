"""Code blocks: what the words behind the mark ask for, and what becomes of the code."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexer import Lexer
from pygments.token import Keyword

from sitegen.errors import Problem
from sitegen.markup import highlight, open_context
from sitegen.model import Settings

CODE = "import os\n\n\tdef f(x):  # <b>\n"
SETTINGS = Settings(kind="post", kind_origin="test")


def render(info: str, code: str = CODE) -> tuple[str, list[Problem]]:
    context = open_context("content/a.md", SETTINGS, "en", [f"```{info}"])
    return highlight.render_code(code, info, context, 1), context.problems


def clean(info: str, code: str = CODE) -> str:
    out, problems = render(info, code)
    assert problems == []
    return out


def copied(out: str) -> str:
    """The text of the code, as a browser has it."""
    inside = out[out.index("<code>") + 6 : out.rindex("</code>")]
    return html.unescape(re.sub(r"<[^>]*>", "", inside))


def marked(out: str) -> list[int]:
    lines: list[str] = re.findall(r'class="code-line( hl)?"', out)
    return [number for number, hl in enumerate(lines, 1) if hl]


def test_code_has_the_short_classes_of_pygments() -> None:
    assert clean("python", "def f(x): return 1\n") == (
        '<div class="code" data-language="python"><pre tabindex="0"><code>'
        '<span class="k">def</span> <span class="nf">f</span>(x): <span class="k">return</span> '
        '<span class="mi">1</span>\n</code></pre></div>\n'
    )


@pytest.mark.parametrize("info", highlight.ALSO)
def test_a_name_that_pygments_does_not_know_may_be_known_here(info: str) -> None:
    assert "<span" in clean(info, "select 1 from 'a' -- <b/>\n+ echo {% if %}\n")


@pytest.mark.parametrize("info", ["", "text", "mermaid", "mytext", "nohighlight", "bas", "tsv"])
def test_what_is_no_language_is_plain_text_without_a_word(info: str) -> None:
    assert "<span" not in clean(info)


def test_a_misspelt_language_is_a_warning_at_its_place() -> None:
    _, (problem,) = render("pyhton")
    assert problem.severity == "warning"
    assert problem.hint == 'did you mean "python"?'
    assert problem.span is not None
    assert (problem.span.column, problem.span.length) == (4, 6)


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        ("Python title='x'", "python"),
        ("{.python #id}", "python"),
        ("{ .python }", "python"),
        ("{python}", "python"),
        ("python{1,3}", "python"),
        ("c++", "c++"),
        ("C#", "c#"),
    ],
)
def test_the_language_is_read_in_every_notation(info: str, language: str) -> None:
    assert f'data-language="{language}"' in clean(info)


@pytest.mark.parametrize(
    "info",
    [
        'python hl="1,3"',
        "python hl=1,3",
        'python {hl_lines=[1,"3-3"]}',
        "python {hl_lines=[1,3],linenos=false}",
        "js {1,3}",
        'python hl_lines="1 3"',
    ],
)
def test_lines_are_highlighted_in_every_notation(info: str) -> None:
    out = clean(info)
    assert marked(out) == [1, 3]
    assert "data-line=" not in out


@pytest.mark.parametrize(
    ("info", "first"),
    [
        ("python lines", 1),
        ("python start=10", 10),
        ("python {linenos=table,linenostart=7}", 7),
        ('{.python .numberLines startFrom="5"}', 5),
        ('python linenums="3"', 3),
    ],
)
def test_lines_are_numbered_in_every_notation(info: str, first: int) -> None:
    out = clean(info)
    assert re.findall(r'data-line="(\d+)"', out) == [str(first + n) for n in range(3)]


def test_a_title_and_an_id_are_escaped() -> None:
    out = clean('text title="<a>&.py" {#one}')
    assert '<div class="code-title">&lt;a&gt;&amp;.py</div>' in out
    assert '<div class="code" id="one">' in out


def test_a_span_never_runs_over_the_end_of_a_line() -> None:
    out = clean("python lines", '"""a\nb"""\n')
    _, *lines = out[: out.index("</code>")].split('<span class="code-line"')
    assert [(line.count("<span") + 1, line.count("\n")) for line in lines] == [(2, 1), (2, 1)]
    assert [line.count("</span>") for line in lines] == [2, 2]


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ("python foo=1", 'the option "foo"'),
        ("python titel='x'", 'the option "titel"'),
        ("python hl", "needs a value"),
        ("python start=q", '"q" is not the number'),
        ('python hl="9"', '"9" are not among the 3'),
        ('python hl="0-1"', '"0-1" are not among the 3'),
        ('python hl="x"', '"x" are not among the 3'),
    ],
)
def test_an_option_that_is_not_understood_is_a_warning(info: str, words: str) -> None:
    _, (problem,) = render(info)
    assert problem.severity == "warning"
    assert words in problem.message


def test_a_range_without_an_end_costs_nothing() -> None:
    out, _ = render('python hl="2-999999999"')
    assert marked(out) == [2, 3]


def test_a_lexer_that_fails_leaves_the_code_as_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Lexer):
        def get_tokens_unprocessed(self, code: str) -> Iterator[Any]:
            raise ValueError(code)

    monkeypatch.setattr(highlight, "_lexer", lambda _: Broken)
    assert copied(clean("python")) == CODE
    assert "<span" not in clean("python")


def test_a_lexer_that_leaves_something_out_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(Lexer):
        def get_tokens_unprocessed(self, code: str) -> Iterator[Any]:
            yield 0, Keyword, code[1:]

    monkeypatch.setattr(highlight, "_lexer", lambda _: Forgetful)
    assert copied(clean("python")) == CODE


def test_a_block_is_coloured_as_if_there_were_no_other() -> None:
    code = "VAR x: COROUTINE;\n"
    before = clean("modula2", code)
    clean("modula2", "(*!m2pim*)\nMODULE x;\n")
    assert clean("modula2", code) == before


LANGUAGES = ("", "python", "js", "html", "console", "pycon", "diff", "yaml", "json", "rust", "tex")
TEXT = st.text(st.sampled_from("ab1 \n\t\"'<>&#$>{}()=-+/*\\:;.,é\u2028\x0b\r"), max_size=60)


@given(TEXT, st.sampled_from(LANGUAGES), st.sampled_from(["", " lines", ' hl="1"', " lines hl=2"]))
def test_what_is_copied_is_what_was_typed(code: str, language: str, options: str) -> None:
    out, _ = render(language + options, code)
    assert copied(out) == code
