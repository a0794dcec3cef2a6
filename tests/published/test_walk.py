"""A walk through a page with a note and a figure: with the keyboard, and as it is heard.

What is heard is Chromium's accessibility tree, in its order: what a screen reader is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.published.conftest import look_at, served

PAGE = "/2026/03/a-walk/"
FOCUSED = """(({ labels, ariaLabel, innerText, textContent }) =>
  (ariaLabel ?? labels?.[0]?.innerText ?? (innerText || textContent)).trim()
)(document.activeElement)"""
TAB, WHERE, HEARD = ["press", "Tab"], ["value", FOCUSED], ["heard", ""]
NAVIGATION = "Essays Poems Notes Plain Seiten About".split()  # noqa: SIM905


class Walk:
    """Somebody who listens to a page from its beginning."""

    def __init__(self, heard: list[dict[str, Any]]) -> None:
        self.heard, self.at = heard, 0

    def comes_to(self, role: str, name: str = "", **states: Any) -> None:
        """The next of this role and name, with these states."""
        wanted = {"role": role, "name": name} | states
        for number in range(self.at, len(self.heard)):
            if wanted.items() <= self.heard[number].items():
                self.at = number + 1
                return
        rest = [(each["role"], each["name"]) for each in self.heard[self.at : self.at + 30]]
        pytest.fail(f"{wanted} does not come; instead: {rest}")

    def hears(self, text: str) -> None:
        """The next piece of text."""
        self.comes_to("StaticText", text)


@pytest.fixture(scope="module")
def walks(sink: Path) -> list[list[Any]]:
    """What two visitors met: one listens to a wide page, one presses keys on a narrow one."""
    keys: list[list[str]] = [TAB, WHERE] * 12
    keys += [["press", "Space"], HEARD, TAB, WHERE, ["press", "ArrowRight"], WHERE, HEARD]
    keys += [TAB, WHERE, ["press", "Enter"], HEARD]
    with served(sink) as base:
        views = [
            {"page": PAGE, "width": 1280, "steps": [HEARD]},
            {"page": PAGE, "width": 320, "steps": keys},
        ]
        return [seen["answers"] for seen in look_at(base, views)]


def test_a_page_is_heard_in_the_order_of_its_text(walks: list[list[Any]]) -> None:
    walk = Walk(walks[0][0])
    walk.comes_to("link", "Skip to the text")
    walk.comes_to("banner")
    walk.comes_to("link", "Evaluation & <Sons>")
    walk.comes_to("navigation", "Site")
    for name in NAVIGATION:
        walk.comes_to("link", name)
    walk.comes_to("button", "Colours: system")
    walk.comes_to("status", live="polite")  # says nothing until the colours change
    walk.comes_to("main")
    walk.comes_to("article")
    walk.comes_to("heading", "A walk", level=1)
    walk.hears("10 March 2026")
    walk.hears("A word with a note,")
    walk.hears("1")
    walk.comes_to("note")
    walk.hears(" The note itself.")
    walk.hears(" and a figure:")
    walk.comes_to("figure", "Text shaded by attention: the bat flew")
    walk.hears("Three words.")
    walk.comes_to("group", "From the outlined word; choose another:")
    walk.comes_to("radio", "the", checked="true")
    walk.comes_to("radio", "bat", checked="false")
    walk.comes_to("radio", "flew", checked="false")
    walk.comes_to("status", live="polite")
    walk.hears("the attends 48\xa0% to flew, 41\xa0% to bat, 11\xa0% to the.")
    walk.comes_to("DisclosureTriangle", "The numbers")
    walk.comes_to("list", "Tags")
    walk.comes_to("link", "walking")
    walk.comes_to("navigation", "Before and after")
    walk.comes_to("contentinfo")


def test_a_narrow_page_is_walked_with_the_keyboard(walks: list[list[Any]]) -> None:
    stops, (noted, figure, word, chosen, numbers, opened) = walks[1][:12], walks[1][12:]
    names = ["Skip to the text", "Evaluation & <Sons>", *NAVIGATION, "The handbook", "Archive"]
    assert stops == [*names, "Colours: system", "Note 1"]

    walk = Walk(noted)  # Space has opened the note, which is read at once
    walk.comes_to("checkbox", "Note 1", checked="true", focused=True)
    walk.comes_to("note")
    walk.hears(" The note itself.")

    assert (figure, word) == ("the", "bat")  # an arrow key chooses another word
    walk = Walk(chosen)
    walk.comes_to("radio", "bat", checked="true", focused=True)
    walk.comes_to("status", live="polite")
    walk.hears("bat attends 76\xa0% to bat, 15\xa0% to the, 9\xa0% to flew.")

    assert numbers == "The numbers"
    walk = Walk(opened)  # Enter has opened the table
    walk.comes_to("DisclosureTriangle", "The numbers", expanded=True, focused=True)
    walk.comes_to("region", "Numbers of walked")
    walk.comes_to("table", "Percent of attention, from row to column")
    walk.comes_to("columnheader", "flew")
