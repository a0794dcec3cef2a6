"""A source becomes a document: title, lead, headings, links, problems."""

from __future__ import annotations

import time

import pytest

from sitegen.markup import parse
from sitegen.markup.headings import slug
from sitegen.media import Resolved, page_html, plain_text
from sitegen.model import Document, ImageFile, Kind, Settings, Source


def document(text: str, kind: Kind = "post") -> Document:
    settings = Settings(kind=kind, kind_origin="test")
    return parse(Source(path="content/some-name.md", text=text, digest="d"), settings)


def html(text: str) -> str:
    parsed = document(text)
    links = tuple(link.target for link in parsed.links)
    images = tuple(ImageFile(src=image.target) for image in parsed.images)
    return page_html(parsed.body, parsed, Resolved(links=links, images=images))


def problems(text: str) -> list[tuple[str, str, int, int]]:
    found = document(text).problems
    return [(p.severity, p.message, p.span.line, p.span.column) for p in found if p.span]


# --- the title -----------------------------------------------------------------------------------


def test_the_first_heading_is_the_title_and_leaves_the_body() -> None:
    parsed = document("Before.\n\n# The *title*\n\nAfter.")
    assert parsed.meta.title == "The title"
    assert parsed.body == ("<p>Before.</p>\n<p>After.</p>\n",)
    origin = parsed.origins["title"]
    assert origin.span is not None
    assert origin.span.line == 3


def test_a_heading_in_a_fence_is_no_title() -> None:
    assert document("```\n# not this\n```\n\n# This").meta.title == "This"


def test_a_title_in_the_front_matter_wins_and_the_heading_stays() -> None:
    parsed = document("---\ntitle: A\n---\n# B\n\ntext")
    assert (parsed.meta.title, parsed.headings[0].text) == ("A", "B")


def test_a_heading_that_repeats_the_title_leaves_the_body() -> None:
    parsed = document("---\ntitle: A b\n---\n# A  *b*\n\ntext")
    assert (parsed.meta.title, parsed.body) == ("A b", ("<p>text</p>\n",))


def test_a_page_has_one_heading_of_the_first_level() -> None:
    levels = [heading.level for heading in document("# T\n\n# a\n\n## b\n\n###### c").headings]
    assert levels == [2, 3, 6]


def test_headings_stay_where_none_is_of_the_first_level() -> None:
    assert [heading.level for heading in document("# T\n\n## a\n\n### b").headings] == [2, 3]


def test_a_heading_alone_before_a_poem_is_its_title() -> None:
    parsed = document("# Ode\n\none\ntwo", "poem")
    assert (parsed.meta.title, plain_text(parsed.body)) == ("Ode", "one\ntwo")


@pytest.mark.parametrize(
    ("typed", "title", "column"), [("#   Ode", "Ode", 5), ("# C#", "C#", 3), ("# Ode ##", "Ode", 3)]
)
def test_the_title_of_a_poem_is_read_as_a_heading(typed: str, title: str, column: int) -> None:
    parsed = document(f"{typed}\n\none", "poem")
    span = parsed.origins["title"].span
    assert (parsed.meta.title, span and span.column) == (title, column)


def test_a_line_of_a_poem_that_looks_like_a_heading_is_a_line() -> None:
    parsed = document("# one\ntwo", "poem")
    assert plain_text(parsed.body) == "# one\ntwo"


# --- headings and ids ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A Simple One", "a-simple-one"),
        ("What's new?", "whats-new"),
        ("a - b & c_d", "a---b--c_d"),
        ("Größe", "größe"),
        ("हिन्दी", "हिन्दी"),
        ("!?", "section"),
    ],
)
def test_an_id_is_made_as_github_makes_it(text: str, name: str) -> None:
    assert slug(text) == name


def test_equal_headings_have_different_ids() -> None:
    ids = [heading.id for heading in document("# T\n\n## a\n## a\n## a-1\n## a").headings]
    assert ids == ["a", "a-1", "a-1-1", "a-2"]


def test_anchors_are_all_ids_of_the_body() -> None:
    text = '# T\n\n## h\n\n## i {#own}\n\n<a name="raw"></a> [x](y){#l} ![z](p.png){#p}\n\n<p id=q>'
    assert document(text).anchors == {"t", "h", "own", "raw", "l", "p", "q"}


def test_the_heading_that_became_the_title_can_be_linked_to() -> None:
    assert "the-title" in document("# The *title*\n\ntext").anchors
    assert "ode" in document("# Ode\n\none", "poem").anchors


def test_a_heading_holds_no_note_and_no_tag() -> None:
    text = "# T\n\n## `a` <b>b</b> $x$ ![alt](i.png)[^1]\n\n[^1]: n"
    assert document(text).headings[0].text == "a b x alt"


# --- the lead ------------------------------------------------------------------------------------


def test_the_lead_is_the_first_paragraph_without_its_notes() -> None:
    parsed = document(
        "# T\n\n![only](an.png)\n\n> quoted\n\nFirst[^1] *one*.\n\nSecond.\n\n[^1]: n"
    )
    assert parsed.lead == ("<p>First <em>one</em>.</p>\n",)
    assert parsed.meta.description == "First one."


def test_the_lead_of_a_poem_is_its_first_stanza() -> None:
    parsed = document("one[^1]\ntwo\n\nthree\n\n[^1]: n", "poem")
    assert plain_text(parsed.lead) == "one\ntwo"
    assert parsed.meta.description == "one / two"


def test_a_long_description_is_cut_between_words() -> None:
    description = document("word " * 200).meta.description
    assert description.endswith("word…")
    assert 200 <= len(description) <= 300


def test_a_description_without_spaces_is_cut_anyway() -> None:
    assert len(document("字" * 1000).meta.description) <= 300


def test_words_are_counted() -> None:
    assert document("# T\n\none *two*\n\n- three\n- four").words == 4


# --- text that other programs would run ----------------------------------------------------------


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% include 'x' %}", "{{ x | safe }}", "{# no #}"])
def test_templates_in_a_text_are_text(text: str) -> None:
    assert text.replace("'", "’")[:8] in html(text).replace("‘", "’")


def test_attributes_that_the_policy_forbids_are_left_out_with_a_warning() -> None:
    text = '[a](b){onclick="x()" .c style="d"}'
    assert html(text) == '<p><a href="b" class="c">a</a></p>\n'
    assert problems(text) == [
        ("warning", 'the attribute "onclick" is left out', 1, 8),
        ("warning", 'the attribute "style" is left out', 1, 25),
    ]


# --- pictures and callouts ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        ("{width=300}", 'width="300"'),
        ('{: width="300px" height=20}', 'width="300" height="20"'),
        ("{width=50% .wide #i}", 'id="i" class="wide"'),
        ("{height=20 .wide}", 'height="20" class="wide"'),
    ],
)
def test_an_image_takes_its_size_from_an_attribute_list(attributes: str, written: str) -> None:
    assert html(f"x ![a](p.png){attributes}") == f'<p>x <img src="p.png" alt="a" {written}></p>\n'
    assert problems(f"x ![a](p.png){attributes}") == []


def test_a_typed_width_keeps_the_proportions_of_the_file() -> None:
    parsed = document("![a](p.png){width=30}")
    sized = Resolved(links=(), images=(ImageFile(src="/p.png", width=90, height=60),))
    assert 'width="30" height="20"' in page_html(parsed.body, parsed, sized)


def test_an_image_with_a_title_is_a_figure_whatever_its_attributes() -> None:
    assert html('![a](p.png "t"){.wide}').startswith('<figure class="image"><img src="p.png"')


def test_a_size_on_anything_else_is_left_out() -> None:
    assert html("*a*{width=3}") == "<p><em>a</em></p>\n"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("> [!NOTE]\n> body", "Note"),
        ("> [!note] Of *mine*\n> body", "Of <em>mine</em>"),
        ("> [!note]- Folded\n>\n> body", "Folded"),
        ("!!! note\n    body", "Note"),
        ('!!! note "Mine"\n    body', "Mine"),
    ],
)
def test_a_callout_is_read_in_every_notation(text: str, title: str) -> None:
    assert html(f"{text}\n\nnext") == (
        f'<div class="callout callout-note" role="note">\n<p class="callout-title">{title}</p>\n'
        "<p>body</p>\n</div>\n<p>next</p>\n"
    )


@pytest.mark.parametrize("text", ["> [!wow] a", "!!! wow", "> [!note](a) b", "> a\n> [!note]"])
def test_what_only_resembles_a_callout_is_text(text: str) -> None:
    assert "callout" not in html(text)


def test_a_callout_may_stand_in_another_and_in_a_list() -> None:
    text = "- > [!tip] A\n  > > [!info]\n  > > [a](b)\n\n  !!! note\n      > [!bug]\n"
    assert html(text).count('role="note"') == 4
    assert document(text).links[0].span.line == 3


def test_a_tag_that_says_so_holds_markdown() -> None:
    text = '<div class="box" markdown="1">\n**a**\n\n- b\n</div>\n\n<aside markdown>\n*c*\n</aside>'
    assert html(text) == (
        '<div class="box">\n<p><strong>a</strong></p>\n<ul><li>b</li>\n</ul>\n</div>\n'
        "<aside>\n<p><em>c</em></p>\n</aside>"
    )


def test_any_other_tag_holds_html() -> None:
    text = '<div title="a markdown b" class="markdown-body">\n**a**\n</div>'
    assert html(text) == text


# --- what is wrong -------------------------------------------------------------------------------


def test_an_image_without_alt_text_is_reported_but_not_one_with_an_empty_one() -> None:
    text = 'x ![](a.png)\n\n- <img src="b.png" alt>\n  <IMG src="c.png">'
    assert sorted(problems(text)) == [
        ("warning", "this image has no alt text", 1, 7),
        ("warning", "this image has no alt text", 4, 4),
    ]


def test_cells_that_have_no_column_are_reported() -> None:
    found = problems("a | b\n--|--\n1 | 2\n1 | 2 | 3")
    assert [(severity, line) for severity, _, line, _ in found] == [("warning", 4)]


def test_what_is_nested_too_deeply_is_an_error_at_its_line() -> None:
    text = "\n".join(f"{'  ' * depth}- a" for depth in range(300))
    [(severity, message, line, _)] = problems(text)
    assert (severity, "nested" in message, line) == ("error", True, 30)


def test_an_id_used_twice_is_reported() -> None:
    [(_, message, line, column)] = problems('<a id="x">\n\n<b>\n<a id="x">')
    assert (message, line, column) == ('the id "x" is used twice on this page', 4, 8)


def test_a_misspelt_figure_is_an_error_at_its_word() -> None:
    found = document("```atention\nview: x\n```").problems
    error = next(problem for problem in found if problem.severity == "error")
    assert error.hint == 'did you mean "attention"?'
    assert error.span is not None
    assert (error.span.line, error.span.column, error.span.length) == (1, 4, 8)


def test_a_figure_is_noted_with_its_place() -> None:
    parsed = document("# T\n\n- x\n\n  ```attention\n  id: two  # 2\n  ```\n\n```attention\n```")
    first, second = parsed.fences
    assert (first.id, first.text, first.span.line, first.indent) == (
        "two",
        "id: two  # 2\n",
        5,
        2,
    )
    assert (second.id, second.indent) == ("figure.2", 0)


# --- odd input -----------------------------------------------------------------------------------

ODD = {
    "open brackets": "[" * 20_000,
    "open links": "[a](" * 10_000,
    "open images": "![" * 5_000,
    "nested lists": "\n".join(f"{'  ' * depth}- a" for depth in range(300)),
    "nested quotes": ">" * 300 + " a",
    "notes": "\n\n".join(f"x[^{number}]\n\n[^{number}]: n" for number in range(2_000)),
    "spaces": "a" + " " * 200_000 + "b",
    "a long line": "word " * 200_000,
    "links in one line": "[a](b) " * 10_000,
    "broken tags": '<div class="' * 20_000,
    "open comments": "<!-- " * 20_000,
    "open raw text": "<p><style>" * 10_000,
    "addresses": "https://a.b/c " * 10_000,
    "cells": "|a" * 2_000 + "|\n" + "|-" * 2_000 + "|\n" + "|[a](b)" * 2_000 + "|\n",
    "attribute lists": "`a`{.b " * 10_000,
    "braces": "# " + "{" * 20_000 + "}",
    "headings": "# a\n\n" * 5_000,
    "callouts": "!!! note\n" * 3_000,
    "candidates": '<img alt="" srcset="' + "a.png 1x, " * 10_000 + '">',
    "nulls": "\0" * 10_000,
    "a tag with spaces": "<div" + " " * 200_000 + "markdown" + " markdown" * 20_000,
    "tags that hold Markdown": "<div markdown " * 20_000 + "\n<div markdown>" * 2_000,
    "quoted callouts": "> " * 50 + "[!note]\n" + "> [!note] a\n" * 3_000,
    "titles of links": '[a](b "' + "](" * 5_000 + '")',
    "emphasis": "*a **b " * 10_000,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_input_is_read_in_a_budget_of_five_seconds(name: str) -> None:
    start = time.process_time()
    html(ODD[name])
    assert time.process_time() - start < 5
