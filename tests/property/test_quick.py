"""Whatever is typed: the quick path and the parser's own way give the same document."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it.common.normalize_url import normalizeLink

from sitegen.markup import parse
from sitegen.markup.quick.links import normalize_link
from sitegen.model import Document, Kind, Settings, Source

PIECES = (
    *("word", "two words", "Ωμέγα", "é", "1", "12", "x^2", ".", ":", "://", "https://a.b/c?d=e#f"),
    *(
        " ",
        "  ",
        "    ",
        "\t",
        " \t",
        "\n",
        "\n\n",
        "\n  ",
        "\n    ",
        "\n\t",
        "  \n",
        "\\\n",
        "\\",
        "\r",
    ),
    *(
        "*",
        "**",
        "_",
        "__",
        "~~",
        "~",
        "`",
        "``",
        "^",
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "'",
        '"',
    ),
    *("--", "---", "...", "&amp;", "&#35;", "&", "<", ">", "<b>", "</b>", "<!--", "-->", "<a@b.c>"),
    *(
        "[",
        "]",
        "(",
        ")",
        "](",
        "[a]",
        "[a][b]",
        "[a](b.md)",
        '[a](<b c> "d")',
        "![a](b.png)",
        "![",
    ),
    *(
        "[^1]",
        "[^2]",
        "^[",
        "^[note]",
        "{",
        "}",
        "{.a}",
        "{#b}",
        "{attention:a b->c}",
        "{attention:",
    ),
)
STARTS = (
    *(
        "",
        "# ",
        "## ",
        "#",
        "> ",
        ">",
        "> > ",
        ">\t",
        "- ",
        "-\t",
        "* ",
        "+ ",
        "1. ",
        "2) ",
        "10. ",
        "-",
    ),
    *(
        "    ",
        "\t",
        "  ",
        "   ",
        "  - ",
        "    - ",
        "   > ",
        "- - ",
        "- > ",
        "> - ",
        "> 1. ",
        "- [ ] ",
    ),
    *(
        "- [x] ",
        "```",
        "~~~",
        "```poem",
        "```py",
        "<div>",
        "</div>",
        "<div markdown='1'>",
        "<!-- ",
        "<b>",
    ),
    *(
        "| a | b |",
        "|---|--:|",
        "a | b",
        "--|--",
        ": ",
        ":   ",
        "~ ",
        "---",
        "===",
        "***",
        "- - -",
        "=",
    ),
    *(
        "[a]: b.md",
        "[a]: <b> 'c'",
        "[b]:",
        "[^1]: ",
        "[^2]: ",
        "*[word]: words",
        "!!! note",
        "$$",
        "\\[",
    ),
    *("> [!NOTE]", "> [!tip] a", "{.a}", "!", "[", "*", "_", "`", "+++", "title: a"),
)
LINE = st.builds(
    lambda start, pieces: start + "".join(pieces),
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(PIECES), max_size=6),
)
TEXT = st.lists(LINE, max_size=12).map("\n".join)


def document(text: str, kind: Kind, *, quick: bool) -> Document:
    settings = Settings(kind=kind, kind_origin="test")
    return parse(Source(path="content/a.md", text=text, digest="d"), settings, quick=quick)


@given(TEXT, st.sampled_from(["post", "poem"]))
@example("- a\n- [^1]: b\n\n  c", "post")
def test_the_document_is_the_same(text: str, kind: Kind) -> None:
    assert document(text, kind, quick=True) == document(text, kind, quick=False)


@given(st.text(st.sampled_from("[]()!<>\"'`*_~{}|#-+=:.\\&;$^1 \t\nab")))
def test_the_document_of_marks_is_the_same(text: str) -> None:
    assert document(text, "post", quick=True) == document(text, "post", quick=False)


@given(
    st.lists(
        st.sampled_from(
            [*"ab.:/?#@%é-_~!$&'()*+,;= [\\A", "//", "http:", "https://", "mailto:", "%20", "a.b"]
        )
    ).map("".join)
)
def test_an_address_is_normalized_as_the_parser_does(address: str) -> None:
    assert normalize_link(address) == normalizeLink(address)
