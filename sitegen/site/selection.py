"""Which documents are published, and why the others are not.

Comes in: documents, and a moment. Goes out: the two halves. Everything else is made of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from posixpath import dirname, join, normpath
from unicodedata import normalize
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from sitegen.model import Asset, Config, Document, LeftOut


def select(
    documents: Iterable[Document],
    *,
    now: datetime,
    timezone: str,
    drafts: bool = False,
    future: bool = False,
) -> tuple[tuple[Document, ...], tuple[LeftOut, ...]]:
    """The documents that are published at `now` (aware), and why the others are not."""
    zone = ZoneInfo(timezone)
    published, left_out = [], []
    for document in documents:
        moment = document.meta.date
        begins = moment.begins(zone) if moment else None
        if document.meta.draft and not drafts:
            why = "it is a draft; it will appear when `draft: true` is taken out"
            left_out.append(LeftOut(path=document.path, why=why))
        elif begins and begins > now and not future:
            shown = begins.astimezone(zone).strftime("%Y-%m-%d %H:%M")
            why = f"its date is in the future; it will appear on {shown} ({timezone})"
            left_out.append(LeftOut(path=document.path, why=why))
        else:
            published.append(document)
    return tuple(published), tuple(left_out)


def own_files(
    hidden: Iterable[Document],
    published: Iterable[Document],
    assets: Iterable[Asset],
    config: Config,
) -> Iterator[LeftOut]:
    """The files that only documents refer to which are not published: they are not, either."""
    wanted = {path: each.path for each in hidden for path in _referred(each, config)}
    own = sorted(wanted.keys() & {normalize("NFC", asset.path): None for asset in assets}.keys())
    if not own:
        return
    seen = {path for each in published for path in _referred(each, config)}
    paths = {normalize("NFC", asset.path): asset.path for asset in assets}
    for path in own:
        if path not in seen:
            why = f"only {wanted[path]} refers to it, which is not published"
            yield LeftOut(path=paths[path], why=why)


def _referred(document: Document, config: Config) -> Iterator[str]:
    """The files that a document may mean, as paths of the site's folder."""
    targets = [each.target for each in document.links]
    targets += [each.target for each in document.images]
    targets += [document.meta.image] if document.meta.image else []
    for target in targets:
        path = unquote(target.removeprefix(config.url.removesuffix(config.base)))
        path = normalize("NFC", path.partition("#")[0].partition("?")[0])
        if path.startswith("/"):
            yield normpath(f"content/{path.lstrip('/')}")
            yield normpath(f"content/{path.removeprefix(config.base).lstrip('/')}")
        else:
            yield normpath(join(dirname(normalize("NFC", document.path)), path))
