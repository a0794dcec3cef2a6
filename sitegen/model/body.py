"""A body as chunks of HTML and slots: what a medium has to decide is a slot."""

from __future__ import annotations

from sitegen.model.settings import Value


class LinkSlot(Value, frozen=True, tag="link"):
    """The address of `Document.links[index]`, as the value of an attribute (quotes outside)."""

    index: int


class ImageSlot(Value, frozen=True, tag="image"):
    """The whole `<img>` of `Document.images[index]`."""

    index: int


class FigureSlot(Value, frozen=True, tag="figure"):
    """The whole `<figure>` of `Document.figures[index]`."""

    index: int


class MeasureSlot(Value, frozen=True, tag="measure"):
    """The measured number that `Document.measures[index]` asks for, as text."""

    index: int


class FactSlot(Value, frozen=True, tag="fact"):
    """The number of the whole site that `Document.facts[name]` is, as text."""

    name: str


class MathSlot(Value, frozen=True, tag="math"):
    """A formula: MathML for a page, its TeX for feeds and plain text."""

    mathml: str
    tex: str
    display: bool


class NoteSlot(Value, frozen=True, tag="note"):
    """A reference to a note, with the note. `simple`: paragraphs of text only."""

    number: int
    body: tuple[Chunk, ...]
    simple: bool


class VerseSlot(Value, frozen=True, tag="verse"):
    """A poem, or a `poem` fence in an essay."""

    verse: Verse


Chunk = (
    str
    | LinkSlot
    | ImageSlot
    | FigureSlot
    | MeasureSlot
    | FactSlot
    | MathSlot
    | NoteSlot
    | VerseSlot
)
Body = tuple[Chunk, ...]


class Line(Value, frozen=True, tag="line"):
    """One line of verse. `number` counts from 1 in its poem; `indent` is in columns."""

    number: int
    indent: int
    body: tuple[Chunk, ...]


class Stanza(Value, frozen=True, tag="stanza"):
    """Lines between blank lines. `gap`: two or more blank lines before; `quoted`: by `>`."""

    lines: tuple[Line, ...]
    gap: bool = False
    quoted: bool = False


class Ornament(Value, frozen=True, tag="ornament"):
    """A break between parts (`---` or `***` between blank lines), as typed."""

    text: str


class Part(Value, frozen=True, tag="part"):
    """A heading inside a poem."""

    level: int
    id: str
    body: tuple[Chunk, ...]


class Inset(Value, frozen=True, tag="inset"):
    """A code block or a figure between stanzas."""

    body: tuple[Chunk, ...]


class Verse(Value, frozen=True):
    """A poem. `prefix` goes before its line ids (`L12`), so that two on a page differ."""

    blocks: tuple[Stanza | Ornament | Part | Inset, ...]
    prefix: str = ""
    numbered: bool = False
    afterword: tuple[Chunk, ...] = ()
