"""The plan of a site: which output everything will have, before any link is resolved.

Comes in: documents, the configuration, files. Goes out: a `Layout`, the problems of its addresses,
and the index of all that a link may lead to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from posixpath import dirname, join
from unicodedata import normalize
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sitegen.errors import Problem, RouteError, Span, warning
from sitegen.model import Asset, Config, Document, Feed, LeftOut, Redirect, Value
from sitegen.routes import (
    CONTENT,
    alias_output,
    fault_of,
    is_index,
    is_natural,
    place,
    source_output,
    span_of,
    url_of,
)
from sitegen.search import count_shards, path_of
from sitegen.site.claims import Claim, clashes, is_free, wanted
from sitegen.site.indexes import YIELDING, collect_series, index_shelves
from sitegen.site.links import Known, Target, know
from sitegen.site.listings import (
    Shelf,
    Tag,
    collect_tags,
    in_order_of_name,
    loose_pages,
    make_feeds,
    make_shelves,
    newest_first,
    posts_and_poems,
)

GENERATED = {
    "sitemap.xml": "the sitemap",
    "robots.txt": "the generated robots.txt",
    "404.html": "the page for addresses that do not exist",
}


SEARCH = "search/"


class Layout(Value, frozen=True):
    """Where everything of a site will be."""

    config: Config
    documents: tuple[Document, ...]
    """By path."""
    ordered: tuple[Document, ...]
    """Newest first, what has no date last."""
    outputs: Mapping[str, str]
    """By source path."""
    tags: Mapping[str, Tag]
    """By name, in each of its spellings."""
    shelves: tuple[Shelf, ...]
    series: tuple[Shelf, ...]
    """Every series; it is among the `shelves`, too, unless the writer has something there."""
    feeds: tuple[Feed, ...]
    redirects: tuple[Redirect, ...]
    assets: tuple[tuple[str, Asset], ...]
    static: Mapping[str, Asset | None]
    """By published path."""
    held: Mapping[str, Claim]
    """Who is at an output: the first who wants it."""

    def url(self, output: str) -> str:
        """The address of an output."""
        return url_of(output, self.config.base)

    @property
    def intros(self) -> frozenset[str]:
        """Sources that are shown only at the head of a listing."""
        return frozenset(shelf.intro.path for shelf in self.shelves if shelf.intro)


def lay_out(
    documents: Iterable[Document],
    config: Config,
    assets: Iterable[Asset],
    static: Mapping[str, Asset | None],
) -> tuple[Layout, list[Problem]]:
    """Give everything its place, and say what cannot have the one that it asks for."""
    documents = sorted(documents, key=lambda document: document.path)
    ordered = newest_first(documents, ZoneInfo(config.timezone))
    tags, problems = collect_tags(ordered, config.base)
    outputs = {}
    for document in documents:
        outputs[document.path], problem = place(document, config)
        problems += [problem] if problem else []
    entries = posts_and_poems(ordered)
    loose = loose_pages(ordered, entries)
    shelves = list(make_shelves(entries, loose, in_order_of_name(tags), config))
    if config.search:
        problems += _add_search(shelves, len(documents))
    series, merged = collect_series(ordered)
    indexes = [*series, *index_shelves(ordered, outputs, config)]
    redirects, wrong = _redirects(documents, outputs, config)
    layout = Layout(
        config=config,
        documents=tuple(documents),
        ordered=tuple(ordered),
        outputs=outputs,
        tags=tags,
        shelves=tuple(_introduced([*shelves, *indexes], documents, outputs)),
        series=tuple(series),
        feeds=tuple(make_feeds(shelves, config)),
        redirects=tuple(redirects),
        assets=tuple((_published(asset), asset) for asset in assets),
        static=static,
        held={},
    )
    layout = _yielding(layout)
    faults = (_asset_fault(output, asset) for output, asset in layout.assets)
    claims = list(_claims(layout))
    problems += [*merged, *wrong, *filter(None, faults), *clashes(claims)]
    return replace(layout, held={each.output: each for each in reversed(claims)}), problems


def _published(asset: Asset) -> str:
    return normalize("NFC", asset.path.removeprefix(CONTENT))


def _asset_fault(output: str, asset: Asset) -> Problem | None:
    if fault := fault_of(output):
        hint = "rename the file"
        return RouteError(f"{asset.path} cannot be published: {fault}", hint=hint).problem()
    return None


def _add_search(shelves: list[Shelf], pages: int) -> list[Problem]:
    """The page for searching; or a warning, where a section of the writer's own is there."""
    if any(shelf.folder == SEARCH for shelf in shelves):
        message = "there is no search: the section content/search/ has its list at /search/"
        hint = "rename that folder, or take `search = true` out of site.toml"
        return [warning(RouteError, message, Span("site.toml", 1), hint)]
    tags = next((shelf.tags for shelf in shelves if shelf.kind == "tags"), ())
    shards, by = count_shards(pages), "the page for searching"
    shelves.append(
        Shelf(kind="search", folder=SEARCH, title="Search", by=by, tags=tags, shards=shards)
    )
    return []


def _introduced(
    shelves: Iterable[Shelf],
    documents: Iterable[Document],
    outputs: Mapping[str, str],
) -> Iterator[Shelf]:
    """The listings, each with the page that a writer put at its address."""
    candidates = {
        outputs[each.path]: each
        for each in reversed(list(documents))
        if is_natural(each) and (is_index(each) or each.meta.kind == "page")
    }
    for shelf in shelves:
        intro = candidates.get(shelf.outputs[0])
        if intro is None:
            yield shelf
            continue
        typed = intro.origins.get("title")
        better = typed and typed.span and not shelf.settled
        yield replace(shelf, intro=intro, title=intro.meta.title if better else shelf.title)


def _yielding(layout: Layout) -> Layout:
    """The layout without the lists at whose address the writer has something of another kind.

    A site that was there before such lists is built as it was.
    """
    generated = {shelf.by for shelf in layout.shelves if shelf.kind in YIELDING}
    if not generated:
        return layout
    others = wanted(claim for claim in _claims(layout) if claim.by not in generated)
    kept = (
        shelf
        for shelf in layout.shelves
        if shelf.kind not in YIELDING or all(is_free(output, others) for output in shelf.outputs)
    )
    return replace(layout, shelves=tuple(kept))


def _redirects(
    documents: Iterable[Document], outputs: Mapping[str, str], config: Config
) -> tuple[list[Redirect], list[Problem]]:
    redirects: list[Redirect] = []
    problems: list[Problem] = []
    for document in documents:
        for alias in dict.fromkeys(document.meta.aliases):
            try:
                redirects.append(_redirect(alias, document, outputs[document.path], config))
            except RouteError as error:
                problems.append(error.problem())
    return redirects, problems


def _redirect(alias: str, document: Document, own: str, config: Config) -> Redirect:
    output = alias_output(alias, document, config)
    if output == own:
        raise RouteError(
            f'the alias "{alias}" is the address of the page itself',
            span_of(document, "aliases"),
            "an alias is an address that the page had before; take this one out",
        )
    return Redirect(
        output=output,
        url=url_of(output, config.base),
        target=url_of(own, config.base),
        source=document.path,
    )


# --- who wants which output ------------------------------------------------------------------


def _claims(layout: Layout) -> Iterator[Claim]:
    intros = layout.intros
    for document in layout.documents:
        yield from _claims_of(document, layout, introduces=document.path in intros)
    for shelf in layout.shelves:
        texts = (path_of(shard) for shard in range(shelf.shards))
        yield from (Claim(output=output, by=shelf.by) for output in (*shelf.outputs, *texts))
    for feed in layout.feeds:
        by = f'the feed "{feed.title}"'
        yield from (Claim(output=feed.output + end, by=by) for end in (".xml", ".json"))
    yield from (
        Claim(output=output, by=by)
        for output, by in GENERATED.items()
        if not (output == "robots.txt" and output in layout.static)  # the writer's own wins
    )
    spans = {each.path: span_of(each, "aliases") for each in layout.documents}
    for redirect in layout.redirects:
        by = f"an alias of {redirect.source}"
        yield Claim(output=redirect.output, by=by, span=spans[redirect.source])
    yield from (Claim(output=output, by=asset.path) for output, asset in layout.assets)
    yield from (Claim(output=output, by=f'the static file "{output}"') for output in layout.static)


def _claims_of(document: Document, layout: Layout, *, introduces: bool) -> Iterator[Claim]:
    output, span = layout.outputs[document.path], span_of(document, "permalink", "slug")
    if not introduces:
        yield Claim(output=output, by=document.path, span=span)
    if layout.config.sources:
        yield Claim(output=source_output(output), by=document.path, span=span)
    by, spans = f"a figure of {document.path}", [fence.span for fence in document.fences]
    hint = "give the figure another `id`"
    # Two figures of one name are a mistake of the document already: one of them is enough.
    for name, index in dict(figure_files(document, output)).items():
        yield Claim(output=name, by=by, span=spans[index], hint=hint)


def figure_files(document: Document, output: str) -> Iterator[tuple[str, int]]:
    """The files beside a page that show its figures, each with the index of its figure."""
    for index, figure in enumerate(document.figures):
        yield from ((join(dirname(output), name), index) for name in figure.files)


# --- what a link may lead to -----------------------------------------------------------------


def links_of(layout: Layout, left_out: Sequence[LeftOut], failed: Collection[str]) -> Known:
    """The index of all sources and addresses; see `assemble` for what is not published."""
    pages = {
        document.path: Target(url=layout.url(layout.outputs[document.path]), document=document)
        for document in layout.documents
    }
    files: dict[str, Asset | None] = {**dict(layout.assets), **layout.static}
    names = [*GENERATED, *(redirect.output for redirect in layout.redirects)]
    names += [feed.output + suffix for feed in layout.feeds for suffix in (".xml", ".json")]
    names += [output for shelf in layout.shelves for output in shelf.outputs]
    for document in layout.documents:
        output = layout.outputs[document.path]
        names += [source_output(output)] * layout.config.sources
        names += [name for name, _ in figure_files(document, output)]
    addresses = {layout.outputs[path]: target for path, target in pages.items()}
    addresses |= {name: Target(url=layout.url(name)) for name in names}
    addresses |= {path: Target(url=layout.url(path), asset=files[path]) for path in files}
    beside = {asset.path: addresses[output] for output, asset in layout.assets}
    return know(
        layout.config.url,
        layout.config.base,
        pages | beside,
        addresses,
        {each.path: each.why for each in left_out} | dict.fromkeys(failed, ""),
    )
