"""The view `heatmap`: one head as a grid of shades, from each token to each token.

Comes in: a spec and its shares. Goes out: a `Figure`. The picture is written once and dressed
twice: bare, for a page whose style sheet shades it, and as a file with a style of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sitegen.figures.layout import GAP, LEGEND, MOST_PRINTED, Layout, lay_out
from sitegen.figures.shares import TOP_LEVEL, Shares
from sitegen.figures.spec import Spec
from sitegen.figures.svg import Markup, join, tag, text
from sitegen.figures.table import write_table
from sitegen.figures.words import description, facts, names, sentence, title
from sitegen.model import Figure

PLAIN_OPACITY = ".45"  # of the darkest cell where no style sheet says better: text stays legible
ENGLISH = {"lang": "en", "dir": "ltr"}
"""What we say of a figure, whichever language the page around it is in."""
STYLE = """
svg{color:#1f1a17;font-family:ui-sans-serif,system-ui,sans-serif}
.paper{fill:#fcfaf5}.shade{color:#9c3d10;opacity:.72}
@media(prefers-color-scheme:dark){svg{color:#e6e1d8}.paper{fill:#15181d}
.shade{color:#f0a878;opacity:.42}}
@media(forced-colors:active){svg,.shade{color:CanvasText}.paper{fill:Canvas}.shade{opacity:.45}}
@media print{svg{color:#000}.paper{fill:#fff}}
"""


def draw_heatmap(spec: Spec, shares: Shares) -> Figure:
    """The figure in all its renderings."""
    told, known = sentence(spec, shares), facts(spec)
    table = write_table(names(spec.tokens), shares)
    layout = lay_out(spec.tokens)
    picture = _picture(spec, shares, layout)
    return Figure(
        id=spec.id,
        html=_page(spec, layout, picture, told, table),
        sentence=told,
        table=table,
        svg=_file(spec, layout, picture, told),
        caption=f"{spec.caption} {known}".lstrip(),
    )


def _page(spec: Spec, layout: Layout, picture: Markup, told: str, table: Markup) -> Markup:
    """The `<figure>` of a page: caption, picture, sentence, numbers."""
    caption = [tag("p", text(spec.caption), class_="figure-caption")] if spec.caption else []
    number = spec.id.replace(".", " ")
    wide = len(spec.tokens) > MOST_PRINTED
    svg = _svg(spec, layout, description(spec), picture, class_="heatmap", lang="en")
    region = {"role": "region", "tabindex": "0"}
    about = {"aria_label": f"Heatmap of {number}", **region} if wide else {}
    plot = tag("div", svg, class_="plot wide" if wide else "plot", **about)
    numbers = tag("div", table, class_="table", aria_label=f"Numbers of {number}", **region)
    return tag(
        "figure",
        tag("figcaption", *caption, tag("p", text(facts(spec)), class_="figure-facts", **ENGLISH)),
        plot,
        tag("p", text(told), class_="readout", **ENGLISH),
        tag("details", tag("summary", text("The numbers")), numbers, class_="numbers", **ENGLISH),
        class_="attention",
        id=spec.id,
        data_view=spec.view,
        data_tokens=len(spec.tokens),
    )


def _file(spec: Spec, layout: Layout, picture: Markup, told: str) -> str:
    """The picture as a file of its own, on its own paper."""
    paper = tag("rect", class_="paper", width="100%", height="100%", fill="none")
    dressed = join(tag("style", Markup(STYLE)), paper, picture)
    about = f"{description(spec)} {told}"
    return _svg(spec, layout, about, dressed, xmlns="http://www.w3.org/2000/svg") + "\n"


def _svg(spec: Spec, layout: Layout, about: str, picture: Markup, **attributes: str) -> Markup:
    """The root element, with its name and description."""
    title_id, about_id = f"{spec.id}.title", f"{spec.id}.desc"
    stretch = 1 if len(spec.tokens) > MOST_PRINTED else 1.25  # to reading size
    return tag(
        "svg",
        tag("title", text(title(spec)), id=title_id),
        tag("desc", text(about), id=about_id),
        picture,
        **attributes,
        role="img",
        aria_labelledby=title_id,
        aria_describedby=about_id,
        viewBox=f"0 0 {layout.width} {layout.height}",
        width=round(layout.width * stretch),
        height=round(layout.height * stretch),
        font_size=layout.font,
        fill="currentColor",
        direction="ltr",
    )


def _picture(spec: Spec, shares: Shares, layout: Layout) -> Markup:
    """Shades first, then rules, then text on top of them."""
    printed = _percents(spec, shares, layout) if len(spec.tokens) <= MOST_PRINTED else Markup("")
    return join(
        _shades(shares, layout),
        _grid(layout),
        *_mark(spec, layout),
        _row_labels(spec, layout),
        _column_labels(layout),
        printed,
        _legend(layout),
    )


def _shades(shares: Shares, layout: Layout) -> Markup:
    """A path for each level; a run of equal cells is one stroke, in units of a cell."""
    runs: dict[int, list[str]] = defaultdict(list)
    for y, row in enumerate(shares.levels):
        for level, x, length in _runs(row):
            runs[level].append(f"M{x} {y}.5h{length}")
    place = f"translate({layout.left} {layout.top}) scale({layout.across} {layout.down})"
    return _shade(place, {level: "".join(runs[level]) for level in sorted(runs) if level})


def _runs(row: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """(level, start, length) of each run of equal levels."""
    start = 0
    for x in range(1, len(row) + 1):
        if x == len(row) or row[x] != row[start]:
            yield row[start], start, x - start
            start = x


def _shade(place: str, paths: dict[int, str]) -> Markup:
    """Strokes of one colour, as strong as their level."""
    strokes = [
        tag("path", class_=f"level-{level}", stroke_opacity=f"{level / TOP_LEVEL:.3f}", d=path)
        for level, path in paths.items()
    ]
    return tag(
        "g",
        *(strokes or [Markup("")]),
        class_="shade",
        stroke="currentColor",
        opacity=PLAIN_OPACITY,
        shape_rendering="crispEdges",
        transform=place,
    )


def _grid(layout: Layout) -> Markup:
    """Thin rules between the cells and around them."""
    n, width, height = len(layout.labels), layout.right - layout.left, layout.bottom - layout.top
    across = (f"M{layout.left} {layout.top + i * layout.down}h{width}" for i in range(n + 1))
    down = (f"M{layout.left + i * layout.across} {layout.top}v{height}" for i in range(n + 1))
    rules = tag("path", d="".join((*across, *down)))
    return tag("g", rules, class_="grid", stroke="currentColor", stroke_opacity=".25", fill="none")


def _mark(spec: Spec, layout: Layout) -> Iterator[Markup]:
    """An outline around the highlighted row."""
    if spec.row is not None:
        yield tag(
            "rect",
            class_="mark",
            x=layout.left,
            y=layout.top + spec.row * layout.down,
            width=layout.right - layout.left,
            height=layout.down,
            fill="none",
            stroke="currentColor",
            stroke_width=2,
        )


def _row_labels(spec: Spec, layout: Layout) -> Markup:
    """Who attends: to the left of each row, the highlighted one in bold."""
    x, first = layout.left - GAP, layout.top + layout.down // 2 + layout.font // 3
    labels = [
        tag(
            "text",
            text(name),
            x=x,
            y=first + i * layout.down,
            class_="current" if i == spec.row else None,
            font_weight="bold" if i == spec.row else None,
        )
        for i, name in enumerate(layout.labels)
    ]
    axis = tag("text", text("from ↓"), class_="axis", x=x, y=layout.top - GAP)
    return tag("g", *labels, axis, class_="labels queries", text_anchor="end")


def _column_labels(layout: Layout) -> Markup:
    """What is attended to: above each column, turned where they are wide."""
    y, first = layout.top - GAP, layout.left + layout.across // 2
    labels = []
    for i, name in enumerate(layout.labels):
        x = first + i * layout.across
        turn = f"translate({x + layout.font // 4} {y}) rotate(-45)"
        place: dict[str, str | int] = {"transform": turn} if layout.turned else {"x": x, "y": y}
        labels.append(tag("text", text(name), **place))
    anchor = None if layout.turned else "middle"
    axis = tag("text", text("to →"), class_="axis", x=layout.left, y=layout.font)
    return join(tag("g", *labels, class_="labels keys", text_anchor=anchor), axis)


def _percents(spec: Spec, shares: Shares, layout: Layout) -> Markup:
    """The number in each cell but those that a causal model does not have."""
    left = layout.left + layout.across // 2
    top = layout.top + layout.down // 2 + layout.font // 3
    cells = [
        tag("text", text(str(percent)), x=left + x * layout.across, y=top + y * layout.down)
        for y, row in enumerate(shares.percents)
        for x, percent in enumerate(row)
        if not (spec.causal and x > y)
    ]
    return tag("g", *cells, class_="percents", text_anchor="middle")


def _legend(layout: Layout) -> Markup:
    """The scale of the shades, from 0 to 100 %: always the same, so that figures compare."""
    step, y = LEGEND // (TOP_LEVEL + 1), layout.bottom + 14
    paths = {level: f"M{level} .5h1" for level in range(1, TOP_LEVEL + 1)}
    frame = tag(
        "rect",
        x=layout.left,
        y=y,
        width=LEGEND,
        height=12,
        fill="none",
        stroke="currentColor",
        stroke_opacity=".25",
    )
    end = layout.left + LEGEND + GAP
    low = tag("text", text("0 %"), x=layout.left - GAP, y=y + 11, text_anchor="end")
    high = tag("text", text("100 %"), x=end, y=y + 11)
    shade = _shade(f"translate({layout.left} {y}) scale({step} 12)", paths)
    return tag("g", shade, frame, low, high, class_="legend")
