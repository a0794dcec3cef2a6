"""Whatever is typed: no word is lost, no input is too odd."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from sitegen.markup import parse
from sitegen.media import Resolved, feed_html, notes_html, page_html, plain_text
from sitegen.model import Document, ImageFile, Settings, Source

WORD = st.from_regex(r"w[a-z]{1,7}", fullmatch=True)


def marked(words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A word or more of them, with marks that Markdown takes away."""
    phrase = st.lists(words, min_size=1, max_size=4).map(" ".join)
    forms = ["{}", "*{}*", "**{}**", "`{}`", "[{}](a.md)", "~~{}~~", "![{}](b.png)", "<b>{}</b>"]
    return st.builds(str.format, st.sampled_from([*forms, '"{}"', "{}[^1]", "^[{}]"]), phrase)


LINE = st.lists(marked(WORD), min_size=1, max_size=4).map(" ".join)
PLAIN_LINE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)


def prefixed(mark: str, below: str) -> st.SearchStrategy[str]:
    def build(lines: list[str]) -> str:
        return "\n".join((mark if i == 0 else below) + line for i, line in enumerate(lines))

    return st.lists(LINE, min_size=1, max_size=3).map(build)


BLOCK = st.one_of(
    prefixed("", ""),
    prefixed("- ", "- "),
    prefixed("1. ", "   "),
    prefixed("> ", "> "),
    prefixed("> [!NOTE]\n> ", "> "),
    prefixed("## ", "\n"),
    prefixed("!!! note\n    ", "    "),
    prefixed("- [ ] ", "  "),
    prefixed("word\n:   ", "    "),
    st.builds("| {} | {} |\n|---|--:|\n| {} | {} |".format, LINE, LINE, LINE, LINE),
    st.lists(PLAIN_LINE, min_size=1, max_size=3).map(
        lambda rows: "```\n" + "\n".join(rows) + "\n```"
    ),
    st.lists(LINE, min_size=1, max_size=3).map(
        lambda rows: "```poem\n" + "\n".join(rows) + "\n```"
    ),
    st.builds("<div>\n\n{}\n\n</div>".format, LINE),
)
PAGE = st.lists(BLOCK, min_size=1, max_size=6).map(
    lambda blocks: "\n\n".join(blocks) + "\n\n[^1]: wnote"
)


def document(text: str) -> Document:
    settings = Settings(kind="post", kind_origin="test")
    return parse(Source(path="content/a.md", text=text, digest="d"), settings)


def typed_words(text: str) -> set[str]:
    return set(re.findall(r"\bw[a-z]+", text)) - {"wnote"}


@given(PAGE)
def test_every_word_of_a_page_is_in_its_plain_text(text: str) -> None:
    parsed = document(text)
    assert typed_words(text) <= typed_words(plain_text(parsed.body, parsed))


@given(PAGE)
def test_the_words_of_a_page_keep_their_number(text: str) -> None:
    parsed = document(text)
    told = plain_text(parsed.body, parsed)
    source = text.removesuffix("[^1]: wnote")
    assert len(re.findall(r"\bw[a-z]+", told.replace("wnote", ""))) == len(
        re.findall(r"\bw[a-z]+", source)
    )


MARKS = "[]()!<>\"'`*_~{}|#-+=:.\\&;$^1 \t\nab"


@given(st.text(st.sampled_from(MARKS), max_size=200))
def test_nothing_is_too_odd_for_any_medium(text: str) -> None:
    parsed = document(text)
    resolved = Resolved(
        links=tuple(link.target for link in parsed.links),
        images=tuple(ImageFile(src=image.target) for image in parsed.images),
    )
    page_html(parsed.body, parsed, resolved)
    notes_html(parsed.body, parsed, resolved)
    feed_html(parsed.body, parsed, resolved, "https://example.org/a/")
    rows = text.split("\n")
    for link in parsed.links:
        assert 1 <= link.span.line <= len(rows)
        assert 1 <= link.span.column <= len(rows[link.span.line - 1]) + 1
