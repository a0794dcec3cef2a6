"""Style sheets are loaded together: a class means one thing in all of them."""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "static"
SHARED = {"attention", "table", "poem", "line", "stanza", "first", "wide"}
"""What is meant to look alike in a figure and outside of one."""


def classes(sheet: Path) -> set[str]:
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    return set(re.findall(r"\.([a-z][\w-]*)", rules))


def test_no_class_of_a_figure_is_dressed_as_something_of_the_page() -> None:
    figures = classes(STATIC / "figures.css")
    assert len(figures) > 50
    others = [sheet for sheet in sorted(STATIC.glob("*.css")) if sheet.name != "figures.css"]
    shared = {sheet.name: classes(sheet) & figures - SHARED for sheet in others}
    assert not any(shared.values()), shared
