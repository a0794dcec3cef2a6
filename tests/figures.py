"""Figures as trees: our HTML is XML but for its void elements, so what is not closed is found.

And their style sheet: which number, and which sentence, goes with each choice.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

CSS = (Path(__file__).parents[1] / "static" / "figures.css").read_text(encoding="utf-8")
NTH = r"(?::nth-(?:child|of-type)\(-?8?n\+\d+\))"


def tree(html: str) -> ET.Element:
    """The root of a figure's HTML; a ParseError where something is not closed or not escaped."""
    return ET.fromstring(re.sub(r"<((?:input|br)\b[^<>]*)>", r"<\1/>", html))  # noqa: S314 - we wrote it


def place(choice: str, name: str, k: int) -> int:
    """What the style sheet makes of `--name` and `--name8`, added up, for the kth of a choice."""
    rules = rf"^\.attention:has\({re.escape(choice)}\)\{{--({name}8?):(\d+)\}}"
    found = {own: int(value) for nth, own, value in _rules(rules) if _fits(nth, k)}
    return sum(found.values())


def shown(choice: str, told: str, k: int, count: int) -> list[int]:
    """Which of `count` sentences are not hidden where the kth of a choice is checked."""
    rules = rf"^\.attention:has\({re.escape(choice)}\) {re.escape(told)}:not\(({NTH}+)\)"
    others = [kept for nth, kept in _rules(rules) if _fits(nth, k)]
    return [i for i in range(1, count + 1) if all(_fits(kept, i) for kept in others)]


def _rules(pattern: str) -> list[tuple[str, ...]]:
    """The rules for a choice; `@` stands for its places."""
    return re.findall(pattern.replace("@", f"({NTH}+)"), CSS, re.MULTILINE)


def _fits(nth: str, k: int) -> bool:
    """Whether the kth child is one of `:nth-child(8n+3)`, or of several such at once."""
    for step, bound in re.findall(r"\((8n|n|-n)\+(\d+)\)", nth):
        ahead = int(bound) - k if step == "-n" else k - int(bound)
        if ahead < 0 or (step == "8n" and ahead % 8):
            return False
    return True
