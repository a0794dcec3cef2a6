"""The outline of a document: all that the knot looks at, and the digests of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from msgspec.structs import replace

from sitegen.build.stage import Counts, encode
from sitegen.errors import Span
from sitegen.media import lines_in, notes_of
from sitegen.memo import digest
from sitegen.model import (
    Card,
    Document,
    Fence,
    Figure,
    Line,
    Prompt,
    Stanza,
    Verse,
    VerseSlot,
)


class Outline(msgspec.Struct, frozen=True, array_like=True):
    """A document without its text, and the digests of that with and without places."""

    document: Document
    plain: bytes
    placed: bytes
    asked: tuple[Prompt, ...] = ()
    """What its figures asked models for."""
    facts: tuple[str, ...] = ()
    """The numbers of the site that its text asks for."""
    counts: Counts = Counts()
    text: str = ""
    """Digest of its body, by which it is known where it is called otherwise."""


def outline_of(
    document: Document, asked: tuple[Prompt, ...] = (), text: str = "", *, cards: bool = False
) -> Outline:
    """All that the knot looks at; what a reader would read is left out, but for what a card shows.

    `text`: the digest of its body. `cards`: whether the site has any.
    """
    thin = replace(
        document,
        digest="",
        origins={
            name: replace(each, text="") for name, each in document.origins.items() if each.span
        },
        body=tuple(_thin_verse(e.verse) for e in document.body if isinstance(e, VerseSlot)),
        lead=(),
        headings=(),
        fences=tuple(Fence(id=each.id, text="", span=each.span) for each in document.fences),
        figures=tuple(map(_thin, document.figures)),
        measures=(),
        words=0,
        notes=min(document.notes, 1),  # the knot asks only whether there are any
        facts={},
        card=_card(document) if cards else None,
    )
    return Outline(
        document=thin,
        plain=plain_of(thin),
        placed=digest(encode(thin)),
        asked=asked,
        facts=tuple(document.facts),
        counts=_count(document),
        text=text,
    )


def plain_of(thin: Document) -> bytes:
    """The digest of an outline's document but for the places in it."""
    nowhere = replace(
        thin,
        origins={},
        links=(),
        images=(),
        fences=tuple(replace(fence, span=NOWHERE) for fence in thin.fences),
        problems=tuple(replace(each, span=each.span and NOWHERE) for each in thin.problems),
    )
    told = sorted(thin.origins)
    targets = [[link.target for link in thin.links], [each.target for each in thin.images]]
    return digest(encode((nowhere, told, targets)))


def _count(document: Document) -> Counts:
    return Counts(
        kind=document.meta.kind,
        draft=document.meta.draft,
        words=document.words,
        lines=lines_in(document.body) if document.meta.kind == "poem" else 0,
        figures=len(document.figures),
        claims=sum(figure.claims for figure in document.figures),
        notes=sum(1 for _ in notes_of(document.body)),
        links=len(document.links),
    )


def digest_of(body: str) -> str:
    """What a text is known by; blank lines around it do not count."""
    return digest(body.strip().encode()).hex()[:16] if body.strip() else ""


NOWHERE = Span("", 0)


def moves(old: Document, new: Document) -> dict[Span, Span]:
    """Where each place that the knot may speak of is now, of two outlines that differ in these."""
    return dict(zip(_places(old), _places(new), strict=True))


def _places(document: Document) -> Iterator[Span]:
    yield from (link.span for link in document.links)
    yield from (image.span for image in document.images)
    yield from (fence.span for fence in document.fences)
    yield from (each.span for each in document.problems if each.span)
    origins = (document.origins[name] for name in sorted(document.origins))
    yield from (origin.span for origin in origins if origin.span)


def _card(document: Document) -> Card | None:
    from sitegen.pictures.cards import card_of

    return card_of(document)


def _thin_verse(verse: Verse) -> VerseSlot:
    """The numbers of its lines: a link may point at one."""
    stanzas = (block for block in verse.blocks if isinstance(block, Stanza))
    lines = tuple(
        Line(number=line.number, indent=0, body=()) for stanza in stanzas for line in stanza.lines
    )
    return VerseSlot(verse=Verse(blocks=(Stanza(lines=lines),), prefix=verse.prefix))


def _thin(figure: Figure) -> Figure:
    """Its name, and which of its files there are."""
    texts = ("html", "sentence", "table", "svg", "caption", "csv")
    mark: Callable[[str], str] = lambda text: "…" if text else ""  # noqa: E731
    return replace(
        figure,
        answers={},
        claims=0,
        cells=(),
        **{name: mark(getattr(figure, name)) for name in texts},
    )
