"""Where things stand in a file, and what one parse gathers."""

from __future__ import annotations

from sitegen.errors import LinkError, MarkupError
from sitegen.markup import open_context
from sitegen.markup.context import Context, joined
from sitegen.model import LinkSlot, Settings

SETTINGS = Settings(kind="post", kind_origin="test")


def context_of(text: str) -> Context:
    return open_context("content/a.md", SETTINGS, "en", text.split("\n"))


def places(text: str) -> list[tuple[int, int, int]]:
    """Line, column and length of each link; what stands there is what was typed."""
    context = context_of(text)
    context.block(text, 1)
    rows = text.split("\n")
    for link in context.links:
        span = link.span
        assert rows[span.line - 1][span.column - 1 :][: span.length] == link.target
    return [(link.span.line, link.span.column, link.span.length) for link in context.links]


def test_a_link_is_found_in_its_line() -> None:
    assert places("one\n\ntwo [three](four.md) five") == [(3, 13, 7)]


def test_a_link_is_found_inside_lists_and_quotes() -> None:
    assert places("> - a\n>   [b](c)\n>\n>   d [e](<f>)") == [(2, 9, 1), (4, 12, 1)]


def test_a_lazy_line_has_its_own_column() -> None:
    assert places("> quoted\nlazy [a](bcd)") == [(2, 10, 3)]


def test_equal_cells_of_a_table_are_told_apart() -> None:
    assert places("| a | b |\n|---|---|\n| [x](y) | [x](y) |") == [(3, 7, 1), (3, 16, 1)]


def test_equal_lines_are_told_apart() -> None:
    assert [line for line, _, _ in places("[x](y)\n[x](y)\n\n[x](y)")] == [1, 2, 4]


def test_a_reference_stands_where_it_is_defined() -> None:
    assert places("[a], [b][a]\n\n  [a]: <target> 'title'\n") == [(3, 9, 6), (3, 9, 6)]


def test_a_definition_may_go_on_in_the_next_line() -> None:
    assert places("> [x]\n>\n> [x]:\n> target") == [(4, 3, 6)]


def test_addresses_without_brackets_are_found() -> None:
    assert places("see <https://a.b> or https://c.d/e.") == [(1, 6, 11), (1, 22, 13)]


def test_an_address_in_a_raw_tag_is_found_in_its_line() -> None:
    assert places('a <a\n   href="b.md">c</a>\n\n- x\n\n  <p>\n  <a href=d>') == [
        (2, 10, 4),
        (7, 11, 1),
    ]


def test_a_link_inside_a_note_is_found() -> None:
    assert places("text ^[a [b](c)] and[^1]\n\n[^1]: n [d](e)") == [(1, 14, 1), (3, 13, 1)]


def test_a_piece_knows_the_line_and_the_column_that_it_came_from() -> None:
    context = context_of("")
    context.chunks(context.inline("x [a](b)", 7, 5))
    assert context.links[0].span == context.span(7, 11)


def test_block_tokens_count_the_lines_of_the_file() -> None:
    tokens = context_of("").tokens("a\n\nb", 10)
    assert [token.map for token in tokens if token.type == "paragraph_open"] == [[10, 11], [12, 13]]


def test_a_piece_parsed_inside_another_leaves_its_place_alone() -> None:
    context = context_of("")
    context.first_line = 3
    context.block("inner [a](b)", 20)
    assert context.first_line == 3
    assert context.links[0].span.line == 20


def test_errors_and_warnings_are_gathered() -> None:
    context = context_of("")
    context.error(LinkError, "wrong", context.span(1))
    context.warn(MarkupError, "odd", None, "do this")
    assert [(p.severity, p.kind, p.hint) for p in context.problems] == [
        ("error", "LinkError", None),
        ("warning", "MarkupError", "do this"),
    ]


def test_an_id_that_is_used_twice_is_reported_once_for_each_time() -> None:
    context = context_of("")
    for _ in range(3):
        context.anchor("same", context.span(1))
    assert len(context.problems) == 2


def test_neighbouring_strings_become_one() -> None:
    assert joined(["a", "b", LinkSlot(index=0), "c", ""]) == ("ab", LinkSlot(index=0), "c")
