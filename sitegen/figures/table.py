"""The numbers of a figure: an HTML table for a page and for a feed, and a file for a spreadsheet.

Comes in: tokens and their weights. Goes out: a `<table>` of integers without classes, each row
summing to 100; a CSV file (RFC 4180) with two decimals of every panel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sitegen.figures.svg import Markup, tag, text
from sitegen.figures.weights import UNIT, Units, Weights, percents

MOST_COLUMNS = 16
TOP = 3
HUNDREDTHS = UNIT // 10_000


def write_table(names: Sequence[str], panel: Units, of: str = "") -> Markup:
    """All weights; above 16 tokens the three largest of each row and the sum of the others.

    `of` names the panel where there are several, since the table is that of one.
    """
    behind = f": {of[:1].lower()}{of[1:]}" if of else ""
    shares: list[list[int]] = percents(panel).tolist()
    if len(names) <= MOST_COLUMNS:
        about = f"Percent of attention, from row to column{behind}"
        return write_rows(about, ("from", *names), names, [map(str, row) for row in shares])
    about = f"Percent of attention, the three largest shares of each row and all others{behind}"
    headings = ("from", "most to", "then to", "then to", "others")
    return write_rows(about, headings, names, [map(text, _largest(row, names)) for row in shares])


def _largest(row: Sequence[int], names: Sequence[str]) -> list[str]:
    """`flew 62`, `night 20`, `bat 9`, and `9` for the rest."""
    order = sorted(range(len(row)), key=lambda i: -row[i])
    top = [f"{names[i]} {row[i]}" if row[i] else "–" for i in order[:TOP]]
    return [*top, str(sum(row[i] for i in order[TOP:]))]


def write_rows(
    about: str, headings: Sequence[str], names: Sequence[str], rows: Iterable[Iterable[str]]
) -> Markup:
    """A plain table; what is in its cells is markup already, or numbers."""
    head = tag("tr", *(tag("th", text(each), scope="col") for each in headings))
    body = [
        tag("tr", tag("th", text(name), scope="row"), Markup(f"<td>{'</td><td>'.join(row)}</td>"))
        for name, row in zip(names, rows, strict=True)
    ]
    return tag("table", tag("caption", text(about)), head, *body)


def write_csv(names: Sequence[str], weights: Weights) -> str:
    """A line for each row of each panel: where it is, who attends, the percent to each token."""
    hundredths = (weights.units + HUNDREDTHS // 2) // HUNDREDTHS
    shown = _decimals()[hundredths].tolist()
    quoted = [write_field(name) for name in names]
    axes = weights.rows, weights.columns
    lines = [",".join([*(axis.name.lower() for axis in axes), "from", *quoted])]
    for row, panels in zip(weights.rows.options, shown, strict=True):
        for column, panel in zip(weights.columns.options, panels, strict=True):
            lines += [
                f"{row},{column},{name},{','.join(cells)}"
                for name, cells in zip(quoted, panel, strict=True)
            ]
    return "\r\n".join([*lines, ""])


@cache
def _decimals() -> NDArray[np.object_]:
    """0 to 100 in steps of a hundredth: `0`, `0.01`, … `7.2`."""
    texts = [f"{value / 100:.2f}".rstrip("0").rstrip(".") for value in range(10_001)]
    return np.array(texts, dtype=np.object_)


def write_field(value: str) -> str:
    """A field of a CSV file, quoted where it holds what separates fields."""
    return '"' + value.replace('"', '""') + '"' if set(value) & set(',"\r\n') else value
