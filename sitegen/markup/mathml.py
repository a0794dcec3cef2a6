"""MathML as `math-core` writes it, made fit for a page with a strict security policy.

Comes in: the converter's MathML. Goes out: the same formula without `style` attributes (a class
stands for each, see `CLASSES`) and as the Nu checker wants it: `displaystyle` and `scriptlevel`
only on `<mstyle>`, no named characters, no accent that is a combining character.
"""

from __future__ import annotations

import re

CLASSES = {
    "text-align:right": "align-right",
    "text-align:left": "align-left",
    "padding-left:0": "flush-left",
    "padding-right:0": "flush-right",
    "padding-left:1em": "gap-left",
    "padding-left:0.1em": "near-left",
    "padding-right:0.1em": "near-right",
    "padding-top:0": "tight",
    "padding-top:0.1667em": "raised",
    "width:100%": "wide",
    "width:50%": "half",
    "width:7.5%": "margin",
    "border-left:0.05em solid currentcolor": "line-left",
    "border-right:0.05em solid currentcolor": "line-right",
    "border-top:0.05em solid currentcolor": "line-top",
    "border-bottom:0.05em solid currentcolor": "line-bottom",
    "border-left:0.05em dashed currentcolor": "dash-left",
    "border-right:0.05em dashed currentcolor": "dash-right",
    "border-top:0.05em dashed currentcolor": "dash-top",
    "border-bottom:0.05em dashed currentcolor": "dash-bottom",
    "math-shift:compact": "cramped",
    "font-variant-caps:small-caps": "small-caps",
}
"""Declarations of the converter and the classes that the theme has a rule for."""

TAG = re.compile(r"<(/?)([a-z]+)([^<>]*?)(/?)>")
ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
BACK = re.compile(r"margin-left:-([\d.]+)em")
ACCENT = re.compile("(<mo[^>]*>)([\u0300-\u036f\u20d7])(?=</mo>)")
SPACING = dict(
    zip(
        "\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u030a\u030c\u0332\u20d7",
        "`´ˆ˜¯‾˘˙¨˚ˇ‾→",
        strict=True,
    )
)


def for_pages(mathml: str) -> str:
    """The formula without styles, and valid."""
    closing: list[str] = []

    def rewrite(match: re.Match[str]) -> str:
        end, name, rest, empty = match.groups()
        if end:
            return closing.pop() if closing else ""
        attributes = dict(ATTRIBUTE.findall(rest.replace('rem"', 'em"')))
        _unstyle(attributes)
        wrap = _levels(name, attributes)
        if wrap and name == "mrow":
            name, attributes, wrap = "mstyle", wrap | attributes, {}
        before, after = (_tag("mstyle", wrap), "</mstyle>") if wrap else ("", "")
        if empty:
            return f"{before}{_tag(name, attributes)[:-1]}/>{after}"
        closing.append(f"</{name}>{after}")
        return before + _tag(name, attributes)

    text = TAG.sub(rewrite, mathml)
    text = ACCENT.sub(lambda match: match[1] + SPACING.get(match[2], match[2]), text)
    return text.replace("&ApplyFunction;", "\u2061").replace("&InvisibleTimes;", "\u2062")


def _tag(name: str, attributes: dict[str, str]) -> str:
    return "<" + " ".join([name, *(f'{key}="{value}"' for key, value in attributes.items())]) + ">"


def _levels(name: str, attributes: dict[str, str]) -> dict[str, str]:
    """The attributes that only `<mstyle>` may have (`<mtable>` has the first one too)."""
    if name in ("mstyle", "math"):
        return {}
    names = ("scriptlevel",) if name == "mtable" else ("displaystyle", "scriptlevel")
    return {key: attributes.pop(key) for key in names if key in attributes}


def _unstyle(attributes: dict[str, str]) -> None:
    """Put classes, and attributes where MathML has them, in the place of a style."""
    classes = attributes.get("class", "").split()
    for declaration in attributes.pop("style", "").split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        back = BACK.fullmatch(f"{name}:{value}")
        if name == "color":
            attributes["mathcolor"] = value
        elif back:  # in eighteenths of an em, which is how TeX counts such spaces
            classes.append(f"back-{min(18, max(1, round(float(back[1]) * 18)))}")
        elif f"{name}:{value}" in CLASSES:
            classes.append(CLASSES[f"{name}:{value}"])
    if classes:
        attributes["class"] = " ".join(classes)
