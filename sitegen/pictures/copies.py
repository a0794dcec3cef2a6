"""Which copies of an image a build makes, and what they are called.

Comes in: where an image is published, its size, what `[images]` asks for. Goes out: names and
sizes. Nothing is decoded, so that a page in the preview waits for no picture.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b
from posixpath import splitext

from sitegen.model import Asset, Images, Value

LEAST = 8_000
"""Bytes of a file that is small enough for everybody."""
RASTERS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".avif": "avif"}
"""Formats by suffix; a GIF is an animation, or so small that its copies are larger."""


class Copy(Value, frozen=True, array_like=True):
    """A copy of an image: where it is published, `image/…`, its size in pixels."""

    output: str
    format: str
    width: int
    height: int


class Picture(Value, frozen=True, array_like=True):
    """An image that a page shows: where it is published, its file, its size in pixels and bytes.

    Of its copies one may be the image itself: the widest of its own format.
    """

    output: str
    asset: str
    width: int
    height: int
    size: int
    copies: tuple[Copy, ...] = ()


def plan(
    output: str, asset: Asset, size: tuple[int, int], asked: Images, edition: str
) -> Picture | None:
    """The copies of an image that is published at `output`; None where it is left alone.

    One for each format and width below its own; one of its own width, too, unless it is wider than
    all that is asked for. `edition` stands for the program that makes
    them: what it makes otherwise has another name.
    """
    stem, suffix = splitext(output)
    own = RASTERS.get(suffix.lower())
    if own is None or asset.size < LEAST or not asked.formats:
        return None
    width, height = size
    parts = f"{asset.digest} {edition}"
    mark = blake2b(parts.encode(), digest_size=5).hexdigest()
    copies = []
    for kind in asked.formats:
        widths = sorted({each for each in asked.widths if each < width})
        if width <= max(asked.widths, default=0):
            widths.append(width)
        for each in widths:
            tall = max(1, round(height * each / width))
            itself = kind == own and each == width
            name = output if itself else f"{stem}.{mark}.{each}.{kind}"
            copies.append(Copy(name, kind, each, tall))
    if all(each.output == output for each in copies):
        return None
    return Picture(output, asset.path, width, height, asset.size, tuple(copies))


def worth(picture: Picture, made: Collection[str]) -> list[Copy]:
    """The copies that a page may name: those made (by output), where it may name all of a format.

    Where the widest of a format was not worth a file, none of that format is named: a browser that
    takes it would never show the picture in full.
    """
    found = []
    for kind in dict.fromkeys(each.format for each in picture.copies):
        of_kind = [each for each in picture.copies if each.format == kind]
        kept = [each for each in of_kind if each.output in {*made, picture.output}]
        if of_kind[-1] in kept and any(each.output != picture.output for each in kept):
            found += kept
    return found
