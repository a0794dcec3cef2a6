"""The quick path through the parser gives the same documents as the parser's own way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline, emphasis

from sitegen.markup import parse
from sitegen.markup.dialect import markdown
from sitegen.markup.quick import COMPARED, quicken
from sitegen.markup.quick.blocks import QuickBlocks
from sitegen.markup.quick.inlines import QuickInlines
from sitegen.markup.quick.lines import QuickState
from sitegen.markup.quick.links import normalize_link
from sitegen.model import Document, Kind, Settings, Source

TESTS = Path(__file__).parents[1]
SPEC = TESTS.parent / "node_modules" / "commonmark-spec" / "spec.txt"


def document(text: str, kind: Kind = "post", *, quick: bool) -> Document:
    settings = Settings(kind=kind, kind_origin="test")
    return parse(Source(path="content/a.md", text=text, digest="d"), settings, quick=quick)


def differing(texts: Iterator[str]) -> list[str]:
    return [text for text in texts if document(text, quick=True) != document(text, quick=False)]


# --- the same documents


def specified() -> Iterator[str]:
    """The examples of the specification, each as typed and inside of other blocks."""
    assert SPEC.is_file(), f"{SPEC} is missing: `npm ci` installs it"
    parts = SPEC.read_text(encoding="utf-8").replace("→", "\t").split("`" * 32)
    for part in parts:
        if part.startswith(" example\n"):
            text = part.removeprefix(" example\n").split("\n.\n")[0]
            yield text
            for first, others in (
                ("> ", "> "),
                ("- ", "  "),
                ("1. > ", "   > "),
                ("[^1]: ", "    "),
            ):
                yield first + text.replace("\n", f"\n{others}")
            yield f"{text}\n---\n{text}"


def test_every_example_of_the_specification() -> None:
    assert differing(specified()) == []


def test_the_whole_specification() -> None:
    assert differing(iter([SPEC.read_text(encoding="utf-8")])) == []


def typed_in_tests() -> Iterator[str]:
    """Every text that is written out in a test of the markup."""
    for file in sorted((TESTS / "unit").glob("test_*.py")):
        if file.stem.removeprefix("test_") in ROOMS:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


ROOMS = {
    *("abbreviations", "context", "highlight", "links", "math", "measures", "media", "notes"),
    *("prose", "quoted", "typography", "verse"),
}


def test_every_text_that_a_test_of_the_markup_types() -> None:
    assert differing(typed_in_tests()) == []


def files() -> list[Path]:
    return sorted([*(TESTS.parent / "content").rglob("*.md"), *TESTS.rglob("cases/*.md")])


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
@pytest.mark.parametrize("kind", ["post", "poem"])
def test_every_text_of_the_site_and_of_the_golden_pages(file: Path, kind: Kind) -> None:
    text = file.read_text(encoding="utf-8")
    assert document(text, kind, quick=True) == document(text, kind, quick=False)


ODD = [
    *(
        "",
        "\n",
        " ",
        "\t",
        " \n",
        "\n\n\n",
        "\0",
        "a\0b",
        "a\r\nb\rc",
        "- \n\n\n  a",
        "-\n\n\n\n a",
    ),
    *(
        "a\n---",
        "a\nb\n===\nc",
        "> a\n---",
        "> a\nb\n===",
        "- a\n  b\n---\n===",
        "a\n    ---\n- - -",
    ),
    *("a\n\tb\n \tc", "-\ta\n\tb\n\n\tc", ">\ta\n>\t\tb", "> - a\n>\tb\nc", "1.\ta\n\n   \tb\n\tc"),
    *("a\n: b", "a\n\n~ b", "a\n\n: b\nc\n\n: d", "a\n:b", "- a\n  : b\n\n    c", "> a\n: b"),
    *(
        "a|b\n-|-\nc|d",
        "x\na|b\n-|-\nc|d\n# e",
        "> a|b\n> -|-\nc|d",
        "- a|b\n  -|:-:\n  c",
        "|\n|-",
    ),
    *(
        "[a]: <b c> 'd\ne'\n[a]",
        "[a\n b]: c\n[a b]",
        "[a]:\nb\n===\n[a]",
        "[^a]: b\n\n    c\n\n[^a]",
    ),
    *("!!! note\n    a\n\n    b\nc", "> [!TIP] a\n> b\nc", "- !!! note\n      a", "*[a]: b\na"),
    *(
        "$$\na\n$$",
        "a\n$$b$$\n",
        "\\[a^2\\]",
        "<div markdown='1'>\n\n*a*\n</div>",
        "<!--\n\n-->\n- <b>",
    ),
    *(
        "[a](b(c)d)",
        "[a](<b c> 'd')",
        "[a](\x7f)",
        "[a](b\x7fc)",
        "[a](b\\)c)",
        "[a](b&amp;c)",
        "[a](<)",
    ),
    *("![a [b](c)](d)", "[![a](b)](c)", "[a `]` b](c)", "[a <b c=']'> d](e)", "[a](b", "[a]( b )"),
    *(
        "**a *b* c**",
        "*a **b* c**",
        "a*b*c_d_e",
        "~~~a~~~",
        "~~a ~b~~",
        "~a~",
        "*~~a*~~",
        "***a** b*",
    ),
    *("a  \nb\\\nc \nd", "a\\", "&amp; &#0; &x;", "^[a *b* [c](d)]", "[^a] [^b]", "^[a ^[b] c]"),
    *(
        "https://a.b/c_d_e",
        "[https://a.b](c)",
        "a:b ://c http://d*e*",
        "<https://é.b/ä>",
        "<a@b.c>",
    ),
    *(
        "# a {#b}",
        "a\n{.b}",
        "*a*{.b} `c`{d=e}",
        "{attention:a b->c}",
        "# {attention:a b}",
        "{attntion:a->b}",
    ),
]


@pytest.mark.parametrize("text", ODD)
def test_texts_that_may_be_read_in_two_ways(text: str) -> None:
    for whole in (text, f"a\n{text}", f"{text}\nb", f"- {text}\n\n{text}", f"> {text}\n\n\t{text}"):
        assert document(whole, quick=True) == document(whole, quick=False)


LONG = [
    *("[" * 20_000, "[a](" * 10_000, "![" * 10_000, "*a " * 10_000, "a:" * 20_000, "`" * 20_000),
    *("- " * 300 + "a", "> " * 300 + "a", "[a](b" * 5_000, "a\n" * 10_000, "a|b\n" * 5_000),
    *(
        "<" * 20_000,
        "{" * 20_000,
        "^[" * 5_000,
        "~" * 20_000,
        "https://" * 5_000,
        "\t" * 50_000 + "a",
    ),
]


@pytest.mark.parametrize("text", LONG, ids=lambda text: repr(text[:5]))
def test_long_texts(text: str) -> None:
    assert document(text, quick=True) == document(text, quick=False)


# --- the parts


@pytest.mark.parametrize("text", [*ODD, *LONG[-1:]])
def test_the_tables_of_lines_are_those_of_the_parser(text: str) -> None:
    md = MarkdownIt()
    own, ours = StateBlock(text, md, {}, []), QuickState(text, md, {}, [])
    assert {**vars(ours), "has_tabs": None} == {**vars(own), "has_tabs": None}


ADDRESSES = [
    *("a.md", "a/b?c=d#e:f", "/a//b", "//a.b/c", "https://a.b", "https://a.b/"),
    *(
        "https://A.b:80/c#d?e",
        "http://a.b:/c",
        "https://a@b.c/d",
        "http://a..b",
        "https://a.b?c@d",
        "mailto:a@b.c",
    ),
    *("é.md", "a%20b", "a%2", "https://a.b/c@d:e", "#a", "?"),
    *(
        "https:/a",
        "https://-a-.b/",
        "x:y",
        "http://a.b/'(c)'*!",
        "https://a_b.c/",
        "https://[::1]/a",
    ),
]


@pytest.mark.parametrize("address", [*ADDRESSES, "", "a b", "https://" + "a" * 64 + ".b/"])
def test_an_address_is_normalized_as_the_parser_does(address: str) -> None:
    assert normalize_link(address) == normalizeLink(address)


# --- where it is taken


def test_another_version_of_the_parser_takes_its_own_way() -> None:
    md = MarkdownIt()
    quicken(md, "4.99.0")
    assert (type(md.block), type(md.inline)) == (ParserBlock, ParserInline)
    quicken(md, COMPARED[0])
    assert (type(md.block), type(md.inline)) == (QuickBlocks, QuickInlines)


def test_the_dialect_takes_the_quick_path_unless_told_otherwise() -> None:
    assert isinstance(markdown("en").inline, QuickInlines)
    assert type(markdown("en", quick=False).inline) is ParserInline


def test_a_parser_of_another_kind_is_left_alone() -> None:
    class Other(ParserBlock):
        pass

    md = MarkdownIt()
    md.block = Other()
    quicken(md)
    assert type(md.block) is Other


def starred(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """`=` becomes a star: a rule that the quick path does not know."""
    if state.src[state.pos] not in "=:":
        return False
    if not silent:
        state.push("text", "", 0).content = "★"
    state.pos += 1
    return True


def shouted(state: StateBlock, start: int, _end: int, silent: bool) -> bool:  # noqa: FBT001
    """A line that begins with `a!` is one token."""
    if not state.src.startswith("a!", state.bMarks[start] + state.tShift[start]):
        return False
    if not silent:
        state.push("shout", "p", 0).map = [start, start + 1]
        state.line = start + 1
    return True


def told(md: MarkdownIt, text: str) -> list[object]:
    return [token.as_dict() for token in md.parse(text)]


def with_rules(make: Callable[[MarkdownIt], None]) -> tuple[MarkdownIt, MarkdownIt]:
    own, ours = MarkdownIt(), MarkdownIt()
    make(own)
    make(ours)
    quicken(ours)
    return own, ours


def test_rules_that_are_not_known_are_tried_everywhere() -> None:
    def make(md: MarkdownIt) -> None:
        md.inline.ruler.push("starred", starred)
        md.block.ruler.before("paragraph", "shouted", shouted, {"alt": ["paragraph", "list"]})

    own, ours = with_rules(make)
    text = "b = [c=d](e) :\na! x\nb\n\n    a! y\n- b\n- a! z\n\na! b: c"
    assert told(own, text) == told(ours, text)
    assert "★" in str(told(ours, text))
    assert "shout" in str(told(ours, text))


def test_rules_may_be_turned_off() -> None:
    def make(md: MarkdownIt) -> None:
        md.disable(["emphasis", "lheading", "code"])
        md.inline.ruler2.disable("emphasis")

    own, ours = with_rules(make)
    text = '*a* _b_\n===\n\n    c\n- d\n***\n[e](f "g")'
    assert told(own, text) == told(ours, text)


def test_rules_may_be_turned_off_later() -> None:
    own, ours = with_rules(lambda _: None)
    for md in (own, ours):
        assert "em_open" in str(told(md, "*a*"))
        md.inline.ruler.at("emphasis", emphasis.tokenize)
        md.disable(["emphasis", "heading"])
    assert told(own, "# *a*") == told(ours, "# *a*")
    assert "em_open" not in str(told(ours, "*a*"))
