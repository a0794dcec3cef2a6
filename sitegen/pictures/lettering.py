"""The letters of cards: which there are, how wide a text is, where its lines break.

Comes in: the font that lies beside this file, an old-style serif; plain text. Goes out: places in
pixels. Pillow alone sets no kerns, and its other way of setting text depends on a library of the
machine; so what the font says of that is read here (OpenType 1.9: cmap, hmtx, kern).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

FONT = Path(__file__).parent / "fonts" / "EBGaramond-Regular.ttf"
LIGATURES = {"ffi": "ﬃ", "ffl": "ﬄ", "ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ"}


class Font(NamedTuple):
    """Widths and kerns in units, of which there are `units` to an em."""

    glyphs: dict[int, int]
    """By code point."""
    widths: list[int]
    kerns: dict[tuple[int, int], int]
    units: int


@cache
def font() -> Font:
    """What the font's tables say."""
    raw = FONT.read_bytes()
    (count,) = struct.unpack_from(">H", raw, 4)
    rows = (struct.unpack_from(">4sIII", raw, 12 + 16 * index) for index in range(count))
    at = {name: start for name, _, start, _ in rows}
    (units,) = struct.unpack_from(">H", raw, at[b"head"] + 18)
    (measured,) = struct.unpack_from(">H", raw, at[b"hhea"] + 34)
    widths = [width for width, _ in struct.iter_unpack(">HH", raw[at[b"hmtx"] :][: 4 * measured])]
    (pairs,) = struct.unpack_from(">H", raw, at[b"kern"] + 10)
    start = at[b"kern"] + 18
    kerns = {
        (left, right): by
        for left, right, by in struct.iter_unpack(">HHh", raw[start : start + 6 * pairs])
    }
    return Font(dict(_glyphs(raw, at[b"cmap"])), widths, kerns, units)


def _glyphs(raw: bytes, cmap: int) -> Iterator[tuple[int, int]]:
    """(code point, glyph) of the first subtable of format 4."""
    (count,) = struct.unpack_from(">H", raw, cmap + 2)
    starts = (struct.unpack_from(">I", raw, cmap + 8 + 8 * index)[0] for index in range(count))
    table = next(cmap + each for each in starts if raw[cmap + each :][:2] == b"\0\4")
    (double,) = struct.unpack_from(">H", raw, table + 6)
    ends, firsts, deltas, offsets = (
        struct.unpack_from(f">{double // 2}H", raw, table + 14 + part * double + 2 * (part > 0))
        for part in range(4)
    )
    for index, (end, first) in enumerate(zip(ends, firsts, strict=True)):
        for code in range(first, min(end, 0xFFFE) + 1):
            glyph = code
            if offsets[index]:
                place = table + 16 + 3 * double + 2 * index + offsets[index] + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", raw, place)
            if glyph:
                yield code, (glyph + deltas[index]) & 0xFFFF


def is_covered(text: str) -> bool:
    """Whether the font has every character of a text."""
    return all(ord(char) in font().glyphs for char in prepared(text))


def prepared(text: str) -> str:
    """A text as it is set: composed, with ligatures; every kind of space is one."""
    text = "".join(" " if char.isspace() else char for char in normalize("NFC", text))
    for letters, ligature in LIGATURES.items():
        text = text.replace(letters, ligature)
    return text


def places(text: str, size: float) -> list[float]:
    """Where each character of a prepared text begins, and where the last one ends, in pixels."""
    face, x = font(), 0
    found = [0.0]
    glyphs = [face.glyphs[ord(char)] for char in text]
    for index, glyph in enumerate(glyphs):
        x += face.widths[min(glyph, len(face.widths) - 1)]
        x += face.kerns.get((glyph, glyphs[index + 1]), 0) if index + 1 < len(glyphs) else 0
        found.append(x * size / face.units)
    return found


def width(text: str, size: float) -> float:
    """How wide a text is in pixels."""
    return places(prepared(text), size)[-1]


def broken(text: str, size: float, measure: float, hang: float = 0) -> list[str]:
    """The lines of a text, none wider than `measure`; those behind the first have `hang` less."""
    lines: list[str] = []
    words = [part for word in text.split() for part in _parts(word, size, measure - hang)]
    for word in words:
        room = measure - (hang if len(lines) > 1 else 0)
        if lines and width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _parts(word: str, size: float, measure: float) -> Iterator[str]:
    """A word, or what fits of it, and what fits of the rest."""
    while width(word, size) > measure and len(word) > 1:
        fits = next(
            n for n in range(len(word) - 1, 0, -1) if n == 1 or width(word[:n], size) <= measure
        )
        yield word[:fits]
        word = word[fits:]
    yield word


def balanced(text: str, size: float, measure: float) -> list[str]:
    """As few lines as `broken` makes, and as even as they can be."""
    lines = broken(text, size, measure)
    low = max((width(word, size) for word in text.split()), default=0)
    high = measure
    while high - low > 1:
        middle = (low + high) / 2
        if len(broken(text, size, middle)) > len(lines):
            low = middle
        else:
            high = middle
    return broken(text, size, high)


def cut(lines: Sequence[str], most: int) -> list[str]:
    """At most so many lines; what is left out is an ellipsis."""
    if len(lines) <= most:
        return list(lines)
    return [*lines[: most - 1], lines[most - 1].rstrip(" ,;:.–—") + "…"]
