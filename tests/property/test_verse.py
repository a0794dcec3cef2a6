"""Verse: whatever is typed, no line is lost, added or moved, in any medium."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from sitegen.markup.context import Context
from sitegen.markup.verse import parse_verse
from sitegen.media.verse import feed_verse, page_verse, text_verse
from sitegen.model import Body, Chunk, Settings, Stanza, Verse

NBSP = "\u00a0"
MARKED = "\\`*_{}[]<>&~^#+-=|!:.$%@/\n\r\x00"
WORDS = st.text(
    st.characters(exclude_characters=MARKED, exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))
    | st.sampled_from("אबก永👩\u200d"),
    min_size=1,
    max_size=12,
)
INDENTS = st.text(" \t\u00a0\u3000\u2003", max_size=6)
GAPS = st.sampled_from([" ", "  ", "     ", "\u00a0", "\u3000"])
LINES = st.builds(
    lambda indent, first, rest: indent + first + "".join(gap + word for gap, word in rest),
    INDENTS,
    WORDS,
    st.lists(st.tuples(GAPS, WORDS), max_size=6),
)
BLANKS = st.text(" \t\u00a0", max_size=3)
POEMS = st.lists(LINES | LINES | LINES | BLANKS, max_size=30)

BEGINNINGS = [
    "",
    "- ",
    "* ",
    "1984. ",
    "1) ",
    "# ",
    "## ",
    "> ",
    ": ",
    "    ",
    "\t",
    "~~~",
    "[x]: ",
]
MARKS = [
    "*",
    "**",
    "_",
    "`",
    "~~",
    "[",
    "](x)",
    "<i>",
    "</i>",
    "<span>",
    "</span>",
    "<br>",
    "&amp;",
]
MARKS += [
    "<!--",
    "-->",
    "\\",
    "[^1]",
    "[^1]: ",
    "$",
    "|",
    "```",
    "---",
    "***",
    "\n",
    "\n\n",
    "&emsp;",
]
ANYTHING = st.lists(st.sampled_from(BEGINNINGS + MARKS) | WORDS | GAPS, max_size=60).map("".join)


def small_render(tokens: Sequence[Token], context: Context) -> list[Chunk]:
    return [context.md.renderer.render(tokens, context.md.options, context.env)]


def parsed(source: str) -> Verse:
    md = MarkdownIt("commonmark").enable("strikethrough")
    md.use(footnote_plugin, inline=False, move_to_end=False)
    md.add_render_rule("footnote_ref", lambda _, t, i, *__: f"<sup>{t[i].meta['label']}</sup>")
    context = Context("p.md", Settings(kind="poem", kind_origin=""), md, small_render)
    return parse_verse(source, 1, context)


def html_of(body: Body) -> str:
    return "".join(chunk for chunk in body if isinstance(chunk, str))


def words_of(body: Body) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html_of(body)))


def squeezed(line: str) -> str:
    """A line by what is seen of it, whatever kind of white space stands between its words."""
    return " ".join(line.split())


def typed(rows: Sequence[str]) -> list[str]:
    return [squeezed(row) for row in rows if row.strip()]


def in_stanzas(verse: Verse) -> list[str]:
    stanzas = (block for block in verse.blocks if isinstance(block, Stanza))
    return [squeezed(words_of(line.body)) for stanza in stanzas for line in stanza.lines]


@given(POEMS)
def test_every_line_that_is_not_blank_appears_once_and_in_order(rows: list[str]) -> None:
    assert in_stanzas(parsed("\n".join(rows))) == typed(rows)


@given(POEMS)
def test_stanzas_end_exactly_where_blank_lines_stand(rows: list[str]) -> None:
    blocks = parsed("\n".join(rows)).blocks
    sizes = [len(block.lines) for block in blocks if isinstance(block, Stanza)]
    runs = re.split(r"\n\n+", "\n".join(row if row.strip() else "" for row in rows).strip("\n"))
    assert sizes == [len(run.split("\n")) for run in runs if run]


@given(POEMS)
def test_lines_are_numbered_from_one_without_a_hole(rows: list[str]) -> None:
    stanzas = (block for block in parsed("\n".join(rows)).blocks if isinstance(block, Stanza))
    numbers = [line.number for stanza in stanzas for line in stanza.lines]
    assert numbers == list(range(1, len(typed(rows)) + 1))


@given(POEMS)
def test_page_feed_and_plain_text_have_the_same_lines(rows: list[str]) -> None:
    verse = parsed("\n".join(rows))
    on_page = re.findall(r'<span class="line"[^>]*>(.*)</span>', page_verse(verse, html_of))
    in_feed = re.split(r"<br>\n|</p>\n", feed_verse(verse, html_of))
    plain = [squeezed(line) for line in text_verse(verse, words_of).split("\n")]
    seen = [squeezed(words_of((line,))) for line in in_feed]
    assert [squeezed(words_of((line,))) for line in on_page] == typed(rows)
    assert [line for line in seen if line] == typed(rows)
    assert [line for line in plain if line] == typed(rows)


@given(st.lists(LINES, min_size=1, max_size=8))
def test_a_feed_and_plain_text_indent_by_the_columns_of_the_page(rows: list[str]) -> None:
    verse = parsed("\n".join(rows))
    (stanza,) = verse.blocks
    assert isinstance(stanza, Stanza)
    plain = text_verse(verse, words_of).split("\n")
    feed = feed_verse(verse, html_of).removeprefix('<p dir="auto">').split("<br>\n")
    for line, text, entry in zip(stanza.lines, plain, feed, strict=True):
        assert len(text) - len(text.lstrip()) == line.indent
        assert len(entry) - len(entry.lstrip()) == line.indent


class Balance(HTMLParser):
    """Raises at the first tag that closes what is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _: object) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in self.open
        self.open.remove(tag)


@given(ANYTHING)
def test_whatever_is_typed_every_line_has_balanced_tags(source: str) -> None:
    for block in parsed(source).blocks:
        for line in block.lines if isinstance(block, Stanza) else ():
            balance = Balance()
            balance.feed(html_of(line.body))
            balance.close()
            assert balance.open == []
            assert "\n" not in html_of(line.body)


@given(ANYTHING)
@example("` `")
def test_whatever_is_typed_no_line_is_empty_and_each_is_in_every_medium(source: str) -> None:
    verse = parsed(source)
    lines = in_stanzas(verse)
    stanzas = (block for block in verse.blocks if isinstance(block, Stanza))
    shown = [html_of(line.body) for stanza in stanzas for line in stanza.lines]
    # A space that is code is something to see.
    assert all(line or "<code>" in html for line, html in zip(lines, shown, strict=True))
    assert page_verse(verse, html_of).count('<span class="line"') == len(lines)
    plain = iter(squeezed(line) for line in text_verse(verse, words_of).split("\n"))
    assert [line for line in lines if line not in plain] == []
