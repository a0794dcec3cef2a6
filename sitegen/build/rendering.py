"""A site to the files that it consists of: pages, lists, feeds and what is only copied."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from sitegen import feeds, templates
from sitegen.budget import time_limit
from sitegen.build.stage import Inputs, Run, mistakes_in
from sitegen.errors import Problem, SiteError, TemplateError
from sitegen.model import Artifact, Asset, Page, Site, Source, Value
from sitegen.routes import UNPLACED, media_type, source_output

PAGE_SECONDS = 5.0
Maker = Callable[[], Iterable[Artifact]]


class Rendered(Value, frozen=True):
    """The files of one page, list or feed, or the mistake that stood in the way."""

    artifacts: tuple[Artifact, ...] = ()
    problems: tuple[Problem, ...] = ()


def render_all(
    inputs: Inputs, site: Site, static: Mapping[str, Asset], run: Run
) -> tuple[dict[str, Artifact], list[Problem]]:
    """Every artifact by path, sorted, and what went wrong on the way."""
    base = inputs.config.base
    names = {asset.path: base + path for path, asset in static.items()}
    try:
        theme = templates.load_theme([Path(each) for each in inputs.template_folders], names)
    except ExceptionGroup as group:
        return {}, [each.problem() for each in mistakes_in(group)]
    makers = [*_makers(theme, site, inputs)]

    def work(index: int) -> bytes:
        return msgspec.msgpack.encode(_render(*makers[index]))

    def lost(index: int, why: str) -> bytes:
        return msgspec.msgpack.encode(_too_slow(makers[index][0], why))

    decoder = msgspec.msgpack.Decoder(Rendered)
    rendered = [decoder.decode(answer) for answer in run(work, len(makers), lost)]
    # Two at one path are a problem of the site already: the knot knows all routes.
    artifacts = {each.path: each for made in rendered for each in made.artifacts}
    artifacts |= {path: _copy(path, asset) for path, asset in [*static.items(), *site.assets]}
    problems = [problem for made in rendered for problem in made.problems]
    return dict(sorted(artifacts.items())), problems


def _render(name: str, make: Maker) -> Rendered:
    try:
        with time_limit(PAGE_SECONDS):
            return Rendered(artifacts=tuple(make()))
    except SiteError as error:
        return Rendered(problems=(error.problem(),))
    except TimeoutError:
        return _too_slow(name, f"took longer than {PAGE_SECONDS:g} s")
    except MemoryError:
        return _too_slow(name, "needed too much memory")


def _too_slow(name: str, why: str) -> Rendered:
    error = TemplateError(
        f"rendering {name} {why}", hint="make it smaller, or its template simpler"
    )
    return Rendered(problems=(error.problem(),))


def _makers(theme: templates.Theme, site: Site, inputs: Inputs) -> Iterator[tuple[str, Maker]]:
    """One name and one call for each page, listing, redirect and feed."""
    sources = {source.path: source for source in inputs.sources}
    # A page that introduces a listing is shown at the head of it, and nowhere else.
    intros = frozenset(listing.intro for listing in site.listings)
    for path, page in site.pages.items():
        if page.output.startswith(UNPLACED):
            continue
        yield path, partial(_page, theme, site, page, sources[path], introduces=path in intros)
    for listing in site.listings:
        yield listing.url, partial(_one, templates.render_listing, theme, site, listing)
    for redirect in site.redirects:
        yield redirect.url, partial(_one, templates.render_redirect, theme, site, redirect)
    for feed in site.feeds:
        yield f"{feed.output}.xml", partial(_one, feeds.atom, site, feed)
        yield f"{feed.output}.json", partial(_one, feeds.json_feed, site, feed)
    yield "404.html", partial(_one, templates.render_not_found, theme, site)
    yield "sitemap.xml", partial(feeds.sitemap, site)
    yield "robots.txt", partial(_one, feeds.robots, site)


def _one(render: Callable[..., Artifact], *arguments: Any) -> list[Artifact]:
    return [render(*arguments)]


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


def _page(
    theme: templates.Theme, site: Site, page: Page, source: Source, *, introduces: bool
) -> Iterator[Artifact]:
    """A page with its Markdown source and its figures beside it."""
    if not introduces:
        yield templates.render_page(theme, site, page)
    folder = PurePosixPath(page.output).parent
    yield artifact(source_output(page.output), source.text.encode(), (source.path,))
    for figure in page.document.figures:
        for name, text in figure.files.items():
            yield artifact(folder / name, text.encode(), (source.path,))


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
