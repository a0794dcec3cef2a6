"""Verse: each row of the table of what a poem's source becomes, and the rows' neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from sitegen import markup
from sitegen.errors import Span
from sitegen.markup import math
from sitegen.markup.context import Context
from sitegen.markup.verse import parse_verse
from sitegen.media.verse import feed_verse, page_verse, text_verse
from sitegen.model import Body, Chunk, Inset, Ornament, Part, Settings, Stanza, Verse

NBSP = "\u00a0"


def small_parser() -> MarkdownIt:
    """CommonMark with notes, so that these tests say nothing of the whole dialect."""
    md = MarkdownIt("commonmark").enable("strikethrough")
    md.use(footnote_plugin, inline=False, move_to_end=False)
    md.add_render_rule("footnote_ref", lambda _, t, i, *__: f"<sup>{t[i].meta['label']}</sup>")
    return md


def small_render(tokens: Sequence[Token], context: Context) -> list[Chunk]:
    return [context.md.renderer.render(tokens, context.md.options, context.env)]


def open_context(source: str = "", md: MarkdownIt | None = None) -> Context:
    settings = Settings(kind="poem", kind_origin="test")
    return Context("poem.md", settings, md or small_parser(), small_render, source.split("\n"))


def parsed(source: str, *, numbered: bool = False, prefix: str = "") -> Verse:
    return parse_verse(source, 1, open_context(source), numbered=numbered, prefix=prefix)


def html_of(body: Body) -> str:
    return "".join(chunk for chunk in body if isinstance(chunk, str))


def words_of(body: Body) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html_of(body)))


def poem(source: str) -> list[str]:
    """Each line of the poem behind its indent as spaces, "" between stanzas, others in brackets."""
    out: list[str] = []
    for block in parsed(source).blocks:
        match block:
            case Stanza():
                out += ["", *("" for _ in range(block.gap))]
                mark = "> " if block.quoted else ""
                out += [mark + " " * line.indent + html_of(line.body) for line in block.lines]
            case Ornament():
                out += ["", f"[ornament {block.text}]"]
            case Part():
                out += ["", f"[part {block.level} {block.id} {html_of(block.body)}]"]
            case Inset():
                out += ["", f"[inset {html_of(block.body).strip()}]"]
    return out[1:]


# --- lines, stanzas, gaps ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("a\nb", ["a", "b"], id="a newline ends a line"),
        pytest.param("a\n\nb", ["a", "", "b"], id="a blank line ends a stanza"),
        pytest.param("a\n\n\nb", ["a", "", "", "b"], id="two blank lines are a wider gap"),
        pytest.param("a\n\n\n\n\n\nb", ["a", "", "", "b"], id="so are five"),
        pytest.param("\n\n\na\n\n\n", ["a"], id="no gap before the first or behind the last"),
        pytest.param("a\n  \t \nb", ["a", "", "b"], id="a line of spaces is blank"),
        pytest.param("a\n\u00a0\u3000\nb", ["a", "", "b"], id="also of wide and unbreakable ones"),
        pytest.param("a\n&nbsp;\nb", ["a", "", "b"], id="also of entities"),
        pytest.param("a\n\n&nbsp;\n\nb", ["a", "", "", "b"], id="an entity between makes a gap"),
        pytest.param("a\n\n<br>\n\nb", ["a", "", "", "b"], id="and so does a break"),
        pytest.param("a\\\n\\\nb", ["a", "", "b"], id="a backslash alone is a blank line"),
        pytest.param("", [], id="nothing is a poem without lines"),
        pytest.param(" \n\n ", [], id="nor have blank lines alone"),
    ],
)
def test_newlines_make_lines_and_blank_lines_stanzas(source: str, lines: list[str]) -> None:
    assert poem(source) == lines


AS_TYPED = [
    "1984. A good year",
    "1) one",
    "1. one",
    "- a",
    "+ a",
    "* a",
    "- [ ] a task",
    "Term",
    ":   x".replace("   ", NBSP * 2 + " "),
    "a | b",
    "| a | b |",
    "--- | ---",
    "Title: not metadata",
    "key: value",
    "===",
    "---",
    "- - -",
    "***",
    "* * *",
    "___",
    "--",
    "+++",
    "...",
    "# not a heading",
    "## nor this",
    "#tag",
    "####### seven",
    "```",
    "```python",
    "~~~",
    "~~~~ tilde",
    "[x]: y",
    "[^1]",
    "[^ 1]: no note",
    "$5 and $6",
    "{{ braces }} {% too %}",
    ":::",
    "!!! note",
    "%% percent",
    "^caret^",
    "a * b * c",
    "snake_case_word",
    "https://example.org",
    "`",
    "``quoted''",
    "a\u00a0b",
    "a\u3000b",
    "'Twas brillig",
    "— said she",
]


@pytest.mark.parametrize("line", AS_TYPED)
def test_what_is_a_block_in_prose_is_one_line_of_text_among_others(line: str) -> None:
    source = line.replace(NBSP * 2 + " ", "   ")
    assert poem(f"before\n{source}\nbehind") == ["before", line, "behind"]


@pytest.mark.parametrize("first", ["1984. x", "- a", "* a", "a | b", "T: x", "[x]: y", "# x"])
def test_a_line_that_looks_like_a_block_may_also_begin_and_end_a_stanza(first: str) -> None:
    assert poem(f"{first}\nlast\n\nfirst\n{first}") == [first, "last", "", "first", first]


@pytest.mark.parametrize("line", ["1984. x", "- a", "* a", "# x", "a | b", "[x]: y", "~~~", "##x"])
def test_a_line_that_looks_like_a_block_may_be_a_stanza(line: str) -> None:
    assert poem(f"a\n\n{line}\n\nb") == ["a", "", line, "", "b"]


def test_a_spoken_line_among_others_keeps_its_mark() -> None:
    assert poem("a\n> spoken\nb") == ["a", "&gt; spoken", "b"]


@pytest.mark.parametrize("dashes", ["---", "===", "- - -", "***", "-----------"])
def test_dashes_right_under_a_line_are_the_typed_dashes(dashes: str) -> None:
    assert poem(f"A line\n{dashes}") == ["A line", dashes]


def test_typography_leaves_a_line_of_dashes_alone() -> None:
    md = MarkdownIt("commonmark", {"typographer": True}).enable(["replacements", "smartquotes"])
    source = 'a -- b\n---\n--\n.....\n"x\n\'tis y"'
    lines = parse_verse(source, 1, open_context(source, md)).blocks[0]
    assert isinstance(lines, Stanza)
    assert [html_of(line.body) for line in lines.lines] == [
        "a – b",
        "---",
        "--",
        ".....",
        "“x",
        "'tis y”",
    ]


# --- what stands between blank lines -----------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["---", "***", "* * *", "- - -", "___", "-----", "*", "⁂", "❦", "* *"]
)
def test_marks_between_blank_lines_are_an_ornament_as_typed(text: str) -> None:
    assert poem(f"a\n\n{text}\n\nb") == ["a", "", f"[ornament {text}]", "", "b"]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("***\n\na", ["[ornament ***]", "", "a"], id="first"),
        pytest.param("a\n\n***", ["a", "", "[ornament ***]"], id="last"),
        pytest.param("a\n\n      * * *\n\nb", ["a", "", "[ornament * * *]", "", "b"], id="centred"),
        pytest.param("a\n\n--\n\nb", ["a", "", "--", "", "b"], id="two dashes are a line"),
        pytest.param("a\n\n===\n\nb", ["a", "", "===", "", "b"], id="and so are double ones"),
    ],
)
def test_an_ornament_may_stand_anywhere_between_blank_lines(source: str, lines: list[str]) -> None:
    assert poem(source) == lines


PROSE = (
    "This was written on the night train to Lisbon, and owes its *second* stanza to\n"
    "someone who was asleep across the aisle, and who will never know it, unless the\n"
    "snoring was a pose.\n"
)


def afterword(source: str) -> str:
    return html_of(parsed(source).afterword)


@pytest.mark.parametrize("ornament", ["---", "***", "* * *"])
@pytest.mark.parametrize(
    "prose",
    [PROSE, PROSE.replace("\n", " "), PROSE.replace("second* ", "2nd* "), PROSE[:145]],
    ids=["wrapped", "on one line", "corrected since", "two rows"],
)
def test_prose_after_the_last_ornament_is_an_afterword(ornament: str, prose: str) -> None:
    source = f"A line\nand another\n\n{ornament}\n\nmore\nverse\n\n{ornament}\n\n{prose}"
    assert afterword(source).startswith("<p>This was written")
    assert poem(source)[-3:] == ["verse", "", f"[ornament {ornament}]"]


def test_an_afterword_is_ordinary_markdown_with_all_that_follows_its_prose() -> None:
    source = f"A line\n\n---\n\n## Note\n\n{PROSE}\n- one\n- two\n\nLisbon, 2019"
    html = afterword(source)
    assert [tag for tag in ("<h2>", "<em>", "<li>", "<p>Lisbon") if tag not in html] == []


LONG_LINES = (
    "I loafe and invite my soul, I lean and loafe at my ease observing a spear of summer grass,\n"
    "My tongue, every atom of my blood, form'd from this soil, this air, born here of parents"
)
COUPLET = (
    "My father wrote sevens with a stroke through the waist, and the eights like two rings;\n"
    "each year in his ledgers is opened and ended by hand."
)


@pytest.mark.parametrize(
    ("beginning", "ending"),
    [
        pytest.param("a\nb", "short lines\nare verse", id="short lines"),
        pytest.param("a\nb", "And then the sea.", id="one short line"),
        pytest.param("a\nb", "- a\n- b", id="lines with dashes"),
        pytest.param("a\nb", "[the sea](https://example.org/" + "a/" * 30 + ")", id="long address"),
        pytest.param("a\nb", f"{PROSE}\nbut then\nverse", id="prose with verse behind it"),
        pytest.param(LONG_LINES, f"{LONG_LINES}\n\n{LONG_LINES}", id="lines as long as the poem's"),
        pytest.param(COUPLET, COUPLET, id="a couplet"),
        pytest.param("a\nb", COUPLET, id="the only couplet"),
        pytest.param("a\nb", f"{LONG_LINES}\n{LONG_LINES}", id="the only long lines"),
    ],
)
def test_verse_after_an_ornament_is_verse(beginning: str, ending: str) -> None:
    verse = parsed(f"{beginning}\n\n---\n\n{ending}")
    assert verse.afterword == ()
    stanza = verse.blocks[-1]
    assert isinstance(stanza, Stanza)
    assert len(stanza.lines) == ending.rpartition("\n\n")[2].count("\n") + 1


def test_prose_alone_is_not_the_afterword_of_no_poem() -> None:
    assert afterword(f"---\n\n{PROSE}") == ""


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("## I", "[part 2 i I]"),
        ("### Second *part*", "[part 3 second-part Second <em>part</em>]"),
        ("###### vi ##", "[part 6 vi vi]"),
        ("  ## 3.", "[part 2 3 3.]"),
    ],
)
def test_a_heading_between_blank_lines_is_a_part(typed: str, part: str) -> None:
    assert poem(f"a\n\n{typed}\n\nb") == ["a", "", part, "", "b"]


@pytest.mark.parametrize("line", ["## I", "## I ##"])
def test_a_heading_among_lines_is_a_line(line: str) -> None:
    assert poem(f"a\n\n{line}\nb") == ["a", "", line, "b"]


def test_parts_of_one_name_have_different_ids() -> None:
    assert [block.id for block in parsed("## A\n\n## A").blocks if isinstance(block, Part)] == [
        "a",
        "a-1",
    ]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("> a\n> b", ["> a", "> b"], id="every line has the mark"),
        pytest.param(">a\n>     b", ["> a", ">     b"], id="its indent stays"),
        pytest.param("> a\n>\n> b", ["> a", "", "> b"], id="blank line inside"),
        pytest.param("> a\n>\n> \n> b", ["> a", "", "", "> b"], id="wider gap inside"),
        pytest.param("> a\n\nb", ["> a", "", "b"], id="only the stanza"),
        pytest.param("> one", ["> one"], id="a stanza of one line"),
        pytest.param("> a\nb", ["&gt; a", "b"], id="not every line"),
        pytest.param(">", [">".replace(">", "&gt;")], id="nothing but a mark"),
        pytest.param("> *a\n> b*", ["> <em>a</em>", "> <em>b</em>"], id="marks inside"),
    ],
)
def test_a_stanza_of_quoted_lines_is_quoted(source: str, lines: list[str]) -> None:
    assert poem(source) == lines


FENCE = "```python\nx = 1\n\n\n    y\n[^1]: kept\n```"


def test_a_closed_fence_between_blank_lines_stands_between_the_stanzas() -> None:
    code = '<pre><code class="language-python">x = 1\n\n\n    y\n[^1]: kept\n</code></pre>'
    assert poem(f"a\n\n{FENCE}\n\nb") == ["a", "", f"[inset {code}]", "", "b"]


@pytest.mark.parametrize(
    "fence", ["```attention\nx\n```", "~~~\nx\n~~~~", "````\n```\nx\n````", "  ```\n  x\n  ```"]
)
def test_every_form_of_closed_fence_is_one(fence: str) -> None:
    assert len(parsed(f"{fence}\n\na\n\n{fence}").blocks) == 3


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("~~~\nstill\nverse", ["~~~", "still", "verse"], id="unclosed tildes"),
        pytest.param("```\nstill\n\nverse", ["```", "still", "", "verse"], id="unclosed backticks"),
        pytest.param("a\n```\nb\n```", ["a", "```", "b", "```"], id="no blank line before"),
        pytest.param("```\nb\n```\nc", ["```", "b", "```", "c"], id="no blank line behind"),
        pytest.param("````\nb\n```", ["````", "b", "```"], id="closed by a shorter one"),
        pytest.param("```\nb\n~~~", ["```", "b", "~~~"], id="closed by another mark"),
    ],
)
def test_other_fences_are_lines(source: str, lines: list[str]) -> None:
    assert poem(source) == lines


def test_a_block_of_raw_html_between_blank_lines_stays_as_it_is() -> None:
    assert poem("a\n\n<div class=columns>\n\nb\n\n</div>") == [
        "a",
        "",
        "[inset <div class=columns>]",
        "",
        "b",
        "",
        "[inset </div>]",
    ]


@pytest.mark.parametrize("block", ["$$x^2$$", "$$\nx\n$$", "![a](b.png)", '![a](b.png "c")'])
def test_a_formula_or_a_picture_between_blank_lines_is_no_line(block: str) -> None:
    kinds = [type(block).__name__ for block in parsed(f"a\n\n{block}\n\nb").blocks]
    assert kinds == ["Stanza", "Inset", "Stanza"]


def test_an_anchor_alone_stays() -> None:
    assert poem('a\n\n<a id="x"></a>') == ["a", "", '[inset <p><a id="x"></a></p>]']


# --- white space -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "columns"),
    [
        pytest.param("    ", 4, id="4 spaces"),
        pytest.param(" ", 1, id="1 space"),
        pytest.param(" " * 33, 33, id="33 spaces"),
        pytest.param("\t", 4, id="tab"),
        pytest.param("  \t", 4, id="tab to the next stop"),
        pytest.param("    \t", 8, id="tab from a stop"),
        pytest.param("\t\t", 8, id="tabs"),
        pytest.param(NBSP * 3, 3, id="NBSP"),
        pytest.param("\u3000", 2, id="ideographic space"),
        pytest.param("\u2003", 2, id="em space"),
        pytest.param("\u2002", 1, id="en space"),
        pytest.param("\u2009", 1, id="thin space"),
        pytest.param("&emsp;&emsp;", 4, id="&emsp;"),
        pytest.param("&ensp;", 1, id="&ensp;"),
        pytest.param("&nbsp;&nbsp;&nbsp;", 3, id="&nbsp;"),
        pytest.param("&#160;&#xA0;", 2, id="by number"),
        pytest.param("&#8195;", 2, id="em space by number"),
        pytest.param("  &emsp;\u3000", 6, id="mixed"),
        pytest.param("&nbsp; &nbsp;", 3, id="entities with a space between"),
    ],
)
@pytest.mark.parametrize(
    "frame",
    ["{}x", "first\n{}x", "{}x\nlast", "> {}x"],
    ids=["alone", "last", "first", "quoted"],
)
def test_white_space_before_a_line_is_its_indent(typed: str, columns: int, frame: str) -> None:
    stanza = parsed(frame.format(typed)).blocks[0]
    assert isinstance(stanza, Stanza)
    assert [
        (line.indent, html_of(line.body)) for line in stanza.lines if "x" in html_of(line.body)
    ] == [(columns, "x")]


@pytest.mark.parametrize("mark", ["*x*", "**x**", "`x`", "[x](y)", "<b>x</b>", "![x](y)", "~~x~~"])
def test_an_indent_may_stand_before_a_mark(mark: str) -> None:
    assert poem(f"a\n    {mark}")[1].startswith("    <")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("word    gap    word", f"word{NBSP * 3} gap{NBSP * 3} word"),
        ("two  spaces", f"two{NBSP} spaces"),
        ("a\ttab", f"a{NBSP * 3} tab"),
        ("*a*    b", f"<em>a</em>{NBSP * 3} b"),
        (f"a{NBSP}{NBSP}b\u3000c", f"a{NBSP}{NBSP}b\u3000c"),
        ("a &emsp; b", "a \u2003 b"),
        ("`x  y`", f"<code>x{NBSP} y</code>"),
    ],
)
def test_a_gap_inside_a_line_stays_visible(typed: str, shown: str) -> None:
    assert poem(typed) == [shown]


@pytest.mark.parametrize(
    "end",
    ["  ", " ", "   ", "\\", "\\  ", "<br>", "<br/>", "<br />", "<BR>", "  <br>  ", "<br>\\", "\t"],
)
@pytest.mark.parametrize("frame", ["{}\nb", "{}\n\nb", "a\n{}", "*{}\nb*"])
def test_a_break_at_the_end_of_a_line_is_shown_by_nothing(end: str, frame: str) -> None:
    assert poem(frame.format(f"line{end}")) == poem(frame.format("line"))


def test_an_escaped_backslash_at_the_end_is_a_backslash() -> None:
    assert poem("a\\\\\nb\\\\") == ["a\\", "b\\"]


def test_a_break_inside_a_line_begins_a_line() -> None:
    assert poem("a<br>b *c<br/>  d*") == ["a", "b <em>c</em>", "  <em>d</em>"]


# --- marks over several lines ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param(
            "*italic starts\nand ends* here",
            ["<em>italic starts</em>", "<em>and ends</em> here"],
            id="emphasis",
        ),
        pytest.param(
            "a **b *c\n  d\ne* f** g",
            [
                "a <strong>b <em>c</em></strong>",
                "  <strong><em>d</em></strong>",
                "<strong><em>e</em> f</strong> g",
            ],
            id="emphasis in emphasis",
        ),
        pytest.param("~~a\nb~~", ["<s>a</s>", "<s>b</s>"], id="struck out"),
        pytest.param(
            '[a\nb](/x "t")',
            ['<a href="/x" title="t">a</a>', '<a href="/x" title="t">b</a>'],
            id="link",
        ),
        pytest.param(
            '<i id="q" class="r">a\nb</i> c',
            ['<i id="q" class="r">a</i>', '<i class="r">b</i> c'],
            id="raw emphasis, its id once",
        ),
        pytest.param("<i>a\n\nb</i>", ["<i>a</i>", "", "b"], id="never beyond its stanza"),
        pytest.param("*a\n\nb*", ["*a", "", "b*"], id="nor can Markdown's be"),
        pytest.param("[a](/x\n'y') b\nc", ['<a href="/x" title="y">a</a> b', "c"], id="address"),
        pytest.param("I <heart> you\nb", ["I <heart> you</heart>", "b"], id="tag never closed"),
        pytest.param("a</b>\nc", ["a", "c"], id="tag never opened"),
        pytest.param('<a id="x" />a\nb', ['<a id="x" />a</a>', "b"], id="tag that closes itself"),
    ],
)
def test_a_mark_ends_with_its_line_and_begins_again(source: str, lines: list[str]) -> None:
    assert poem(source) == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("`a\nb` c", ["`a", "b` c"]),
        ("`a` `b\n`c` d`", ["<code>a</code> `b", "<code>c</code> d`"]),
        ("`'Twas brillig'\n`Beware, my son'", ["`'Twas brillig'", "`Beware, my son'"]),
        ("\\`a` b\nc`", ["`a` b", "c`"]),
        ("``a` b`` `c\nd`", ["<code>a` b</code> `c", "d`"]),
    ],
)
def test_code_ends_on_its_line_and_a_lone_backtick_is_typed(source: str, lines: list[str]) -> None:
    assert poem(source) == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("it cost $a\nb$ and", ["it cost $a", "b$ and"]),
        ("$$\nx\nb $$", ["$$", "x", "b $$"]),
        ("$x^2$ is $y\nz$", ["{x^2} is $y", "z$"]),
        ("$5, $6 or\n7$", ["$5, $6 or", "7$"]),
        ("\\$a\nb$", ["$a", "b$"]),
        ("`$HOME` <b title='$a'>$c</b>", ["<code>$HOME</code> <b title='$a'>$c</b>"]),
    ],
)
def test_a_formula_ends_on_its_line_and_a_lone_dollar_is_typed(
    source: str, lines: list[str]
) -> None:
    md = small_parser()
    md.use(math.plugin)
    md.add_render_rule("math_inline", lambda _, t, i, *__: f"{{{t[i].meta['tex']}}}")
    (stanza,) = parse_verse(f"{source}\nend", 1, open_context("", md)).blocks
    assert isinstance(stanza, Stanza)
    assert [html_of(line.body) for line in stanza.lines] == [*lines, "end"]


NOTE = '<span class="sidenote">A note\n   *over* three\nlines.</span>'
NOTE_IN_ONE = '<span class="sidenote">A note <em>over</em> three lines.</span>'


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param(f"a{NOTE} b\nc", [f"a{NOTE_IN_ONE} b", "c"], id="a note by hand"),
        pytest.param(f"a\n{NOTE}\nc", [f"a{NOTE_IN_ONE}", "c"], id="on source lines of its own"),
        pytest.param(
            "a<label\n  for=n></label>\n<input id=n>\n<span class=note>\nb\n</span>\nc",
            ["a<label for=n></label><input id=n><span class=note> b </span>", "c"],
            id="with label and switch",
        ),
        pytest.param("<wbr>\na", ["<wbr>a"], id="a tag before the first line"),
        pytest.param(
            '<span style="color:\n red">a</span>', ['<span style="color: red">a</span>'], id="a tag"
        ),
        pytest.param("a <span>b *c\nd* e</span>", ["a <span>b <em>c d</em> e</span>"], id="marks"),
        pytest.param("<img src=x>\na", ["<img src=x>", "a"], id="an image is seen"),
    ],
)
def test_raw_html_over_several_lines_is_one_piece(source: str, lines: list[str]) -> None:
    assert poem(source) == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("a\n<!-- c -->\nb", ["a", "b"]),
        ("a <!-- c --> b", [f"a{NBSP} b"]),
        ("a\n\n<!-- c\n\nd\n\n-->\n\nb", ["a", "", "b"]),
        ("<!-- c --> a", ["a"]),
        ("<!-- c\n--> a\nb", ["a", "b"]),
        ("a <!-- c\nd --> b\ne", [f"a{NBSP} b", "e"]),
        ("<!-- unclosed\nb", ["&lt;!-- unclosed", "b"]),
    ],
)
def test_a_comment_is_for_the_source_only(source: str, lines: list[str]) -> None:
    assert [line.replace("a  b", f"a{NBSP} b") for line in poem(source)] == lines


# --- notes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("a[^1]\nb\n\n[^1]: x", ["a<sup>1</sup>", "b"], id="at the end"),
        pytest.param("a[^1]\n[^1]: x\nb", ["a<sup>1</sup>", "b"], id="among the lines"),
        pytest.param("[^1]: x\n\na[^1]", ["a<sup>1</sup>"], id="at the beginning"),
        pytest.param(
            "a[^1]\n\n[^1]: x\n    y\n\n    z\n\nb", ["a<sup>1</sup>", "", "b"], id="long"
        ),
        pytest.param("a[^1]\n\n[^1]: x\ny\n\nb", ["a<sup>1</sup>", "", "b"], id="wrapped"),
        pytest.param("a[^1]\n[^1]: x\nb\n    c", ["a<sup>1</sup>", "b", "    c"], id="then verse"),
        pytest.param("a[^1]\n\n[^1]:\n\n\tx\n\n[^2]: y", ["a<sup>1</sup>"], id="begun below"),
        pytest.param("a[^1]\n\n[^1]: x\n\n\nb", ["a<sup>1</sup>", "", "", "b"], id="then a gap"),
        pytest.param("*a[^1]\nb*\n\n[^1]: x", ["<em>a<sup>1</sup></em>", "<em>b</em>"], id="mark"),
        pytest.param("> a[^1]\n\n[^1]: x", ["> a<sup>1</sup>"], id="in a quoted line"),
        pytest.param("a[^2]\n\n[^1]: x", ["a[^2]"], id="no such note"),
    ],
)
def test_notes_are_taken_out_and_lines_refer_to_them(source: str, lines: list[str]) -> None:
    assert poem(source) == lines


def test_notes_inside_an_afterword_belong_to_the_poem_too() -> None:
    source = f"a[^1]\n\n---\n\n{PROSE}\n[^1]: x\n\nThe end."
    assert poem(source)[0] == "a<sup>1</sup>"
    assert "x" not in re.findall(r"<p>(.*?)</p>", afterword(source), re.DOTALL)


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("a\n[b](/x)", 2, 5),
        ("a\n\n    b [c](/x)", 3, 11),
        ("\t\t[b](/x)", 1, 7),
        ("&emsp;*a\nb [c](/x)*", 2, 7),
        ("> a\n> b [c](/x)", 2, 9),
        ("a\n[^1]: note\n  [b\n](/x)", 4, 3),
    ],
)
def test_a_link_knows_where_it_was_typed(source: str, line: int, column: int) -> None:
    settings = Settings(kind="poem", kind_origin="test")
    context = markup.open_context("poem.md", settings, lines=source.split("\n"))
    parse_verse(source, 1, context)
    assert {link.span for link in context.links} == {Span("poem.md", line, column, 2)}


def test_an_apostrophe_that_begins_a_line_is_no_quotation_mark() -> None:
    settings = Settings(kind="poem", kind_origin="test")
    verse = parse_verse(
        "said\n'tis *b\n'twas* \"d\n    e\"", 1, markup.open_context("poem.md", settings)
    )
    assert text_verse(verse, words_of) == "said\n’tis b\n’twas “d\n    e”"


# --- scripts, lengths --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "कमल के फूल",
        "ดอกบัว",
        "שלום עולם",
        "👩‍👩‍👧‍👦 👩🏽‍🚀",
        "क्\u200dष",
        "é",
        "e\u0301",
        "\u200eabc",
        "a\u2028b",
    ],
)
def test_every_script_keeps_its_characters(line: str) -> None:
    assert poem(f"{line}\n    {line}") == [line, f"    {line}"]


def test_a_very_long_line_is_one_line() -> None:
    line = "word " * 180 + "end"
    assert poem(f"  {line}\nb") == [f"  {line}", "b"]


def test_lines_are_counted_through_the_whole_poem() -> None:
    verse = parsed("a\n\n## I\n\nb\n\n***\n\n> c\n>\n> d\n\n```\nx\n```\n\ne<br>f")
    stanzas = [block for block in verse.blocks if isinstance(block, Stanza)]
    assert [line.number for stanza in stanzas for line in stanza.lines] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "source",
    [
        "*a " * 1000 + "\n" + "b* " * 1000,
        "\n".join(["*a **b"] * 500 + ["c** d*"] * 500),
        "\n".join(["<i><b>a"] * 800),
        "\n".join(["</i>", "<i>"] * 800),
        "\n".join(["<span>a"] * 800 + ["</span>"] * 800),
        "\n\n".join(["```a", "````b"] * 500) + "\n```\nx",
        "\n".join(["<!-- a"] * 800),
        "\n".join(["[^1]: a"] * 800) + "\n" * 800,
        "`" * 5000 + "a" + "\\`" * 5000,
        "[" * 5000 + "\n" + "](" * 5000,
        ">" * 5000,
        "* " * 5000 + "a",
        " " * 100000 + "a" + "\t" * 100000,
        "&emsp;" * 5000,
    ],
    ids=lambda source: source[:12].strip() + "…",
)
def test_odd_sources_are_read_without_an_error(source: str) -> None:
    assert isinstance(page_verse(parsed(source), html_of), str)


# --- the three media ---------------------------------------------------------------------------

WHOLE = "a  b\n    *c*\n\n\n> d\n\n***\n\n## Part\n\ne[^1]\n\n```\nx\n```\n\n[^1]: n"


def test_a_page_has_one_element_a_line() -> None:
    spaces = f'<span class="indent">{NBSP * 4}</span>'
    assert page_verse(parsed(WHOLE), html_of).split("\n") == [
        '<div class="poem">',
        '<p class="stanza">',
        f'<span class="line" id="L1" dir="auto">a{NBSP} b</span><br>',
        f'<span class="line" id="L2" dir="auto" data-indent="4">{spaces}<em>c</em></span>',
        "</p>",
        "<br>",
        '<blockquote class="quoted">',
        '<p class="stanza">',
        '<span class="line" id="L3" dir="auto">d</span>',
        "</p>",
        "</blockquote>",
        '<p class="ornament" role="separator">***</p>',
        '<h2 class="part" id="part">Part</h2>',
        '<p class="stanza">',
        '<span class="line" id="L4" dir="auto">e<sup>1</sup></span>',
        "</p>",
        "<pre><code>x",
        "</code></pre>",
        "</div>",
        "",
    ]


def test_a_feed_has_breaks_and_unbreakable_spaces() -> None:
    assert feed_verse(parsed(WHOLE), html_of).split("\n") == [
        f'<p dir="auto">a{NBSP} b<br>',
        f"{NBSP * 4}<em>c</em></p>",
        f"<p>{NBSP}</p>",
        "<blockquote>",
        '<p dir="auto">d</p>',
        "</blockquote>",
        "<p>***</p>",
        "<h2>Part</h2>",
        '<p dir="auto">e<sup>1</sup></p>',
        "<pre><code>x",
        "</code></pre>",
        "",
    ]


def test_plain_text_has_lines_and_spaces() -> None:
    text = f"a{NBSP} b\n    c\n\n\nd\n\n***\n\nPart\n\ne1\n\nx"
    assert text_verse(parsed(WHOLE), words_of) == text


def test_every_fifth_line_of_a_numbered_poem_shows_its_number() -> None:
    page = page_verse(parsed("\n".join("abcdefghijkl"), numbered=True), html_of)
    assert re.findall(r'id="(\w+)" dir="auto" data-number="(\d+)"', page) == [
        ("L5", "5"),
        ("L10", "10"),
    ]
    assert page.startswith('<div class="poem numbered">')


def test_a_second_poem_on_a_page_has_its_own_ids() -> None:
    page = page_verse(parsed("## I\n\na", prefix="poem-2."), html_of, "page-3.")
    assert 'id="page-3.poem-2.L1"' in page


def test_an_indent_wider_than_the_theme_knows_is_its_widest() -> None:
    page = page_verse(parsed(" " * 60 + "x\n" + " " * 100 + "y"), html_of)
    assert f'data-indent="60"><span class="indent">{NBSP * 60}</span>x</span>' in page
    assert f'data-indent="69"><span class="indent">{NBSP * 100}</span>y</span>' in page


def test_the_afterword_ends_every_medium() -> None:
    verse = parsed(f"a\n\n---\n\n{PROSE}")
    assert '<div class="afterword">\n<p>This was' in page_verse(verse, html_of)
    assert "<p>---</p>\n<p>This was" in feed_verse(verse, html_of)
    assert "a\n\n---\n\nThis was" in text_verse(verse, words_of)


def test_a_line_of_plain_text_is_one_line_whatever_is_in_it() -> None:
    assert text_verse(parsed("a\nb"), lambda body: f"{words_of(body)} [one\n\n two]") == (
        "a [one two]\nb [one two]"
    )


def test_the_words_of_a_poem_are_text_and_not_html() -> None:
    page = page_verse(parsed('a < b & "c" &lt;script&gt;\n\n***'), html_of)
    assert "a &lt; b &amp; &quot;c&quot; &lt;script&gt;</span>" in page
