"""Front matter against arbitrary text: never an exception, and quotes always bring a text back."""

from __future__ import annotations

import json
import re

from hypothesis import example, given
from hypothesis import strategies as st

from sitegen.errors import Span
from sitegen.frontmatter import FrontMatter, complete, read_front_matter
from sitegen.frontmatter.block import normal
from sitegen.frontmatter.fields import FIELDS
from sitegen.frontmatter.nodes import Place, compose
from sitegen.frontmatter.yaml import QUOTED, YamlEntry
from sitegen.model import Settings, Source
from sitegen.slugs import slugify

SETTINGS = Settings(kind="poem", kind_origin="default")
SIGNS = st.text(alphabet="'\"[]{}&*!|>%@`#:,-?~=+.\\/ \n\tab12é\u2028\x00\r", max_size=40)
VALUES = st.one_of(SIGNS, st.text(max_size=40))
KEYS = st.sampled_from([*FIELDS, "unknown"])


def read(text: str) -> FrontMatter:
    return read_front_matter(Source(path="content/a.md", text=text, digest=""), SETTINGS)


def check_places(front: FrontMatter, text: str) -> None:
    """Each problem is inside the file."""
    lines = normal(text).split("\n")
    for problem in front.problems:
        assert problem.span
        assert 1 <= problem.span.line <= len(lines)
        assert problem.span.column >= 1


@given(st.one_of(st.text(), SIGNS, SIGNS.map(lambda text: f"---\n{text}")))
def test_any_text_is_read(text: str) -> None:
    front = read(text)
    check_places(front, text)
    assert normal(text).endswith(front.body)


@given(st.lists(st.tuples(KEYS, VALUES), max_size=4), st.text(max_size=20))
@example([("extra", "a:\n - ? b")], "")
@example([("tags", "[a\x85, &b]")], "")
def test_any_value_of_any_field_is_a_value_or_a_mistake_with_a_place(
    fields: list[tuple[str, str]], body: str
) -> None:
    text = "---\n" + "\n".join(f"{key}: {value}" for key, value in fields) + f"\n---\n{body}"
    front = read(text)
    check_places(front, text)
    source = Source(path="content/a.md", text=text, digest="")
    meta, _ = complete(front, source, SETTINGS, heading=None, summary="")
    assert meta.slug
    assert meta.title


@given(st.lists(st.tuples(KEYS, VALUES), max_size=4))
def test_any_toml_is_values_or_mistakes_with_a_place(fields: list[tuple[str, str]]) -> None:
    text = "+++\n" + "\n".join(f"{key} = {value}" for key, value in fields) + "\n+++\n"
    check_places(read(text), text)


ONE_LINE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


@given(ONE_LINE)
@example("'\"\\")
def test_a_title_in_double_quotes_is_the_title(title: str) -> None:
    for mark, equals in (("---", ":"), ("+++", " =")):
        front = read(f"{mark}\ntitle{equals} {json.dumps(title, ensure_ascii=False)}\n{mark}\n")
        assert (front.values, front.problems) == ({"title": title}, ())


@given(ONE_LINE)
@example("|")
def test_a_title_is_as_typed_or_the_hint_brings_it_back(title: str) -> None:
    front = read(f"---\ntitle: {title}\n---\n")
    if front.problems:
        assert front.problems[0].hint
    elif not re.fullmatch(r"['\"].*|[|>][-+0-9]*", title):  # in quotes, or a block without lines
        assert front.values == {"title": title}


@given(st.text())
def test_a_slug_of_anything_is_a_slug(text: str) -> None:
    slug = slugify(text)
    assert slug
    assert slug == slugify(slug)
    assert not set(slug) & set("/\\.?#%: \n\0")


TYPED = st.lists(
    st.sampled_from([*"aB1_-,[]\"'\\#:é \t?*&{}", "two words", ", ", "null", "\u00a0", "\ufeff"]),
    max_size=6,
).map("".join)


@given(st.sampled_from(["[{}]", "[ {} ]", "[a,{}]"]), TYPED)
def test_a_plain_list_is_read_as_the_parser_reads_it(form: str, typed: str) -> None:
    block = f"---\ntags: {form.format(typed)}\n"
    alone, parsed = read(f"{block}---\n"), read(f"{block}# so that the parser is asked\n---\n")
    assert alone.values == parsed.values
    assert alone.spans == parsed.spans
    assert [p.message for p in alone.problems] == [p.message for p in parsed.problems]


@given(st.sampled_from(['"{}"', "'{}'"]), TYPED)
def test_a_plain_text_in_quotes_is_read_as_the_parser_reads_it(form: str, typed: str) -> None:
    value, place = form.format(typed), Span("a.md", 1)
    if QUOTED.fullmatch(value) and value.isprintable():
        found = YamlEntry("title", place, f"title: {value}").text(prose=True)
        assert found
        assert found.text == compose(value, Place(place, 1, 1)).value
