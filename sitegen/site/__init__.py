"""The knot: all documents tied together into one site.

Comes in: parsed documents, the configuration, the files beside the sources. Goes out: a `Site` in
which every page has its address, its neighbours and its resolved links. Pure, linear, and never
stopped by a writer's mistake: those are in `Site.problems`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Protocol

from sitegen.errors import LinkError, Problem, Span, in_order
from sitegen.ledger import write_ledger
from sitegen.model import (
    Asset,
    Config,
    Document,
    ImageFile,
    LeftOut,
    NavLink,
    Page,
    PageRef,
    Site,
    SiteInfo,
    Variant,
)
from sitegen.routes import is_index, source_output, span_of
from sitegen.site.backlinks import backlinks
from sitegen.site.forwarding import Record, forward
from sitegen.site.indexes import YIELDING, series_places
from sitegen.site.layout import Layout, lay_out, links_of
from sitegen.site.links import Known, find, resolve
from sitegen.site.listings import cut


class Pictures(Protocol):
    """Who knows which pictures the build makes."""

    def variants(self, url: str, asset: Asset, size: tuple[int, int]) -> tuple[Variant, ...]:
        """The copies of an image at an address."""

    def card(self, output: str, document: Document) -> ImageFile | None:
        """The card of a page that is published at `output`."""


Measure = Callable[[Asset], tuple[int, int] | None]
"""Pixel width and height of an image file; None if the file does not tell."""


# --- the knot --------------------------------------------------------------------------------


def assemble(  # noqa: PLR0913 - everything meets here
    documents: Iterable[Document],
    config: Config,
    assets: Iterable[Asset],
    image_size: Measure,
    *,
    left_out: Sequence[LeftOut] = (),
    failed: Collection[str] = (),
    static: Collection[str] | Mapping[str, Asset] = (),
    pictures: Pictures | None = None,
    record: Record | None = None,
) -> Site:
    """Tie published documents into a site.

    `left_out` and `failed` are sources that are not in it, and why: a link to one is no riddle.
    `static` are the published paths of static files, or those files by path. A page that
    introduces a listing is in `pages`, at the listing's address, to be shown there only.
    """
    files = static if isinstance(static, Mapping) else dict.fromkeys(static)
    layout, problems = lay_out(documents, config, assets, files)
    layout, ledger, ids, lost = forward(layout, record or Record())
    problems += lost
    known = links_of(layout, left_out, failed)
    titles = {shelf.intro.path: shelf.title for shelf in layout.shelves if shelf.intro}
    refs = {each.path: _ref(each, layout, titles) for each in layout.documents}
    entries, measure = layout.shelves[0].documents, cache(image_size)
    pages, wrong = _pages(layout, refs, ids, known, measure, pictures)
    feeds = {feed.output for feed in layout.feeds if feed.entries}
    newest = {each.meta.kind: each.path for each in reversed(entries)}
    return Site(
        info=_describe(layout),
        pages=pages,
        listings=tuple(
            each for shelf in layout.shelves for each in cut(shelf, refs, feeds, config.base)
        ),
        redirects=layout.redirects,
        feeds=layout.feeds,
        assets=layout.assets,
        featured=tuple(newest[kind] for kind in ("post", "poem") if kind in newest),
        urls=write_ledger(ledger),
        problems=tuple(in_order([*problems, *wrong])),
    )


def _ref(document: Document, layout: Layout, titles: Mapping[str, str]) -> PageRef:
    """What others show of a document; what introduces a list has its title from `titles`."""
    return PageRef(
        path=document.path,
        url=layout.url(layout.outputs[document.path]),
        title=titles.get(document.path, document.meta.title),
        kind=document.meta.kind,
        date=document.meta.date,
        description=document.meta.description,
        draft=document.meta.draft,
        opening=document.opening,
    )


def _addresses(layout: Layout) -> dict[str, str]:
    """The addresses of pages and lists by output."""
    outputs = (shelf.outputs[0] for shelf in layout.shelves)
    return {output: layout.url(output) for output in [*outputs, *layout.outputs.values()]}


def _tie(
    layout: Layout, links: Mapping[str, Sequence[str]], refs: Mapping[str, PageRef]
) -> Mapping[str, Mapping[str, Any]]:
    """By field, and by source, what leads from a page to others and from others to it."""
    newer, older = _neighbours(layout.shelves[0].documents, refs)
    return {
        "previous": older,
        "next": newer,
        "series": series_places(layout.series, _addresses(layout), refs),
        "backlinks": backlinks(layout, links, refs),
    }


def _neighbours(
    entries: Iterable[Document], refs: Mapping[str, PageRef]
) -> tuple[dict[str, PageRef], dict[str, PageRef]]:
    """The newer and the older one of each post among posts, of each poem among poems."""
    newer: dict[str, PageRef] = {}
    older: dict[str, PageRef] = {}
    for kind in ("post", "poem"):
        paths = [document.path for document in entries if document.meta.kind == kind]
        for later, earlier in pairwise(paths):
            newer[earlier], older[later] = refs[later], refs[earlier]
    return newer, older


# --- pages -----------------------------------------------------------------------------------


def _pages(  # noqa: PLR0913, PLR0917
    layout: Layout,
    refs: Mapping[str, PageRef],
    ids: Mapping[str, str],
    known: Known,
    measure: Measure,
    pictures: Pictures | None,
) -> tuple[dict[str, Page], list[Problem]]:
    """Each document at its address, with everything in it resolved."""
    links, problems = _links(layout, known)
    tied, intros = _tie(layout, links, refs), layout.intros
    pages: dict[str, Page] = {}
    for document in layout.documents:
        path, output = document.path, layout.outputs[document.path]
        images, shared, wrong = _images(document, known, measure, pictures)
        problems += wrong
        draws = pictures and not document.meta.image and path not in intros
        tags = {layout.tags[name].folder: layout.tags[name].link for name in document.meta.tags}
        pages[path] = Page(
            url=refs[path].url,
            output=output,
            document=document,
            links=links[path],
            images=images,
            tags=tuple(tags.values()),
            source_url=layout.url(source_output(output)) if layout.config.sources else "",
            image=shared,
            card=pictures.card(output, document) if pictures and draws else None,
            id=ids[path],
            **{name: found[path] for name, found in tied.items() if path in found},
        )
    return pages, problems


def _links(layout: Layout, known: Known) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """By source, where its links lead, and what is wrong with those that lead nowhere."""
    links: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for document in layout.documents:
        ways = [resolve(link.target, link.span, document, known) for link in document.links]
        links[document.path] = tuple([url for url, _ in ways])
        problems += [problem for _, problem in ways if problem]
    return links, problems


def _images(
    document: Document, known: Known, measure: Measure, pictures: Pictures | None
) -> tuple[tuple[ImageFile, ...], ImageFile | None, list[Problem]]:
    """The images of a document, the one that stands for it, and what is wrong with them."""
    images = [
        _image(each.target, each.span, document, known, measure, pictures)
        for each in document.images
    ]
    shared: tuple[ImageFile | None, Problem | None] = (None, None)
    if document.meta.image:
        span = span_of(document, "image")
        shared = _image(document.meta.image, span, document, known, measure)
    wrong = [problem for _, problem in [*images, shared] if problem]
    return tuple(image for image, _ in images), shared[0], wrong


def _image(  # noqa: PLR0913, PLR0917
    target: str,
    span: Span,
    document: Document,
    known: Known,
    measure: Measure,
    pictures: Pictures | None = None,
) -> tuple[ImageFile, Problem | None]:
    """Where an image is and how large, and what is wrong with it."""
    src, problem = resolve(target, span, document, known)
    found, _ = find(target, span, document, known)
    if found and found.document:
        problem = LinkError(f'"{target}" is a page, not an image', span).problem()
    size = measure(found.asset) if found and found.asset else None
    width, height = size or (None, None)
    copies: tuple[Variant, ...] = ()
    if pictures and size and found and found.asset:
        copies = pictures.variants(found.url, found.asset, size)
    return ImageFile(src=src, width=width, height=height, variants=copies), problem


# --- the whole -------------------------------------------------------------------------------

MOST_NAVIGATION = 12
"""More pages or sections than this are a list, not a navigation."""


def _describe(layout: Layout) -> SiteInfo:
    config = layout.config
    feed = next((each for each in layout.feeds if each.output == "feed" and each.entries), None)
    lists = {shelf.kind: layout.url(shelf.outputs[0]) for shelf in layout.shelves}
    colophon = next(filter(_is_colophon, layout.documents), None)
    return SiteInfo(
        title=config.title,
        url=config.url,
        base=config.base,
        description=config.description,
        author=config.author,
        language=config.language,
        timezone=config.timezone,
        navigation=tuple(_navigation(layout)),
        feed=layout.url(f"{feed.output}.xml") if feed else "",
        search=lists.get("search", ""),
        first_lines=lists.get("lines", ""),
        sidenotes=lists.get("sidenotes", ""),
        colophon=layout.url(layout.outputs[colophon.path]) if colophon else "",
    )


def _navigation(layout: Layout) -> Iterator[NavLink]:
    """Sections with listings, pages at the top of the site, the archive."""
    shelves = [shelf for shelf in layout.shelves if shelf.kind == "section"]
    heads = {each.intro.path for each in layout.shelves if each.intro and each.kind not in YIELDING}
    pages = [each for each in layout.documents if _is_top(each) and each.path not in heads]
    pages = [each for each in pages if not _is_colophon(each)]
    if len(shelves) <= MOST_NAVIGATION:
        yield from (NavLink(title=each.title, url=layout.url(each.outputs[0])) for each in shelves)
    if len(pages) <= MOST_NAVIGATION:
        for page in pages:
            yield NavLink(title=page.meta.title, url=layout.url(layout.outputs[page.path]))
    for shelf in layout.shelves:
        if shelf.kind == "archive":
            yield NavLink(title=shelf.title, url=layout.url(shelf.outputs[0]))


def _is_colophon(document: Document) -> bool:
    """Whether it is the page that tells how the site is made; the foot of every page names it."""
    named = document.meta.kind == "page" and document.meta.slug == "colophon"
    return named and document.path.count("/") == 1


def _is_top(document: Document) -> bool:
    """Whether it is a page in `content/` itself, or the index of a folder there."""
    depth = 2 if is_index(document) else 1
    return document.meta.kind == "page" and document.path.count("/") == depth
