"""How a reader chooses a token, where the tokens themselves are the choices.

Comes in: a scene. Goes out: a radio button for each token, the sentence of each, and the one
panel whose cells the views show through windows. As with panels, a style sheet finds the checked
radio; it sets `--token`, which slides a window from row to row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal
from unicodedata import bidirectional

from msgspec import structs

from sitegen.figures.choices import write_readouts, write_sliding
from sitegen.figures.scene import Scene
from sitegen.figures.svg import Markup, tag, text
from sitegen.figures.words import ENGLISH, of_tokens, sentence

Way = Literal["ltr", "rtl"]
FONT = 14


def from_token(scene: Scene, row: int | None) -> Scene:
    """The scene with another token as the one that attends."""
    return replace(scene, spec=structs.replace(scene.spec, row=row))


def write_button(scene: Scene, *, checked: bool) -> Markup:
    """A radio button of the figure's choice of tokens."""
    chosen = "" if checked else None
    return tag("input", type="radio", name=f"{scene.spec.id}.token", checked=chosen)


def write_panel(scene: Scene, transform: str | None = None) -> Markup:
    """The chosen panel as a picture of n × n cells, for `<use>` in many windows."""
    n = len(scene.spec.tokens)
    size: dict[str, str | int] = {"width": n, "height": n, "viewBox": f"0 0 {n} {n}"}
    panel = tag("svg", write_sliding(scene), fill="currentColor", **size)
    return tag("g", panel, id=panel_id(scene), transform=transform)


def panel_id(scene: Scene) -> str:
    """The id of the chosen panel."""
    return f"{scene.spec.id}.panel"


def write_told(scene: Scene, *, every: bool = False) -> Markup:
    """The sentences. Of many panels only the first token's are told: n times as many are too long.

    One panel tells of each token and, where `every` token can be chosen at once, of the panel.
    """
    if scene.panels > 1:
        return write_readouts(scene)
    sentences = of_tokens(scene) + ([sentence(from_token(scene, None))] if every else [])
    first = len(scene.spec.tokens) if scene.spec.row is None else scene.spec.row
    told = [
        tag("p", text(each), class_="first" if i == first else None)
        for i, each in enumerate(sentences)
    ]
    return tag("div", *told, class_="told", role="status", **ENGLISH)


def way(tokens: Sequence[str]) -> Way:
    """The direction of the text: that of its first character that has one."""
    return next((found for found in map(_way, tokens) if found), "ltr")


def turns(tokens: Sequence[str], base: Way) -> list[range]:
    """The runs of tokens that are read against the direction of the text, `base`."""
    found, going = list[range](), False
    for i, own in enumerate(map(_way, tokens)):
        if own == base:
            going = False
        elif own:
            found.append(range(found.pop().start if going else i, i + 1))
            going = True
    return found


def _way(token: str) -> Way | None:
    for char in token:
        kind = bidirectional(char)
        if kind in {"L", "R", "AL"}:
            return "ltr" if kind == "L" else "rtl"
    return None
