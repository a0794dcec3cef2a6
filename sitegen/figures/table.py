"""The numbers of a figure as an HTML table, without classes: for a page and for a feed.

Comes in: tokens and their shares. Goes out: a `<table>` of integers; each row sums to 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sitegen.figures.shares import Shares
from sitegen.figures.svg import Markup, join, tag, text

MOST_COLUMNS = 16
TOP = 3


def write_table(names: Sequence[str], shares: Shares) -> Markup:
    """All weights; above 16 tokens the three largest of each row and the sum of the others."""
    if len(names) <= MOST_COLUMNS:
        about = "Attention in percent, from the token of each row to that of each column"
        return _table(about, ("from", *names), names, [map(str, row) for row in shares.percents])
    about = "The three largest shares of attention of each token in percent, and all others"
    headings = ("from", "most to", "then to", "then to", "others")
    return _table(about, headings, names, [_largest(row, names) for row in shares.percents])


def _largest(row: Sequence[int], names: Sequence[str]) -> list[str]:
    """`flew 62`, `night 20`, `bat 9`, and `9` for the rest."""
    order = sorted(range(len(row)), key=lambda i: -row[i])
    top = [f"{names[i]} {row[i]}" if row[i] else "–" for i in order[:TOP]]
    return [*top, str(sum(row[i] for i in order[TOP:]))]


def _table(
    about: str, headings: Sequence[str], names: Sequence[str], rows: Iterable[Iterable[str]]
) -> Markup:
    head = tag("tr", *(tag("th", text(each), scope="col") for each in headings))
    body = [
        tag("tr", tag("th", text(name), scope="row"), *(tag("td", text(cell)) for cell in row))
        for name, row in zip(names, rows, strict=True)
    ]
    parts = tag("caption", text(about)), tag("thead", head), tag("tbody", *body)
    return tag("table", join(*parts))
