"""Where everything of a heatmap stands, in whole user units of its SVG.

Comes in: tokens. Goes out: a `Layout`, and labels cut to fit. No font is measured: a character
counts as wide as its kind usually is, rounded up, so that the bytes depend on nothing installed.
"""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, combining, east_asian_width

from sitegen.model import Value

MOST_PRINTED = 10  # tokens; more, and a number no longer fits into its cell
SIZES = ((MOST_PRINTED, 28, 14), (24, 20, 14), (10**9, 14, 11))  # up to n tokens: cell, font
WIDEST_PLAIN = 340  # of a heatmap whose labels stand upright and whose text is 11 px at 320 px
WIDEST_LABEL = 80
GAP = 8
LEGEND = 128  # wide
LEGEND_HEIGHT = 36
SHORT_SIDE = 0.71  # of a label that is turned by 45°
JOINER = "\u200d"
VIRAMA = 9  # the class of marks that join the letters of a conjunct


class Layout(Value, frozen=True):
    """Sizes and places: the grid begins at (`left`, `top`), a cell is `across` × `down`."""

    labels: tuple[str, ...]
    left: int
    top: int
    across: int
    down: int
    font: int
    turned: bool
    width: int
    height: int

    @property
    def right(self) -> int:
        """Where the grid ends."""
        return self.left + len(self.labels) * self.across

    @property
    def bottom(self) -> int:
        """Where the grid ends."""
        return self.top + len(self.labels) * self.down


def lay_out(tokens: tuple[str, ...]) -> Layout:
    """Small cells for many tokens; column labels are turned where they are wider than a cell."""
    n = len(tokens)
    cell, font = next((cell, font) for most, cell, font in SIZES if n <= most)
    labels = tuple(label(token, font) for token in tokens)
    widths = [label_width(each, font) for each in labels]
    left = max(*widths, 5 * font) + GAP  # at least the word "from" with its arrow
    wanted = max(cell, *(width + GAP for width in widths))
    turned = n > MOST_PRINTED or left + n * wanted > WIDEST_PLAIN
    across = cell if turned else wanted
    head = round(max(widths) * SHORT_SIDE) + GAP if turned else font + GAP
    top = font + GAP + head
    ends = [
        left + i * across + across // 2 + round(width * SHORT_SIDE) + font // 2
        for i, width in enumerate(widths)
    ]
    right = max(left + n * across, left + LEGEND + 4 * font, *(ends if turned else ()))
    height = top + n * cell + LEGEND_HEIGHT
    return Layout(
        labels=labels,
        left=left,
        top=top,
        across=across,
        down=cell,
        font=font,
        turned=turned,
        width=right + 2,
        height=height,
    )


@lru_cache(2_000)
def label_width(label: str, font: int) -> int:
    """About how wide a label is, in user units."""
    drawn = (char for before, char in zip(" " + label, label, strict=False) if before != JOINER)
    return -(-sum(map(_hundredths, drawn)) * font // 100)


@lru_cache(2_000)
def _hundredths(char: str) -> int:
    """Of an em: marks take no room, Han characters and emoji a whole em, M and W nearly so."""
    if category(char) in {"Mn", "Me", "Cf"}:
        return 0
    if east_asian_width(char) in "WF":
        return 100 if char.isalnum() else 140
    return 85 if char in "MWmw@—…%" else 60


def visible(token: str) -> str:
    """The token as it is read, blanks made visible."""
    return token if token.strip() else "␣" * len(token)


def label(token: str, font: int) -> str:
    """The token as a label: cut between characters that belong together, blanks made visible."""
    shown = visible(token)
    if label_width(shown, font) <= WIDEST_LABEL:
        return shown
    end = len(shown)
    while end > 1 and (
        label_width(shown[:end] + "…", font) > WIDEST_LABEL or joined(shown[end - 1 : end + 1])
    ):
        end -= 1
    return shown[:end] + "…"


def joined(pair: str) -> bool:
    """Whether two characters are drawn as one, or two letters of a flag, or of one syllable."""
    first, last = pair[0], pair[-1]
    return (
        first == JOINER
        or category(last) in {"Mn", "Me", "Mc", "Sk", "Cf"}
        or (combining(first) == VIRAMA and last.isalpha())
        or all("\U0001f1e6" <= char <= "\U0001f1ff" for char in pair)
        or ("\u1100" <= first <= "\ud7ff" and "\u1160" <= last <= "\u11ff")
    )
