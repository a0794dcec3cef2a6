"""Markdown to chunks and slots: prose, verse, fences, notes, formulas, typography.

Comes in: a `Source` and the `Settings` of its place in the site. Goes out: a `Document` that knows
nothing of its address, of its neighbours or of the theme. Mistakes are in its `problems`. Figures
are drawn by whoever asks for the document: the text may show their numbers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import islice

import msgspec
from markdown_it.token import Token

from sitegen.errors import Problem, Span
from sitegen.frontmatter import FrontMatter, complete, kind_of, read_front_matter
from sitegen.markup import headings
from sitegen.markup.context import Context, joined
from sitegen.markup.dialect import markdown
from sitegen.markup.measures import report_unknown
from sitegen.markup.notes import report_unused
from sitegen.markup.poems import poems_above
from sitegen.markup.render import render
from sitegen.markup.verse import parse_verse
from sitegen.media import measured, notes_of, plain_text, without_ids, word_count
from sitegen.model import (
    Body,
    Document,
    Fence,
    Figure,
    Measure,
    NoteSlot,
    Settings,
    Source,
    Stanza,
    Verse,
    VerseSlot,
)

Title = tuple[str, Span] | None
Draw = Callable[[Fence, Sequence[Measure]], tuple[Figure, tuple[Problem, ...]]]
"""Draws a figure and answers what the text asks of it."""


def parse(
    source: Source, settings: Settings, draw: Draw | None = None, *, quick: bool = True
) -> Document:
    """A source as a document; never raises for a mistake of the writer's.

    Without `draw` it has no figures, and measured numbers are left out. What is not `quick` takes
    the Markdown parser's own way everywhere, with the same outcome.
    """
    front = read_front_matter(source, settings)
    kind, _ = kind_of(front, settings)
    language = front.values.get("language", settings.language)
    context = open_context(source.path, settings, language, source.text.split("\n"), quick=quick)
    context.problems += front.problems
    context.env["math"] = front.values.get("math", True)
    title, body, lead = (_poem if kind == "poem" else _prose)(front, context)
    report_unused(context)
    report_unknown(context)
    figures = _draw(context, body, draw) if draw else ()
    numbers = measured(context.measures, figures)
    summary = "" if "description" in front.values else _summary(lead, numbers)
    meta, origins = complete(front, source, settings, heading=title, summary=summary)
    opening, opening_line = _opening(body, numbers) if kind == "poem" else ("", 0)
    title_id = headings.slug(title[0]) if title else ""
    if title_id in context.anchors:
        title_id = ""  # a heading of the body has it
    return Document(
        path=source.path,
        digest=source.digest,
        meta=meta,
        origins=origins,
        body=body,
        lead=lead,
        headings=tuple(context.headings),
        links=tuple(context.links),
        images=tuple(context.images),
        fences=tuple(context.fences),
        figures=figures,
        measures=tuple(context.measures),
        facts=context.facts,
        anchors=frozenset({*context.anchors, *filter(None, [title_id])}),
        title_id=title_id,
        words=word_count(body, numbers),
        opening=opening,
        opening_line=opening_line,
        notes=sum(1 for _ in notes_of(body)) if context.counts["note"] else 0,
        problems=tuple(context.problems),
    )


def open_context(
    path: str,
    settings: Settings,
    language: str = "en",
    lines: Sequence[str] = (),
    *,
    quick: bool = True,
) -> Context:
    """An empty context for the file at `path`, whose lines are `lines`."""
    return Context(path, settings, markdown(language, quick=quick), render, lines)


def _draw(context: Context, body: Body, draw: Draw) -> tuple[Figure, ...]:
    """Every figure of the source, with what the text asks of it."""
    if not context.fences:
        return ()
    asked: dict[str, list[Measure]] = defaultdict(list)
    for measure in context.measures:
        if measure.text:
            asked[measure.figure].append(measure)
    poems = poems_above(body)
    drawn = [
        draw(msgspec.structs.replace(fence, verse=poems.get(index, "")), asked[fence.id])
        for index, fence in enumerate(context.fences)
    ]
    context.problems += [problem for _, problems in drawn for problem in problems]
    return tuple(figure for figure, _ in drawn)


# --- prose ---------------------------------------------------------------------------------------


def _prose(front: FrontMatter, context: Context) -> tuple[Title, Body, Body]:
    """Title, body and lead of an essay or a page."""
    tokens = context.tokens(front.body, front.first_line)
    title = _take_title(tokens, front.values.get("title"), context)
    context.shift = int(any(token.tag == "h1" for token in tokens))
    begin, end = _first_paragraph(tokens)
    before, lead = context.chunks(tokens[:begin]), context.chunks(tokens[begin:end])
    body = joined([*before, *lead, *context.chunks(tokens[end:])])
    return title, body, _without_notes(lead)


def _take_title(tokens: list[Token], known: str | None, context: Context) -> Title:
    """Take the first `# heading` out of the body where it is the title, or repeats it."""
    for index, token in enumerate(tokens):
        if token.tag == "h1" and token.nesting == 1 and token.level == 0:
            text = " ".join(headings.plain(tokens[index + 1].children or ()).split())
            repeats = index == 0 and text == " ".join((known or "").split())
            if not text or (known is not None and not repeats):
                return None
            span = context.place_of(tokens[index + 1])
            del tokens[index : index + 3]
            return text, span
    return None


def _first_paragraph(tokens: Sequence[Token]) -> tuple[int, int]:
    """Where the first paragraph that has words begins and ends; (0, 0) without one."""
    for index, token in enumerate(tokens):
        if token.type == "paragraph_open" and token.level == 0:
            inside = tokens[index + 1].children or ()
            if any(child.type == "text" and child.content.strip() for child in inside):
                return index, index + 3
    return 0, 0


# --- a poem --------------------------------------------------------------------------------------


def _poem(front: FrontMatter, context: Context) -> tuple[Title, Body, Body]:
    """Title, body and lead of a poem."""
    text, line, title = _take_first_line(front, context)
    numbered = bool(front.values.get("line_numbers", False))
    context.count("poem")
    verse = parse_verse(text, line, context, numbered=numbered)
    first = next((block for block in verse.blocks if isinstance(block, Stanza)), None)
    if first is None:
        return title, (VerseSlot(verse=verse),), ()
    lines = (msgspec.structs.replace(line, body=_without_notes(line.body)) for line in first.lines)
    stanza = msgspec.structs.replace(first, lines=tuple(lines), gap=False)
    lead = VerseSlot(verse=Verse(blocks=(stanza,), prefix="lead."))
    return title, (VerseSlot(verse=verse),), (lead,)


TITLE = re.compile(r" {0,3}# ")


def _take_first_line(front: FrontMatter, context: Context) -> tuple[str, int, Title]:
    """The poem without a `# heading` that stands alone before it; its line; the heading."""
    rows = front.body.split("\n")
    first = next((index for index, row in enumerate(rows) if row.strip()), 0)
    row, known = rows[first], front.values.get("title")
    alone = not any(row.strip() for row in islice(rows, first + 1, first + 2))
    if not (alone and TITLE.match(row)):
        return front.body, front.first_line, None
    line = front.first_line + first
    words = context.tokens(row, line)[1]
    text = headings.plain(words.children or ()).strip()
    if not text or (known is not None and text != known):
        return front.body, front.first_line, None
    below = "\n".join(rows[first + 1 :])
    return below, line + 1, (text, context.place_of(words))


# --- what a list shows of it ---------------------------------------------------------------------


def _without_notes(body: Body) -> Body:
    """What a list may show although the whole stands elsewhere: no notes and no ids."""
    chunks = (chunk for chunk in body if not isinstance(chunk, NoteSlot))
    return joined([without_ids(c) if isinstance(c, str) else c for c in chunks])


def _opening(body: Body, numbers: Sequence[str]) -> tuple[str, int]:
    """The first line of a poem as plain text, and its number; an epigraph before it is not it.

    One as long as a paragraph is cut.
    """
    blocks = [block for slot in body if isinstance(slot, VerseSlot) for block in slot.verse.blocks]
    stanzas = [block for block in blocks if isinstance(block, Stanza)]
    for stanza in sorted(stanzas, key=lambda stanza: stanza.quoted):
        line = stanza.lines[0]
        text = plain_text(_without_notes(line.body), numbers=numbers)
        return _cut(" ".join(text.split()), LONGEST_OPENING), line.number
    return "", 0


LONGEST_OPENING = 100
LONGEST_SUMMARY = 280


def _summary(lead: Body, numbers: Sequence[str]) -> str:
    """The lead as one line of text, cut between words."""
    lines = (" ".join(line.split()) for line in plain_text(lead, numbers=numbers).splitlines())
    return _cut(" / ".join(line for line in lines if line), LONGEST_SUMMARY)


def _cut(text: str, most: int) -> str:
    """At most so many characters of a text, cut between words."""
    if len(text) <= most:
        return text
    cut = text[: most + 1]
    words, space, _ = cut.rpartition(" ")
    return (words if space else cut[:-1]).rstrip(" ,;:—–-/") + "…"
