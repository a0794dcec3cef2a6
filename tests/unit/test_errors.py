"""How a mistake is shown, and how mistakes are collected."""

from __future__ import annotations

import pytest

from sitegen.errors import (
    FigureError,
    LinkError,
    Problem,
    SiteError,
    Span,
    as_data,
    failure,
    in_order,
    show,
    suggest,
    together,
    warning,
)

LINES = ["one", "```atention", "\tx = 日本 y", "z" * 400]


def lines_of(path: str) -> list[str]:
    return LINES if path == "a.md" else []


def test_a_mistake_shows_place_message_excerpt_caret_and_hint() -> None:
    error = FigureError('unknown figure "atention"', Span("a.md", 2, 4, 8), "did you mean it?")
    assert show(error.problem(), lines_of) == (
        'a.md:2:4: error: unknown figure "atention"\n'
        "    2 | ```atention\n"
        "      |    ^^^^^^^^\n"
        "   hint: did you mean it?"
    )


def test_a_caret_stands_below_its_word_after_a_tab_and_wide_characters() -> None:
    shown = show(LinkError("no", Span("a.md", 3, 9, 1)).problem(), lines_of).split("\n")
    assert shown[1] == "    3 |  x = 日本 y"
    assert shown[2] == "      |      　　 ^"


def test_a_long_line_is_shown_as_a_window_around_the_mistake() -> None:
    shown = show(LinkError("no", Span("a.md", 4, 300, 5)).problem(), lines_of).split("\n")
    assert len(shown[1]) < 120
    assert shown[2].index("^") < 120


@pytest.mark.parametrize("span", [Span("a.md", 99), Span("a.md", 0), Span("gone.md", 1)])
def test_a_place_that_is_not_there_is_still_named(span: Span) -> None:
    shown = show(LinkError("no", span).problem(), lines_of)
    assert shown == f"{span.path}:{span.line}:1: error: no"


def test_a_column_past_the_end_points_behind_the_last_character() -> None:
    shown = show(LinkError("no", Span("a.md", 1, 50)).problem(), lines_of).split("\n")
    assert shown[2] == "      |    ^"


def test_control_characters_of_a_message_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in show(LinkError("x\x1b[2J").problem(), lines_of)


def test_a_warning_says_so() -> None:
    assert show(warning(LinkError, "odd"), lines_of) == "warning: odd"


def test_a_mistake_as_data_has_every_field() -> None:
    data = as_data(LinkError("no", Span("a.md", 1, 1, 3), "hint").problem(), lines_of)
    assert data == {
        "severity": "error",
        "kind": "LinkError",
        "message": "no",
        "path": "a.md",
        "line": 1,
        "column": 1,
        "length": 3,
        "excerpt": "one",
        "hint": "hint",
        "page": None,
    }


def test_mistakes_are_ordered_by_place_and_said_once() -> None:
    one = Problem(kind="X", message="m", span=Span("a.md", 2))
    two = Problem(kind="X", message="m", span=Span("a.md", 1, 5))
    nowhere = Problem(kind="X", message="m")
    assert in_order([nowhere, one, two, one]) == [two, one, nowhere]


def test_a_group_of_mistakes_keeps_their_kinds() -> None:
    group = failure([LinkError("a").problem(), FigureError("b").problem()])
    assert [each.problem().kind for each in group.exceptions if isinstance(each, SiteError)] == [
        "LinkError",
        "FigureError",
    ]


def test_a_hint_names_the_nearest_word_and_all_words() -> None:
    assert suggest("atention", ["poem", "attention"]) == (
        'did you mean "attention"? Known: attention, poem'
    )
    assert suggest("zzz", ["poem"]) == "Known: poem"


def test_a_mistake_on_many_pages_is_one_and_named_after_the_first() -> None:
    place = Span("a.md", 1)
    wrong = [SiteError("x", place, page=f"{n}.md").problem() for n in (1, 2, 3)]
    other = SiteError("x", Span("a.md", 2), page="1.md").problem()
    told = together([*wrong, other, SiteError("y").problem()])
    assert [(each.message, each.page, others) for each, others in told.items()] == [
        ("x", "1.md", 2),
        ("x", "1.md", 0),
        ("y", None, 0),
    ]
    assert "   while rendering 1.md and 2 other pages" in show(wrong[0], lines_of, 2)
    assert "   while rendering 1.md and 1 other page\n" in show(wrong[0], lines_of, 1) + "\n"
    assert show(wrong[0], lines_of).endswith("while rendering 1.md")
