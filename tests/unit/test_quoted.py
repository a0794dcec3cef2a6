"""Source that an essay quotes by name."""

from __future__ import annotations

import html
import inspect
import re
from pathlib import Path

import pytest

from sitegen.attention import core
from sitegen.errors import Problem, Span
from sitegen.markup import parse
from sitegen.markup.quoted import sources
from sitegen.model import Settings, Source

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(kind="post", kind_origin="test")
QUOTES = re.compile(r"^[ >]*(?:`{3,}|~{3,}) *source +(\S+)", re.MULTILINE)


def parsed(text: str) -> tuple[str, tuple[Problem, ...]]:
    source = Source(path="content/a.md", text=f"---\ntitle: A\n---\n{text}", digest="")
    document = parse(source, SETTINGS)
    return "".join(str(chunk) for chunk in document.body), document.problems


def shown(text: str) -> str:
    out, problems = parsed(text)
    assert problems == ()
    return out


def mistake(text: str) -> Problem:
    _, (only,) = parsed(text)
    return only


def test_a_function_is_quoted_as_it_stands_in_the_textbook() -> None:
    out = shown("```source attention.core:softmax\n```\n")
    inside = out[out.index("<code>") + 6 : out.rindex("</code>")]
    code = html.unescape(re.sub(r"<[^>]*>", "", inside))
    assert code == inspect.getsource(core.softmax)
    assert '<div class="code-title">attention.core:softmax</div>' in out
    assert '<span class="k">def</span> <span class="nf">softmax</span>' in out


def test_a_class_may_be_quoted() -> None:
    assert '<span class="nc">Attention</span>' in shown("~~~ source attention.core:Attention\n~~~")


def test_a_quotation_has_the_options_of_code() -> None:
    out = shown('```source attention.core:softmax title="Softmax" lines hl="2"\n```\n')
    assert '<div class="code-title">Softmax</div>' in out
    assert '<span class="code-line hl" data-line="2">' in out


@pytest.mark.parametrize(
    ("info", "message", "column", "length"),
    [
        ("source attention.core:sofmax", 'no source "attention.core:sofmax" to quote', 11, 21),
        ("source attention.cor:softmax", 'no source "attention.cor:softmax" to quote', 11, 21),
        ("source attention.core", 'no source "attention.core" to quote', 11, 14),
        ("source errors:suggest", 'no source "errors:suggest" to quote', 11, 14),
        ("source attention.core:../errors", "to quote", 11, 24),
        ("source attention.seeds:sha256", "to quote", 11, 22),
        ("source", "no source is named", 4, 6),
    ],
)
def test_a_name_that_is_not_there_is_a_mistake_at_its_place(
    info: str, message: str, column: int, length: int
) -> None:
    found = mistake(f"```{info}\n```\n")
    assert found.severity == "error"
    assert message in found.message
    assert found.span == Span("content/a.md", 4, column, length)
    assert found.hint is not None
    assert "Sources: attention.core:Attention, attention.core:Projections, " in found.hint


def test_the_nearest_name_is_suggested() -> None:
    hint = mistake("```source attention.core:sofmax\n```\n").hint
    assert hint is not None
    assert hint.startswith('did you mean "attention.core:softmax"?')


def test_a_text_of_its_own_would_not_be_shown() -> None:
    found = mistake("```source attention.core:softmax\nx = 1\n```\n")
    assert (found.message, found.hint) == (
        "a block of quoted source has a text of its own",
        "leave it empty",
    )


def test_everything_public_in_the_textbook_can_be_quoted() -> None:
    public = {
        f"attention.core:{name}"
        for name, value in vars(core).items()
        if getattr(value, "__module__", "") == core.__name__ and not name.startswith("_")
    }
    assert public | {"attention.seeds:normals"} == set(sources())


@pytest.mark.parametrize(
    "path", [*ROOT.glob("content/**/*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda path: path.name
)
def test_every_source_that_we_quote_is_there(path: Path) -> None:
    assert set(QUOTES.findall(path.read_text(encoding="utf-8"))) <= set(sources())
