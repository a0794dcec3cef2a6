"""The scale of the shades: one for pages, one for files, the same for all views.

Comes in: a place, and what the ends of the scale are called. Goes out: markup that says which shade
is the least and which the most.
"""

from __future__ import annotations

from sitegen.figures.layout import GAP, LEGEND
from sitegen.figures.sprite import PLAIN_OPACITY
from sitegen.figures.svg import Markup, tag, text, write_text
from sitegen.figures.words import ENGLISH

LOW, HIGH = "0 %", "100 %"


def write_key(low: str = LOW, high: str = HIGH) -> Markup:
    """The scale in a page, where a style sheet gives the shade."""
    return tag("p", text(low), tag("i", Markup("")), text(high), class_="key", **ENGLISH)


def write_legend(id_: str, left: int, top: int, low: str = LOW, high: str = HIGH) -> Markup:
    """The scale in a file, from 0 to 100 %: always the same, so that figures compare."""
    name, y = f"{id_}.scale", top + 14
    place = {"x": left, "y": y, "width": LEGEND, "height": 12}
    ink: dict[str, str | int] = {"stop_color": "currentColor"}
    stops = tag("stop", stop_opacity=0, **ink), tag("stop", offset=1, **ink)
    scale = tag("linearGradient", *stops, id=name)
    fill = tag("rect", **place, fill=f"url(#{name})")
    shade = tag("g", scale, fill, class_="shade", opacity=PLAIN_OPACITY)
    low = write_text(low, left - GAP, y + 11, text_anchor="end")
    high = write_text(high, left + LEGEND + GAP, y + 11)
    return tag("g", shade, low, high, class_="legend")
