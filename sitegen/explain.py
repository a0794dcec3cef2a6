"""Why an output is as it is: each value of a source with its origin, and what it was made into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from sitegen.build import Built
from sitegen.errors import ConfigError, suggest
from sitegen.model import Artifact, Config, Document, Moment, Page, Value


class Fact(Value, frozen=True):
    """A value, as JSON has it, and where it came from."""

    name: str
    value: Any
    origin: str


class Explanation(Value, frozen=True):
    """All that is known of one source or one output."""

    path: str
    url: str | None
    left_out: str | None
    facts: tuple[Fact, ...]
    outputs: tuple[str, ...]
    listed_at: tuple[str, ...]
    made_from: tuple[str, ...] = ()


def explain(target: str, built: Built, config: Config) -> Explanation:
    """`target` is a source, an address (also absolute) or an output file of the site."""
    documents = {document.path: document for document in built.documents}
    for path in _as_paths(target):
        if path in documents:
            return _explain_source(documents[path], built)
    route = _as_route(target, config)
    for page in built.site.pages.values():
        if route in {page.output, f"{unquote(page.url).strip('/')}"}:
            return _explain_source(page.document, built)
    artifacts = built.snapshot.artifacts
    for artifact in artifacts.values():
        own = {artifact.path, *artifact.made_from} if artifact.file else {artifact.path}
        if own & {route, f"{route}/index.html".lstrip("/"), route.removeprefix("static/")}:
            return _explain_output(artifact)
    known = {*documents, *(page.url for page in built.site.pages.values())}
    near = suggest(target, known).partition(" Known")[0]
    hint = near if near.startswith("did") else "name a file below content/, or an address"
    raise ConfigError(f'nothing of this site is called "{target}"', hint=hint)


def _as_paths(target: str) -> tuple[str, ...]:
    path = target.removeprefix("./").removeprefix("public/")
    return path, f"content/{path}", f"content/{path}.md"


def _as_route(target: str, config: Config) -> str:
    path = unquote(urlsplit(target).path).removeprefix("public/")
    base = config.base.rstrip("/")
    if base and path.startswith(f"{base}/"):
        path = path.removeprefix(base)
    return path.strip("/")


def _explain_source(document: Document, built: Built) -> Explanation:
    page = built.site.pages.get(document.path)
    left_out = [each.why for each in built.snapshot.left_out if each.path == document.path]
    lists = {each.output for each in built.site.listings if each.intro != document.path}
    lists |= {f"{each.output}{end}" for each in built.site.feeds for end in (".xml", ".json")}
    return Explanation(
        path=document.path,
        url=page.url if page else None,
        left_out=left_out[0] if left_out else None,
        facts=tuple(_facts(document)),
        outputs=tuple(
            artifact.path
            for artifact in built.snapshot.artifacts.values()
            if page and artifact.made_from[:1] == (document.path,) and artifact.path not in lists
        ),
        listed_at=tuple(_listed_at(page, built)) if page else (),
    )


def _facts(document: Document) -> Iterator[Fact]:
    for name in document.meta.__struct_fields__:
        value = getattr(document.meta, name)
        origin = document.origins.get(name)
        if isinstance(value, Moment):
            value = (value.at or value.day).isoformat()
        yield Fact(
            name=name,
            value=msgspec.to_builtins(value),
            origin=origin.text if origin else "default",
        )


def _listed_at(page: Page, built: Built) -> Iterator[str]:
    for listing in built.site.listings:
        if any(entry.path == page.document.path for entry in listing.entries):
            yield listing.url
    for feed in built.site.feeds:
        if page.document.path in feed.entries:
            yield f"{built.site.info.base}{feed.output}.xml"


def _explain_output(artifact: Artifact) -> Explanation:
    return Explanation(
        path=artifact.path,
        url=None,
        left_out=None,
        facts=(Fact(name="media_type", value=artifact.media_type, origin="file name"),),
        outputs=(artifact.path,),
        listed_at=(),
        made_from=artifact.made_from,
    )


def as_text(explanation: Explanation) -> str:
    """The explanation as lines for a terminal."""
    width = max([len(fact.name) for fact in explanation.facts], default=0)
    out = [explanation.path]
    if explanation.url:
        out.append(f"  at {explanation.url}")
    if explanation.left_out:
        out.append(f"  left out: {explanation.left_out}")
    out += [
        f"  {fact.name:<{width}}  {_shown(fact.value)}  ({fact.origin})"
        for fact in explanation.facts
        if fact.value or fact.value is False
    ]
    for title, names in (
        ("makes", explanation.outputs),
        ("listed at", explanation.listed_at),
        ("made from", explanation.made_from),
    ):
        out += [f"  {title} {name}" for name in names]
    return "\n".join(out)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
