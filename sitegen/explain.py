"""Why an output is as it is: each value of a source with its origin, and what it was made into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from sitegen.build import Built, Plan
from sitegen.errors import ConfigError, suggest
from sitegen.model import Artifact, Document, Moment, Page, Value


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
    rebuilt: tuple[str, ...] = ()
    """Why the last build that wrote something made it again."""


def explain(target: str, built: Built, last: Plan | str) -> Explanation:
    """`target` is a source, an address (also absolute) or an output file of the site.

    `last` is the plan of the last build that wrote something, or why there is none.
    """
    sources = set(built.sources)
    for path in _as_paths(target):
        if path in sources:
            return _explain_source(built.document(path), built, last)
    route = _as_route(target, built.knot.info.base)
    for page in built.pages.values():
        if route in {page.output, f"{unquote(page.url).strip('/')}"}:
            return _explain_source(built.document(page.document.path), built, last)
    if gone := next((each for each in built.gone if each.strip("/") == route), None):
        fact = Fact(name="gone", value=True, origin="site.toml")
        return _nothing(gone, fact)
    wanted = {route, f"{route}/index.html".lstrip("/"), route.removeprefix("static/")}
    for artifact in built.snapshot.artifacts.values():
        own = {artifact.path, *artifact.made_from} if artifact.file else {artifact.path}
        if own & wanted:
            return _explain_output(artifact, built, last)
    known = {*sources, *(page.url for page in built.pages.values())}
    near = suggest(target, known).partition(" Known")[0]
    hint = near if near.startswith("did") else "name a file below content/, or an address"
    raise ConfigError(f'nothing of this site is called "{target}"', hint=hint)


def _nothing(address: str, fact: Fact) -> Explanation:
    return Explanation(
        path=address, url=None, left_out=None, facts=(fact,), outputs=(), listed_at=()
    )


def _as_paths(target: str) -> tuple[str, ...]:
    path = target.removeprefix("./").removeprefix("public/")
    return path, f"content/{path}", f"content/{path}.md"


def _as_route(target: str, base: str) -> str:
    path = unquote(urlsplit(target).path).removeprefix("public/")
    base = base.rstrip("/")
    if base and path.startswith(f"{base}/"):
        path = path.removeprefix(base)
    return path.strip("/")


def _explain_source(document: Document, built: Built, last: Plan | str) -> Explanation:
    path = document.path
    page = built.pages.get(path)
    left_out = [each.why for each in built.snapshot.left_out if each.path == path]
    return Explanation(
        path=path,
        url=page.url if page else None,
        left_out=left_out[0] if left_out else None,
        facts=tuple(_facts(document)),
        outputs=tuple(
            sorted(
                output
                for made in built.plan.made
                if made.name == path or (page and made.name in _redirects_to(path, built))
                for output, _ in made.files
            )
        ),
        listed_at=tuple(_listed_at(page, built)) if page else (),
        rebuilt=_why(path, last),
    )


def _redirects_to(path: str, built: Built) -> set[str]:
    return {each.url for each in built.site.redirects if each.source == path}


def _why(name: str, last: Plan | str) -> tuple[str, ...]:
    """Why a call of the last build made its files again; nothing if it did not."""
    return (last,) if isinstance(last, str) else last.why.get(name, ())


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


def _explain_output(artifact: Artifact, built: Built, last: Plan | str) -> Explanation:
    names = [made.name for made in built.plan.made if artifact.path in dict(made.files)]
    return Explanation(
        path=artifact.path,
        url=None,
        left_out=None,
        facts=(
            Fact(name="media_type", value=artifact.media_type, origin="file name"),
            *_way(artifact.path, built),
        ),
        outputs=(artifact.path,),
        listed_at=(),
        made_from=artifact.made_from,
        rebuilt=_why(names[0], last) if names else (),
    )


def _way(path: str, built: Built) -> Iterator[Fact]:
    """Where a former address, an alias or a redirect of site.toml leads."""
    for each in built.site.redirects:
        if each.output == path:
            former = each.source.startswith("content/") and "a former address, or an alias, of "
            yield Fact(name="leads_to", value=each.target, origin=f"{former or ''}{each.source}")


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
        ("made again because of", explanation.rebuilt),
    ):
        out += [f"  {title} {name}" for name in names]
    return "\n".join(out)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
