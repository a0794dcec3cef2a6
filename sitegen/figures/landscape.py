"""The view `landscape`: a poem, each token shaded by how surprising it was to a causal model.

Comes in: what the author wrote, and a reading. Goes out: a `Figure`. In a page the poem is text: it
can be selected, copied and read aloud, and its lines are the choices. One of them is open; below
each of its words stands what the model expected in its place. All lines are one group of radio
buttons, so the whole poem is one stop of the Tab key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sitegen.figures.landscape_file import (
    HEADING,
    LEAST,
    LONGEST_BAR,
    MOST,
    PIXELS,
    write_landscape,
)
from sitegen.figures.legend import write_key
from sitegen.figures.surprise import (
    Line,
    Token,
    Word,
    class_of,
    expected,
    is_break,
    read_lines,
    tenths,
)
from sitegen.figures.svg import Markup, join, tag, text
from sitegen.figures.table import write_field, write_rows
from sitegen.figures.tokens import way
from sitegen.figures.told import (
    LONGEST_QUOTE,
    Told,
    Verse,
    beginning,
    frame_told,
    verses,
    write_title,
)
from sitegen.figures.words import ENGLISH, isolated
from sitegen.model import BIT, Figure, Reading
from sitegen.models.cells import cells_of

LIKELIEST = 5
CHOOSE = "Choose a line: what was expected in place of its words "
FACTS = (
    "{model} reads from left to right and sees only what came before. "
    "Bits are how surprising a token was: −log₂ of the probability that the model gave to it. "
    "1 bit is one chance in 2, 10 bits one in 1,024. "
    "A word carries the sum of its tokens; ↵ is a line break. The first token has no number. "
    "What surprises a model need not surprise a reader."
)
HEADINGS = ("line", "bits", "bits a word", "most surprising word", "expected instead")


def draw_landscape(told: Told, reading: Reading) -> Figure:
    """The figure in all its renderings; the line of the most surprising word is open.

    `reading` is one of `surprise`, of the text that is told of.
    """
    lines = read_lines(told.text, reading)
    title = f"How surprising each word is: {beginning(told.text, LONGEST_QUOTE)}"
    facts = FACTS.format(model=told.model)
    said = _sentence(told, lines)
    readout = tag("p", text(said), class_="readout", **ENGLISH)
    return frame_told(
        told,
        "landscape",
        facts=[facts],
        sentence=said,
        parts=(_plot(told, lines, title), readout),
        table=_table(told.text, lines),
        svg=write_landscape(told, lines, title, said),
        csv=_csv(reading),
    )


def _top(lines: Sequence[Line]) -> tuple[int, Word, Line] | None:
    """The most surprising word of all, and where it stands."""
    tops = [(*line.top, line) for line in lines if line.top]
    return max(tops, key=lambda each: each[0], default=None)


def _sentence(told: Told, lines: Sequence[Line]) -> str:
    top = _top(lines)
    if top is None:
        return f"{told.model} has no number for any word of this text."
    bits, word, line = top
    content, share, _ = next(expected(told.text, word), ("", "", False))
    instead = f", where {_quoted(content)} was likeliest with {share}" if content else ""
    known = [own for each in lines for own, _ in each.known]
    return (
        f"To {told.model} the most surprising word is {_quoted(_of(told.text, word))} "
        f"in line {line.verse.number}: {tenths(bits)} bits{instead}. "
        f"A word carries {tenths(round(sum(known) / len(known)))} bits in the mean."
    )


def _of(content: str, word: Word | Verse) -> str:
    return content[word.start : word.end]


def _quoted(word: str) -> str:
    return f"“{isolated(word)}”"


# --- the picture of a page -----------------------------------------------------------------------


def _plot(told: Told, lines: Sequence[Line], title: str) -> Markup:
    """The poem, with a switch that takes the shades away."""
    box = tag("input", type="checkbox", checked="")
    switch = tag("label", box, text("Shades"), class_="switch", **ENGLISH)
    head = tag("div", write_key(LEAST, MOST), switch, class_="bar", **ENGLISH)
    legend = tag("legend", text(CHOOSE), tag("b", text(HEADING)), lang="en")
    poem = tag(
        "fieldset",
        legend,
        *_poem(told, lines),
        class_="landscape",
        dir=way(told.text),
    )
    return tag("div", write_title(told, title), head, poem, class_="plot")


def _poem(told: Told, lines: Sequence[Line]) -> Iterator[Markup]:
    """Line by line; a blank one may have a token, too."""
    own = {line.verse.start: line for line in lines}
    top, line = _top(lines), lines[0]
    for verse in verses(told.text):
        line = own.get(verse.start, line)
        content = join(*_tokens(told.text, verse, line.tokens))
        if verse.number is None:
            yield join(content, tag("br"))
            continue
        yield from _line(told, line, content, checked=top is not None and top[2] is line)


def _line(told: Told, line: Line, content: Markup, *, checked: bool) -> Iterator[Markup]:
    """A line that is its own button, and what was expected in place of its words."""
    chosen = "" if checked else None
    button = tag("input", type="radio", name=f"{told.id}.line", checked=chosen)
    if line.mean is None:
        yield tag("label", content, button)
        return
    width = min(line.mean * PIXELS // BIT, LONGEST_BAR)
    bar = tag("svg", width=width, height=8)
    yield tag("label", content, button, bar, data_bits=tenths(line.mean))
    words = [_moment(told.text, bits, word) for bits, word in line.known]
    yield tag("div", *words, class_="moment first" if checked else "moment")


def _moment(content: str, bits: int, word: Word) -> Markup:
    """The moment before a word: what was expected, a line each; what came is marked."""
    name = join(tag("b", text(_of(content, word))), text(f" {tenths(bits)}"))
    rows = [
        tag("b", text(f"{shown} {share}")) if came else text(f"{shown} {share}")
        for shown, share, came in expected(content, word)
    ]
    return tag("p", Markup("\n".join([name, *rows])))


def _tokens(content: str, verse: Verse, tokens: Sequence[Token]) -> Iterator[Markup]:
    """The text of a line, each token in its shade; indents and line breaks have none."""
    line = content[verse.start : verse.end]
    at = verse.end - len(line.lstrip())
    if at > verse.start:
        yield tag("i", text(content[verse.start : at]))
    for token in tokens:
        begin, end = max(at, token.start), min(token.end, verse.end)
        if begin < end:
            yield text(content[at:begin])
            yield _shaded(token, content[begin:end])
            at = end
        elif is_break(content, token, verse):
            yield _shaded(token, "")
    yield text(content[at : verse.end])


def _shaded(token: Token, content: str) -> Markup:
    if token.bits is None:
        return text(content)
    return tag("span", text(content), class_=f"b{class_of(token.bits)}")


# --- the numbers ---------------------------------------------------------------------------------


def _table(content: str, lines: Sequence[Line]) -> Markup:
    """A line of the table for each of the poem."""
    names = [f"{line.verse.number} {beginning(_of(content, line.verse))}" for line in lines]
    about = "Bits of each line, and its most surprising word"
    return write_rows(about, HEADINGS, names, (_cells(content, line) for line in lines))


def _cells(content: str, line: Line) -> Iterator[Markup]:
    yield text(tenths(line.bits))
    yield text("–" if line.mean is None else tenths(line.mean))
    if line.top is None:
        yield from (text("–"), text("–"))
        return
    bits, word = line.top
    yield text(f"{isolated(_of(content, word))} {tenths(bits)}")
    shown, share, _ = next(expected(content, word), ("–", "", False))
    yield text(f"{isolated(shown)} {share}")


def _csv(reading: Reading) -> str:
    """A line for each token of the model: its text, place and bits, and what was likeliest."""
    heading = [f"likeliest {i},percent {i}" for i in range(1, LIKELIEST + 1)]
    rows = [",".join(["token", "start", "end", "bits", *heading])]
    bits = cells_of(reading).tolist()
    for piece, own, likeliest in zip(reading.pieces, bits, reading.likeliest, strict=True):
        known = f"{own / BIT:.3f}" if own >= 0 else ""
        guesses = [f"{write_field(shown)},{share / 100:.2f}" for shown, share in likeliest]
        place = f"{write_field(piece.text)},{piece.start},{piece.end},{known}"
        rows.append(",".join([place, *guesses, *[","] * (LIKELIEST - len(guesses))]))
    return "\r\n".join([*rows, ""])
