"""The view `steps`: the whole mechanism as matrices, one row of which is worked out by hand.

Comes in: a scene. Goes out: a `Figure`. In a page the matrices are tables; a radio button for each
token, and one for each head, choose the row that is marked and whose arithmetic is shown. Without
a style sheet that can do this, all of it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from msgspec import structs

from sitegen.attention.core import Array
from sitegen.figures.frame import write_figure
from sitegen.figures.layout import label_width
from sitegen.figures.numerals import cells, vector
from sitegen.figures.scene import Scene
from sitegen.figures.slide import write_slide
from sitegen.figures.svg import Markup, join, tag, text
from sitegen.figures.table import write_rows, write_table
from sitegen.figures.words import ENGLISH, names, panel_name, part_of, sentence, title
from sitegen.figures.working import Matrix, Step, Working, work_out
from sitegen.model import Figure

WIDEST = 290
"""Of a matrix that is not given a way to be scrolled, in pixels: it fits into a small phone."""
CELL_FONT, CELL_GAP = 14, 10


def draw_steps(scene: Scene) -> Figure:
    """The figure in all its renderings; of a token, the first one unless the block says."""
    scene = replace(scene, spec=structs.replace(scene.spec, row=scene.spec.row or 0))
    working, name = work_out(scene), title(scene.spec, "Attention step by step")
    told = f"{sentence(scene)} {_result(scene)}"
    plot = tag(
        "div",
        *_choices(scene),
        *_steps(scene, working),
        class_="steps",
        id=f"{scene.spec.id}.title",
        role="group",
        aria_label=name,
        **ENGLISH,
    )
    return write_figure(
        scene,
        plot,
        write_slide(scene, working, name=name, about=told),
        told=told,
        table=join(
            write_table(
                names(scene.spec.tokens), scene.panel, panel_name(scene.weights, *scene.chosen)
            ),
            _output(scene),
        ),
        readouts=Markup(""),
        choices=Markup(""),
    )


def _mixed(scene: Scene) -> Array:
    """The output of the chosen layer, `[n, d_out]`."""
    assert scene.toy is not None and scene.toy.output is not None  # noqa: S101, PT018 - worked out
    return scene.toy.output


def _result(scene: Scene) -> str:
    """What the chosen token comes away with."""
    spec, output = scene.spec, _mixed(scene)
    whose = "The output" if spec.heads == 1 else "The output of all heads"
    row = spec.row or 0
    return f"{whose} for {names(spec.tokens)[row]} is {vector(output[row].tolist())}."


def _output(scene: Scene) -> Markup:
    """The output as a plain table."""
    output = _mixed(scene)
    columns = [str(i + 1) for i in range(output.shape[-1])]
    about, rows = "What each token comes away with", cells(output.tolist())
    return write_rows(about, ("output of", *columns), names(scene.spec.tokens), rows)


def _choices(scene: Scene) -> Iterator[Markup]:
    """Radio buttons: whose row is worked out, and in which head; the rows of one token need it."""
    spec = scene.spec
    row = _fieldset(scene, "Row of", "row", names(spec.tokens), spec.row or 0)
    heads = scene.weights.columns.options
    head = [_fieldset(scene, "Head", "head", heads, scene.chosen[1])] if spec.heads > 1 else []
    yield tag("div", row, *head, class_="asked")


def _fieldset(scene: Scene, legend: str, kind: str, options: Sequence[str], chosen: int) -> Markup:
    """A button's name is its own, since every heading of its row is a label of it, too."""
    name = f"{scene.spec.id}.{kind}"
    labels = []
    for i, option in enumerate(options):
        button = tag(
            "input",
            type="radio",
            name=name,
            id=f"{name}.{i + 1}",
            aria_label=option,
            checked="checked" if i == chosen else None,
        )
        labels.append(tag("label", button, text(option)))
    return tag("fieldset", tag("legend", text(legend)), *labels, class_=f"{kind}-choice")


def _steps(scene: Scene, working: Working) -> Iterator[Markup]:
    """All steps, numbered; those of a head stand in a part of their own, of which one is shown."""
    count = iter(range(1, 100))
    before = [(next(count), step) for step in working.before]
    first, length = len(before) + 1, len(working.heads[0])
    after = [(first + length + i, step) for i, step in enumerate(working.after)]
    yield from _written(scene, before)
    for i, steps in enumerate(working.heads, 1):
        written = list(_written(scene, enumerate(steps, first)))
        if len(working.heads) == 1:
            yield from written
        else:
            yield tag(
                "div", *written, class_=f"one-head of-{i}", role="group", aria_label=f"Head {i}"
            )
    yield from _written(scene, after)


def _written(scene: Scene, steps: Iterable[tuple[int, Step]]) -> Iterator[Markup]:
    for number, step in steps:
        terms = [_term(scene, matrix) for matrix in step.matrices]
        lines = [tag("li", text(line)) for line in step.lines]
        live = "polite" if step.spoken else None
        worked = [tag("ol", *lines, class_="worked", aria_live=live)] if lines else []
        name = tag("p", tag("b", text(f"{number}")), text(f" {step.name}"), class_="step-name")
        yield tag("div", name, tag("div", *terms, class_="terms"), *worked, class_="step")


def _term(scene: Scene, matrix: Matrix) -> Markup:
    """A matrix behind its sign; a wide one scrolls in a region of its own."""
    wide = _width(matrix) > WIDEST
    label = part_of(scene.spec.id, matrix.name)
    region = {"role": "group", "tabindex": "0", "aria_label": label} if wide else {}
    table = tag("div", _table(scene, matrix), class_="matrix", **region)
    sign = [tag("span", text(matrix.sign), class_="sign")] if matrix.sign else []
    return tag("div", *sign, table, class_="term")


def _width(matrix: Matrix) -> int:
    """About how wide a matrix is, in pixels."""
    columns = zip(matrix.columns, *matrix.cells, strict=True)
    widths = [max(label_width(cell, CELL_FONT) for cell in column) for column in columns]
    head = max(label_width(row, CELL_FONT) for row in matrix.rows)
    return head + sum(widths) + CELL_GAP * len(widths)


def _table(scene: Scene, matrix: Matrix) -> Markup:
    """Numbers with a heading for each row and column."""
    caption = tag("caption", _name(matrix.name))
    head = tag("tr", tag("td", Markup("")), *_column_headings(matrix))
    parts, groups, over = matrix.parts, list[Markup](), list[Markup]()
    if parts > 1:
        span = len(matrix.columns) // parts
        places = range(1, parts + 1)
        groups = [tag("colgroup", tag("col", Markup("")))]
        groups += [tag("colgroup", Markup(""), span=span, class_=f"of-{i}") for i in places]
        heads = [tag("th", text(f"head {i}"), colspan=span, scope="colgroup") for i in places]
        over = [tag("tr", tag("td", Markup("")), *heads)]
    rows = [
        tag("tr", _row_heading(scene, matrix, i), *_cells(matrix, i))
        for i in range(len(matrix.rows))
    ]
    body = tag("thead", *over, head), tag("tbody", *rows)
    return tag("table", caption, *groups, *body, class_="asks" if matrix.asking else None)


def _column_headings(matrix: Matrix) -> Iterator[Markup]:
    for j, column in enumerate(matrix.columns):
        yield tag("th", text(column), scope="col", class_=_sought(matrix, j))


def _row_heading(scene: Scene, matrix: Matrix, i: int) -> Markup:
    """A token that asks is a label: a press on it chooses its row."""
    name = text(matrix.rows[i])
    if matrix.asking and len(matrix.rows) > 1:
        name = tag("label", name, for_=f"{scene.spec.id}.row.{i + 1}")
    return tag("th", name, scope="row")


def _cells(matrix: Matrix, i: int) -> Iterator[Markup]:
    for j, cell in enumerate(matrix.cells[i]):
        top = "top" if matrix.asking and matrix.tops and matrix.tops[i] == j else None
        yield tag("td", text(cell), class_=top or _sought(matrix, j))


def _sought(matrix: Matrix, j: int) -> str | None:
    """The classes of a column of keys: those tokens that attend to it most."""
    if matrix.asking:
        return None
    return " ".join(f"for-{i + 1}" for i, top in enumerate(matrix.tops) if top == j) or None


def _name(name: str) -> Markup:
    """`W_Q`, with its index as one."""
    stem, _, below = name.partition("_")
    return join(text(stem), tag("sub", text(below))) if below else text(name)
