"""The view `text`: the sentence itself, each word shaded by how much the chosen one attends to it.

Comes in: a scene. Goes out: a `Figure`. In a page the words are the choices: each is a radio
button, and behind it a window shows the one cell of the chosen panel where the chosen word's row
meets its column. In the file the words are set in lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from sitegen.figures.frame import write_figure, write_file
from sitegen.figures.layout import GAP, LEGEND_HEIGHT, label_width, visible
from sitegen.figures.legend import write_key, write_legend
from sitegen.figures.scene import Scene
from sitegen.figures.sprite import PLAIN_OPACITY
from sitegen.figures.svg import Markup, join, tag, text, write_text
from sitegen.figures.tokens import (
    FONT,
    Way,
    from_token,
    panel_id,
    turns,
    way,
    write_button,
    write_panel,
    write_told,
)
from sitegen.figures.weights import TOP_LEVEL, levels
from sitegen.figures.words import ENGLISH, panel_title, sentence, title
from sitegen.model import Figure, Value

LINE = 480  # wide, if no word is wider
LEAST = 240  # wide, for the scale of shades
WORD = 28  # high
LETTERS = 16  # the font of the words
LEAD = 8  # between lines
BETWEEN = 4  # between words
WHAT = "Text shaded by attention"
HOW = "From the outlined word to all: the stronger the shade, the larger the weight."
ISOLATE = {"ltr": "\u2067", "rtl": "\u2066"}  # of a run the other way
POP = "\u2069"


class Box(Value, frozen=True):
    """Where a word stands in the file."""

    x: int
    y: int
    width: int


def draw_text(scene: Scene) -> Figure:
    """The figure in all its renderings.

    Without `from:` the first token attends, or the last where each sees only what came before it.
    """
    spec = scene.spec
    if spec.row is None:
        scene = from_token(scene, len(spec.tokens) - 1 if spec.causal else 0)
    return write_figure(scene, _plot(scene), _file(scene), readouts=write_told(scene))


def _plot(scene: Scene) -> Markup:
    """The words of a page. A run against the direction of the text is isolated from it."""
    tokens = scene.spec.tokens
    base = way(tokens)
    runs = turns(tokens, base)
    begins = {run.start: ISOLATE[base] for run in runs}
    ends = {run.stop - 1: POP for run in runs}
    words = [
        text(" " + begins.get(k, "")) + _word(scene, k) + text(ends.get(k, ""))
        for k in range(len(tokens))
    ]
    legend = tag("legend", text("From the outlined word; choose another:"), **ENGLISH)
    name = tag(
        "span", text(title(scene.spec, WHAT)), id=f"{scene.spec.id}.title", hidden="", **ENGLISH
    )
    choice = tag("fieldset", legend, *map(Markup, words), class_="tokens words", dir=base)
    return tag("div", name, choice, write_key(), class_="plot")


def _word(scene: Scene, k: int) -> Markup:
    """A word with a window on its column. The panel is written into the first window.

    It is shown there by `<use>` as everywhere: what is written in place stays as it was in Firefox.
    """
    row = scene.spec.row or 0
    panel = [tag("defs", write_panel(scene))] if k == 0 else []
    cell = tag("use", href=f"#{panel_id(scene)}", class_="token", transform=f"translate(0 {-row})")
    inside = f"{k}.2 .2 .5 .5"  # of a cell, so that no neighbour shows at the edge
    shape = {"viewBox": inside, "preserveAspectRatio": "none", "aria_hidden": "true"}
    window = tag("svg", *panel, cell, **shape)
    button = write_button(scene, checked=k == row)
    return tag("label", button, window, text(visible(scene.spec.tokens[k])), dir="auto")


def _file(scene: Scene) -> str:
    """The words as a picture, laid out in lines."""
    boxes = _set(scene.spec.tokens)
    width = max(LEAST, *(box.x + box.width for box in boxes))
    top = boxes[-1].y + WORD
    return write_file(
        scene.spec.id,
        join(*_words(scene, boxes), write_legend(scene.spec.id, 5 * GAP, top)),
        name=panel_title(scene, WHAT),
        about=f"{HOW} {sentence(scene)}",
        size=(width + GAP, top + LEGEND_HEIGHT),
        font=FONT,
    )


def _set(tokens: tuple[str, ...]) -> tuple[Box, ...]:
    """A place for each word: in lines, in the order in which they are read."""
    widths = [label_width(visible(token), LETTERS) + GAP for token in tokens]
    line = max(min(LINE, sum(widths) + BETWEEN * len(tokens)), LEAST, *widths)
    boxes: list[Box] = []
    begin, y = 0, FONT + 2 * GAP
    while begin < len(tokens):
        end, room = begin, line
        while end < len(tokens) and (room := room - widths[end]) >= 0:
            room -= BETWEEN
            end += 1
        boxes += _line(tokens[begin:end], widths[begin:end], line, y, way(tokens))
        begin, y = end, y + WORD + LEAD
    return tuple(boxes)


def _line(
    tokens: tuple[str, ...], widths: list[int], line: int, y: int, base: Way
) -> Iterator[Box]:
    """The words of a line, in the order of the tokens; a run against the text is turned round."""
    order = list(range(len(tokens)))
    for run in turns(tokens, base):
        order[run.start : run.stop] = reversed(run)
    places, x = [0] * len(tokens), 0
    for i in order:
        places[i] = x if base == "ltr" else line - x - widths[i]
        x += widths[i] + BETWEEN
    for place, width in zip(places, widths, strict=True):
        yield Box(x=GAP + place, y=y, width=width)


def _words(scene: Scene, boxes: tuple[Box, ...]) -> Iterator[Markup]:
    """Shades, then the outline of the word that attends, then the words."""
    row = scene.spec.row or 0
    place = [{"x": box.x, "y": box.y, "width": box.width, "height": WORD, "rx": 2} for box in boxes]
    shades = [
        tag("rect", **at, fill_opacity=f"{level / TOP_LEVEL:.3f}")
        for at, level in zip(place, levels(scene.panel[row]).tolist(), strict=True)
    ]
    yield tag("g", *shades, class_="shade", fill="currentColor", opacity=PLAIN_OPACITY)
    yield tag(
        "rect", **place[row], class_="mark", fill="none", stroke="currentColor", stroke_width=2
    )
    words = [
        write_text(visible(token), box.x + box.width // 2, box.y + WORD * 2 // 3)
        for token, box in zip(scene.spec.tokens, boxes, strict=True)
    ]
    yield tag("g", *words, text_anchor="middle", font_size=LETTERS)
    yield write_text("from the outlined word to all", GAP, FONT + GAP // 2, class_="axis")
