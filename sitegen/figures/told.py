"""What the figures share that tell what a model made of a text, line by line.

Comes in: what the author wrote, and a view's parts. Goes out: a `Figure`, framed as all are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sitegen.figures.frame import enclose, write_caption, write_numbers
from sitegen.figures.svg import Markup, tag, text
from sitegen.figures.words import ENGLISH, isolated
from sitegen.model import Figure, Value

LONGEST_NAME, LONGEST_QUOTE = 24, 72


class Told(Value, frozen=True):
    """A figure of a text that a model read. `model` is its title, `facts` are sentences to add."""

    id: str
    text: str
    model: str
    caption: str = ""
    facts: tuple[str, ...] = ()


class Verse(Value, frozen=True):
    """A line of the text, `text[start:end]`; blank ones have no number."""

    start: int
    end: int
    number: int | None


def verses(content: str) -> Iterator[Verse]:
    """The lines of a text, those that are not blank numbered from 1."""
    start = number = 0
    for line in content.split("\n"):
        number += (full := bool(line.strip()))
        yield Verse(start=start, end=start + len(line), number=number if full else None)
        start += len(line) + 1


def beginning(line: str, longest: int = LONGEST_NAME) -> str:
    """The first words of a line, in so many characters."""
    words = " ".join(line.split())
    if len(words) <= longest:
        return isolated(words)
    cut = words[: longest + 1].rpartition(" ")[0] or words[:longest]
    return isolated(cut) + "…"


def frame_told(  # noqa: PLR0913
    told: Told,
    view: str,
    *,
    facts: Sequence[str],
    sentence: str,
    parts: Sequence[Markup],
    table: Markup,
    svg: str,
    csv: str,
) -> Figure:
    """The figure in all its renderings; `parts` are its picture and what is said of it."""
    known = " ".join([*facts, *told.facts])
    html = enclose(
        told.id,
        view,
        write_caption(told.caption, (), known),
        *parts,
        write_numbers(told.id, table, whole=False),
    )
    return Figure(
        id=told.id,
        html=html,
        sentence=sentence,
        table=table,
        svg=svg,
        caption=f"{told.caption} {known}".strip(),
        csv=csv,
        whole=False,
    )


def write_title(told: Told, title: str) -> Markup:
    """The name of the figure, heard and not seen."""
    return tag("span", text(title), id=f"{told.id}.title", hidden="", **ENGLISH)
