"""What all views share: the `<figure>` around a picture, and the picture as a file of its own.

Comes in: a scene and a view's picture. Goes out: a `Figure`. In a page the site's style sheet
dresses the picture; a file has a style of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sitegen.figures.choices import write_choices, write_readouts
from sitegen.figures.scene import Scene
from sitegen.figures.svg import Markup, join, tag, text
from sitegen.figures.table import MOST_COLUMNS, write_csv, write_table
from sitegen.figures.weights import levels
from sitegen.figures.words import ENGLISH, facts, names, panel_name, part_of, sentence
from sitegen.model import Figure, file_stem

STYLE = """
svg{color:#1f1a17;font-family:ui-sans-serif,system-ui,sans-serif}
.paper{fill:#fcfaf5}.shade{color:#9c3d10;opacity:.72}
image{image-rendering:pixelated}
@media(prefers-color-scheme:dark){svg{color:#e6e1d8}.paper{fill:#15181d}
.shade{color:#f0a878;opacity:.42}}
@media(forced-colors:active){svg,.shade{color:CanvasText}.paper{fill:Canvas}.shade{opacity:.45}}
@media print{svg{color:#000}.paper{fill:#fff}}
"""
BARE = ".shade{opacity:1}\n"
"""Added where no text stands on a shade, in which case it need not be pale."""


def write_figure(  # noqa: PLR0913
    scene: Scene,
    plot: Markup,
    file: str,
    *,
    told: str = "",
    table: Markup | None = None,
    readouts: Markup | None = None,
    choices: Markup | None = None,
    csv: bool = True,
) -> Figure:
    """A figure in all its renderings.

    `plot` is the picture for a page and `file` the standalone one. A view may bring words of its
    own: `told`, one sentence; `readouts`, those that a choice changes; `choices` and `table`.
    """
    spec = scene.spec
    of = panel_name(scene.weights, *scene.chosen)
    numbers = write_table(names(spec.tokens), scene.panel, of) if table is None else table
    claims = [verdict.words for verdict in scene.verdicts]
    whole = not csv or (scene.panels == 1 and len(spec.tokens) <= MOST_COLUMNS)
    html = enclose(
        spec.id,
        spec.view,
        write_caption(spec.caption, claims, facts(scene)),
        plot,
        write_choices(scene) if choices is None else choices,
        write_readouts(scene) if readouts is None else readouts,
        write_numbers(spec.id, numbers, whole=whole),
    )
    return Figure(
        id=spec.id,
        html=html,
        sentence=told or sentence(scene),
        table=numbers,
        svg=file,
        caption=" ".join(part for part in (spec.caption, *claims, facts(scene)) if part),
        csv=write_csv(names(spec.tokens), scene.weights) if csv else "",
        whole=whole,
        cells=tuple(row.tobytes() for row in levels(scene.panel)),
    )


def enclose(id_: str, view: str, *parts: Markup) -> Markup:
    """The `<figure>`, named by its title."""
    names = {"aria_labelledby": f"{id_}.title", "data_view": view}
    return tag("figure", *parts, class_="attention", id=id_, **names)


def write_caption(caption: str, claims: Sequence[str], told: str) -> Markup:
    """The author's words, what was claimed, and how the numbers were made."""
    lines = [tag("p", text(caption), class_="figure-caption")] if caption else []
    lines += [tag("p", text(claim), class_="figure-claim", **ENGLISH) for claim in claims]
    return tag("figcaption", *lines, tag("p", text(told), class_="figure-facts", **ENGLISH))


def write_numbers(id_: str, table: Markup, *, whole: bool) -> Markup:
    """The table, folded, and where all other numbers are."""
    label = part_of(id_, "Numbers")
    region = tag("div", table, class_="table", role="region", tabindex="0", aria_label=label)
    link = tag("a", text("All as CSV"), href=f"{file_stem(id_)}.csv", download="")
    more = [] if whole else [tag("p", link)]
    summary = tag("summary", text("The numbers"))
    return tag("details", summary, region, *more, class_="numbers", **ENGLISH)


def write_file(  # noqa: PLR0913
    id_: str,
    picture: Markup,
    *,
    name: str,
    about: str,
    size: tuple[int, int],
    font: int,
    bare: bool = False,
) -> str:
    """The picture as a file, on its own paper; `bare`: no text stands on its shades."""
    paper = tag("rect", class_="paper", width="100%", height="100%", fill="none")
    style = Markup(STYLE + BARE if bare else STYLE)
    dressed = join(tag("style", style), paper, picture)
    root = {"xmlns": "http://www.w3.org/2000/svg"}
    svg = write_svg(id_, dressed, root, name=name, about=about, size=size, font=font)
    return f"{svg}\n"


def write_svg(  # noqa: PLR0913
    id_: str,
    picture: Markup,
    attributes: Mapping[str, str],
    *,
    name: str,
    size: tuple[int, int],
    font: int,
    about: str = "",
    stretch: float = 1,
) -> Markup:
    """The root element of a picture, with its name and, where `about` tells one, description."""
    width, height = size
    return tag(
        "svg",
        tag("title", text(name), id=f"{id_}.title"),
        *([tag("desc", text(about))] if about else []),
        picture,
        **attributes,
        role="img",
        viewBox=f"0 0 {width} {height}",
        width=round(width * stretch),
        height=round(height * stretch),
        font_size=font,
        fill="currentColor",
        direction="ltr",
    )
