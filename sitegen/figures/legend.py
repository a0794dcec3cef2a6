"""The scale of the shades: one for pages, one for files, the same for all views.

Comes in: a scene and a place. Goes out: markup that says which shade is 0 % and which is 100 %.
"""

from __future__ import annotations

from sitegen.figures.layout import GAP, LEGEND
from sitegen.figures.scene import Scene
from sitegen.figures.sprite import PLAIN_OPACITY
from sitegen.figures.svg import Markup, tag, text, write_text
from sitegen.figures.words import ENGLISH


def write_key() -> Markup:
    """The scale in a page, where a style sheet gives the shade."""
    return tag("p", text("0 %"), tag("i", Markup("")), text("100 %"), class_="key", **ENGLISH)


def write_legend(scene: Scene, left: int, top: int) -> Markup:
    """The scale in a file, from 0 to 100 %: always the same, so that figures compare."""
    name, y = f"{scene.spec.id}.scale", top + 14
    place = {"x": left, "y": y, "width": LEGEND, "height": 12}
    ink: dict[str, str | int] = {"stop_color": "currentColor"}
    stops = tag("stop", stop_opacity=0, **ink), tag("stop", offset=1, **ink)
    scale = tag("linearGradient", *stops, id=name)
    fill = tag("rect", **place, fill=f"url(#{name})")
    shade = tag("g", scale, fill, class_="shade", opacity=PLAIN_OPACITY)
    low = write_text("0 %", left - GAP, y + 11, text_anchor="end")
    high = write_text("100 %", left + LEGEND + GAP, y + 11)
    return tag("g", shade, low, high, class_="legend")
