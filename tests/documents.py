"""Documents without Markdown: what tests of the knot and of feeds begin with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from sitegen.errors import Span
from sitegen.model import (
    Asset,
    Config,
    Document,
    Image,
    Kind,
    Link,
    LinkSlot,
    Meta,
    Moment,
    Origin,
    Site,
)
from sitegen.site import assemble

CONFIG = Config(title="A site", url="https://example.org/", base="/", author="A. Writer")


def moment(day: str | None, at: str | None = None) -> Moment | None:
    """`2024-01-31`, and the instant if there is one."""
    instant = datetime.fromisoformat(at) if at else None
    return Moment(day=date.fromisoformat(day), at=instant) if day else None


def document(  # noqa: PLR0913 - all of them by name
    path: str,
    kind: Kind = "post",
    day: str | None = None,
    *,
    at: str | None = None,
    links: Iterable[str] = (),
    images: Iterable[str] = (),
    anchors: Iterable[str] = (),
    body: Sequence[Any] | None = None,
    **meta: Any,
) -> Document:
    """A document at a source path; what is in `meta` was typed on line 2 of its file."""
    found = tuple(Link(target=each, span=Span(path, 7, 3, len(each))) for each in links)
    name = PurePosixPath(path)
    stem = name.parent.name if name.stem == "index" else name.stem
    values = {"title": stem.capitalize(), "slug": stem.lower(), **meta}
    return Document(
        path=path,
        digest="0",
        meta=Meta(kind=kind, date=moment(day, at), **values),
        origins={field: Origin("front matter", Span(path, 2)) for field in meta},
        body=tuple(body) if body is not None else tuple(map(LinkSlot, range(len(found)))),
        lead=(),
        links=found,
        images=tuple(Image(target=each, alt="", span=Span(path, 9)) for each in images),
        anchors=frozenset(anchors),
    )


def asset(path: str) -> Asset:
    return Asset(path=path, file=f"/nowhere/{path}", digest="0")


def site_of(
    *documents: Document, config: Config = CONFIG, assets: Iterable[Asset] = (), **others: Any
) -> Site:
    """The site of these documents; every image is 40 by 30 pixels."""
    return assemble(documents, config, assets, lambda _: (40, 30), **others)


def messages(site: Site) -> list[str]:
    return [problem.message for problem in site.problems]
