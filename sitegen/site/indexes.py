"""Lists that a site has only where there is something for them: series, first lines, notes.

Comes in: documents. Goes out: shelves, and the place of each page in its series. What a writer has
at the address of such a list is stronger: then there is no such list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from sitegen.collation import collated
from sitegen.errors import Problem
from sitegen.model import Config, Document, PageRef, SeriesPlace
from sitegen.site.listings import Shelf, merged, under_one_slug

YIELDING = frozenset({"series", "lines", "sidenotes"})
"""The kinds of these lists."""
FEWEST_POEMS = 2
"""One poem alone needs no index."""
NOTED = 50
"""Pages whose notes are on one page of the list: an edit renders that one again, and no other."""


def index_shelves(
    ordered: Sequence[Document], outputs: Mapping[str, str], config: Config
) -> Iterator[Shelf]:
    """The index of first lines and the list of notes; `ordered`: newest first."""
    poems = [document for document in ordered if document.opening]
    if config.first_lines and len(poems) >= FEWEST_POEMS:
        yield Shelf(
            kind="lines",
            folder="first-lines/",
            title="First lines",
            by="the index of first lines",
            documents=tuple(sorted(poems, key=lambda each: (collated(each.opening), each.path))),
        )
    folder = "sidenotes/"  # the notes of what introduces the list are not shown there twice
    noted = [each for each in ordered if each.notes and outputs[each.path] != f"{folder}index.html"]
    if config.sidenotes and noted:
        yield Shelf(
            kind="sidenotes",
            folder=folder,
            title="Sidenotes",
            by="the list of sidenotes",
            documents=tuple(noted),
            size=NOTED,
        )


# --- series ----------------------------------------------------------------------------------


def collect_series(ordered: Sequence[Document]) -> tuple[list[Shelf], list[Problem]]:
    """A shelf for each series, its oldest document first, what has no date last.

    Names with one slug are one series. `ordered`: newest first, and what has no date by path.
    """
    dated = [document for document in reversed(ordered) if document.meta.date]
    undated = [document for document in ordered if not document.meta.date]
    named = ((each.meta.series or "", each) for each in [*dated, *undated] if each.meta.series)
    shelves: list[Shelf] = []
    problems: list[Problem] = []
    for slug, (names, documents) in sorted(under_one_slug(named).items()):
        name = min(names, key=lambda name: (-names[name], name))
        folder, by = f"series/{slug}/", f'the series "{name}"'
        shelves.append(Shelf(kind="series", folder=folder, title=name, by=by, documents=documents))
        problems += merged("series", names, documents)
    return shelves, problems


def series_places(
    series: Iterable[Shelf], urls: Mapping[str, str], refs: Mapping[str, PageRef]
) -> dict[str, SeriesPlace]:
    """By source path, where each document stands in its series; `urls` by output."""
    places = {}
    for shelf in series:
        parts = [refs[document.path] for document in shelf.documents]
        around = [None, *parts, None]
        whole = SeriesPlace(
            name=shelf.title, url=urls.get(shelf.outputs[0], ""), number=0, count=len(parts)
        )
        for number, part in enumerate(parts, 1):
            places[part.path] = replace(
                whole, number=number, previous=around[number - 1], next=around[number + 1]
            )
    return places
