"""The stages joined: what was discovered goes in, a snapshot of the whole output comes out.

Pure but for the templates that the theme loads and the headers of images. The caller brings the
processes that parse (`run`) and the clock (`now`), and writes what comes out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

import msgspec

from sitegen import feeds, figures, media, templates
from sitegen.budget import time_limit
from sitegen.config import settings_for
from sitegen.errors import Problem, SiteError, SourceError, Span, in_order
from sitegen.images import image_size
from sitegen.markup import parse
from sitegen.model import (
    Artifact,
    Asset,
    Config,
    Document,
    Figure,
    LeftOut,
    Page,
    Settings,
    Site,
    Snapshot,
    Source,
    Value,
)
from sitegen.routes import media_type, source_output
from sitegen.site import assemble, select

Work = Callable[[int], bytes]
Run = Callable[[Work, int, Callable[[int, str], bytes]], list[bytes]]
"""Do work(0) … work(n - 1), results in order; the third argument stands in for lost ones."""


class Inputs(Value, frozen=True):
    """All that a build depends on, as it lay on the disk."""

    config: Config
    sources: tuple[Source, ...]
    assets: tuple[Asset, ...]
    static: tuple[Asset, ...]
    template_folders: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


class Built(Value, frozen=True):
    """A snapshot, and the values it was made of, for `explain`."""

    site: Site
    documents: tuple[Document, ...]
    snapshot: Snapshot


class Parsed(Value, frozen=True):
    """What became of one source: a document, or the reasons why there is none."""

    document: Document | None = None
    problems: tuple[Problem, ...] = ()


def build(inputs: Inputs, run: Run, *, now: datetime, drafts: bool, future: bool) -> Built:
    """Make every file of the site. Never raises for a writer's mistake: see the problems."""
    parsed = parse_all(inputs.sources, inputs.config, run)
    documents = tuple(each.document for each in parsed if each.document)
    published, left_out = select(
        documents, now=now, timezone=inputs.config.timezone, drafts=drafts, future=future
    )
    failed = [
        source.path
        for source, each in zip(inputs.sources, parsed, strict=True)
        if not each.document
    ]
    static = fingerprint(inputs.static)
    site = assemble(
        published,
        inputs.config,
        inputs.assets,
        lambda asset: image_size(asset.file),
        left_out=left_out,
        failed=failed,
        static=static,
    )
    problems = [*inputs.problems, *site.problems]
    problems += [problem for each in parsed for problem in each.problems]
    problems += [problem for document in documents for problem in document.problems]
    artifacts, more = _render(inputs, site, static)
    return Built(
        site=site,
        documents=documents,
        snapshot=Snapshot(
            artifacts=artifacts,
            problems=tuple(in_order([*problems, *more])),
            left_out=tuple(left_out),
        ),
    )


# --- parse -----------------------------------------------------------------------------------


def parse_all(sources: Sequence[Source], config: Config, run: Run) -> list[Parsed]:
    """Every source parsed and its figures drawn, in the order of the sources."""
    tasks = [(source, settings_for(source.path, config)) for source in sources]
    limit = config.markup.max_seconds

    def work(index: int) -> bytes:
        return msgspec.msgpack.encode(parse_one(*tasks[index], limit))

    def lost(index: int, why: str) -> bytes:
        return msgspec.msgpack.encode(_too_much(tasks[index][0], why))

    decoder = msgspec.msgpack.Decoder(Parsed)
    return [decoder.decode(answer) for answer in run(work, len(tasks), lost)]


def parse_one(source: Source, settings: Settings, limit: float) -> Parsed:
    """One source as a document with drawn figures, or why not; `limit` in seconds."""
    try:
        with time_limit(limit):
            return Parsed(document=draw_figures(parse(source, settings)))
    except TimeoutError:
        return _too_much(source, f"took longer than {limit:g} s")
    except RecursionError:
        return _too_much(source, "is nested too deeply")
    except MemoryError:
        return _too_much(source, "needed too much memory")


def _too_much(source: Source, why: str) -> Parsed:
    error = SourceError(
        f"this file {why}",
        Span(source.path, 1),
        "the other files were read without it; shorten it, or raise max_seconds in the"
        " [markup] table of site.toml",
    )
    return Parsed(problems=(error.problem(),))


def draw_figures(document: Document) -> Document:
    """The document with its fences drawn; a mistake in one becomes a problem of the document."""
    if not document.fences:
        return document
    drawn, problems = [], list(document.problems)
    for fence in document.fences:
        try:
            drawn.append(figures.draw(fence))
        except ExceptionGroup as group:
            problems += [each.problem() for each in _mistakes(group)]
            # The build will not be published; the slot only has to be filled.
            drawn.append(Figure(id=fence.id, html="", sentence="", table="", svg=""))
    return msgspec.structs.replace(document, figures=tuple(drawn), problems=tuple(problems))


def _mistakes(group: ExceptionGroup[Exception]) -> Iterator[SiteError]:
    """The writer's mistakes in a group; anything else in it is a bug and goes on."""
    for each in group.exceptions:
        if isinstance(each, ExceptionGroup):
            yield from _mistakes(each)
        elif isinstance(each, SiteError):
            yield each
        else:
            raise each


# --- render ----------------------------------------------------------------------------------

PAGE_SECONDS = 5.0


def fingerprint(static: Iterable[Asset]) -> dict[str, Asset]:
    """Static files by published path: a style sheet or script carries its digest in its name.

    Those two can be cached for ever; what they refer to keeps its name and its place.
    """
    published = {}
    for asset in static:
        path = PurePosixPath(asset.path)
        if path.suffix in {".css", ".js"}:
            path = path.with_name(f"{path.stem}.{asset.digest[:10]}{path.suffix}")
        published[str(path)] = asset
    return published


def _render(
    inputs: Inputs, site: Site, static: Mapping[str, Asset]
) -> tuple[dict[str, Artifact], list[Problem]]:
    """Every artifact by path, sorted, and what went wrong on the way."""
    base = inputs.config.base
    names = {asset.path: base + path for path, asset in static.items()}
    artifacts: dict[str, Artifact] = {}
    problems: list[Problem] = []
    try:
        theme = templates.load_theme([Path(each) for each in inputs.template_folders], names)
    except ExceptionGroup as group:
        return {}, [each.problem() for each in _mistakes(group)]
    for make in _makers(theme, site, inputs):
        try:
            with time_limit(PAGE_SECONDS):
                made = make()
        except SiteError as error:
            problems.append(error.problem())
            continue
        # Two at one path are a problem of the site already: the knot knows all routes.
        artifacts |= {artifact.path: artifact for artifact in made}
    artifacts |= {path: _copy(path, asset) for path, asset in [*static.items(), *site.assets]}
    return dict(sorted(artifacts.items())), problems


Maker = Callable[[], Sequence[Artifact]]


def _makers(theme: templates.Theme, site: Site, inputs: Inputs) -> Iterator[Maker]:
    """One call for each page, listing, redirect and feed."""
    sources = {source.path: source for source in inputs.sources}
    # A page that introduces a listing is shown at the head of it, and nowhere else.
    intros = frozenset(listing.intro for listing in site.listings)
    for page in site.pages.values():
        yield lambda page=page: [  # type: ignore[misc]
            *_page(theme, site, page, sources[page.document.path], intros)
        ]
    for listing in site.listings:
        yield lambda listing=listing: [  # type: ignore[misc]
            templates.render_listing(theme, site, listing)
        ]
    for redirect in site.redirects:
        yield lambda redirect=redirect: [  # type: ignore[misc]
            templates.render_redirect(theme, site, redirect)
        ]
    for feed in site.feeds:
        yield lambda feed=feed: [  # type: ignore[misc]
            feeds.atom(site, feed),
            feeds.json_feed(site, feed),
        ]
    yield lambda: [templates.render_not_found(theme, site)]
    yield lambda: [*feeds.sitemap(site), feeds.robots(site)]


def _page(
    theme: templates.Theme, site: Site, page: Page, source: Source, intros: frozenset[str | None]
) -> Iterator[Artifact]:
    """A page with its Markdown source and its figures beside it."""
    if page.document.path not in intros:
        yield templates.render_page(theme, site, page)
    folder = PurePosixPath(page.output).parent
    yield artifact(source_output(page.output), source.text.encode(), (source.path,))
    for figure in page.document.figures:
        path = folder / media.figure_file(figure)
        yield artifact(path, figure.svg.encode(), (source.path,))


def artifact(path: PurePosixPath | str, data: bytes, made_from: tuple[str, ...]) -> Artifact:
    """An output file of these bytes."""
    return Artifact(
        path=str(path),
        media_type=media_type(str(path)),
        digest=hashlib.blake2b(data, digest_size=16).hexdigest(),
        made_from=made_from,
        data=data,
    )


def _copy(path: str, asset: Asset) -> Artifact:
    return Artifact(
        path=path,
        media_type=media_type(path),
        digest=asset.digest,
        made_from=(asset.path,),
        file=asset.file,
    )


def left_out_lines(left_out: Sequence[LeftOut]) -> list[str]:
    """What a build did not publish, a line each."""
    return [f"left out {each.path}: {each.why}" for each in left_out]
