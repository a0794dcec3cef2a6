"""The style sheet's colours by the formulas of WCAG 2.2, and what else it promises."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from pygments.token import STANDARD_TYPES

STATIC = Path(__file__).parents[2] / "static"
CSS = (STATIC / "style.css").read_text(encoding="utf-8")
NOTATION = (STATIC / "notation.css").read_text(encoding="utf-8")
SCHEMES = ("light", "dark")
Colour = tuple[float, float, float]

AAA, AA = 7.0, 4.5


def palette(scheme: str) -> dict[str, str]:
    """The custom properties of one colour scheme."""
    light_and_dark = re.findall(r"--([a-z]+):var\(--light,(.*?)\)var\(--dark,(.*?)\)", CSS)
    return {name: light if scheme == "light" else dark for name, light, dark in light_and_dark}


def colour(text: str) -> Colour:
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luminance(of: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in of]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ratio(scheme: str, text: str, ground: str) -> float:
    names = palette(scheme)
    return contrast(colour(names[text]), colour(names[ground]))


def test_the_formula_gives_the_known_extremes() -> None:
    assert contrast(colour("#000000"), colour("#ffffff")) == pytest.approx(21)
    assert contrast(colour("#777777"), colour("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        ("ink", "paper", AAA),
        ("ink", "wash", AAA),
        ("ink", "tint", AAA),
        ("faint", "paper", AAA),
        ("accent", "paper", AA),
        ("accent", "wash", AA),
        ("accent", "tint", AA),
    ],
)
def test_text_stands_out_from_its_ground(scheme: str, text: str, ground: str, least: float) -> None:
    assert ratio(scheme, text, ground) >= least


def code_colours() -> dict[str, str]:
    """By Pygments class, the custom property of its colour; the others are ink."""
    rules = re.findall(r"^\.code :is\(([^)]*)\)\{color:var\(--([a-z]+)\)", NOTATION, re.MULTILINE)
    return {name.strip(" ."): value for names, value in rules for name in names.split(",")}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", ["wash", "tint"])
def test_every_token_of_code_can_be_read(scheme: str, ground: str) -> None:
    """`tint` is the ground of a highlighted or an inserted line."""
    colours = code_colours()
    for name in filter(None, STANDARD_TYPES.values()):
        assert ratio(scheme, colours.get(name, "ink"), ground) >= AA, f".{name}"


def test_only_tokens_that_exist_are_coloured() -> None:
    assert len(code_colours()) > 30
    assert set(code_colours()) <= set(STANDARD_TYPES.values())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_numbers_can_be_read_on_the_darkest_cell_of_a_figure(scheme: str) -> None:
    names = palette(scheme)
    share = float(names["shade"])
    accent, paper = colour(names["accent"]), colour(names["paper"])
    red, green, blue = (share * a + (1 - share) * p for a, p in zip(accent, paper, strict=True))
    assert contrast(colour(names["ink"]), (red, green, blue)) >= AA


def test_every_colour_is_a_custom_property() -> None:
    rules = re.sub(r":root\{.*?\}", "", CSS, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", rules) == []


def test_every_indent_up_to_sixty_nine_columns_has_its_rules() -> None:
    rules = re.findall(r"^(\[data-indent.*)\{--(tens|ones):(\d+)\}", CSS, re.MULTILINE)
    for column in range(1, 70):
        digits = {"tens": 0, "ones": 0}
        for selectors, name, value in rules:  # a later rule wins
            for how, digit in re.findall(r'data-indent(\^?\$?)="(\d)"', selectors):
                shown = {"^": str(column)[0], "$": str(column)[-1], "": str(column)}[how]
                digits[name] = int(value) if shown == digit else digits[name]
        assert sum(digits.values()) == column


def test_the_style_sheet_is_small_and_fetches_nothing() -> None:
    assert len(gzip.compress(CSS.encode(), 9)) <= 4_700
    assert "url(" not in CSS
    assert "@import" not in CSS
