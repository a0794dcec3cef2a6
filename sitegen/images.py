"""The size of an image in pixels, from the header of its file.

Comes in: the place of a file on this disk. Goes out: (width, height) as a browser shows it, or
None: for what is no image, is damaged, or hides its size too far from its beginning. At most
`MOST_READ` bytes and `MOST_PARTS` parts of a file are looked at, so that no file can be too large.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

Size = tuple[int, int]
MOST_READ = 1 << 16
MOST_PARTS = 1000
LARGEST = 1 << 31


def image_size(file: str) -> Size | None:
    """Width and height in pixels of PNG, JPEG, GIF, WebP, AVIF, HEIF and SVG; else None."""
    try:
        with Path(file).open("rb") as stream:
            size = _measure(stream)
    except (OSError, ValueError, OverflowError, struct.error):
        return None
    return size if size and min(size) > 0 and max(size) < LARGEST else None


def _measure(stream: BinaryIO) -> Size | None:
    head = stream.read(MOST_READ)
    if head[4:8] == b"ftyp":
        return _heif(head)
    if head.startswith(b"\xff\xd8"):
        return _jpeg(stream)
    for mark, measure in READERS.items():
        if head.startswith(mark):
            return measure(head)
    return _svg(head)


def _png(head: bytes) -> Size:
    """From the first chunk; a chunk of EXIF before the pixels may turn it."""
    width, height = struct.unpack_from(">II", head, 16)
    start = 33
    for _ in range(MOST_PARTS):
        if start + 8 > len(head):
            break
        length, name = struct.unpack_from(">I4s", head, start)
        if name == b"eXIf" and _orientation(head[start + 8 :][:length]) >= SIDEWAYS:
            return height, width
        if name == b"IDAT":
            break
        start += 12 + length
    return width, height


def _gif(head: bytes) -> Size:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _webp(head: bytes) -> Size | None:
    """Three kinds: lossy, lossless, extended; each keeps its size in its own bits."""
    if head[8:16] == b"WEBPVP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    if head[8:16] == b"WEBPVP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if head[8:16] == b"WEBPVP8X" and len(head) >= 30:  # noqa: PLR2004 - the size ends there
        return (
            int.from_bytes(head[24:27], "little") + 1,
            int.from_bytes(head[27:30], "little") + 1,
        )
    return None


READERS: Mapping[bytes, Callable[[bytes], Size | None]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
    b"RIFF": _webp,
}


# --- JPEG ------------------------------------------------------------------------------------

FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
SCAN = frozenset([0xDA, 0xD9])
EXIF = 0xE1
ORIENTATION = 0x0112
SIDEWAYS = 5
"""EXIF orientations from here on turn the image by a quarter, and browsers follow them."""


def _jpeg(stream: BinaryIO) -> Size | None:
    """Segment by segment, seeking over what is large (thumbnails, colour profiles)."""
    stream.seek(2)
    turned = False
    for _ in range(MOST_PARTS):
        mark, code = stream.read(1), stream.read(1)
        if code == b"\xff":  # a byte of filling before the code
            stream.seek(-1, 1)
            continue
        if mark != b"\xff" or not code or code[0] in SCAN:
            return None
        (length,) = struct.unpack(">H", stream.read(2))
        if length < 2:  # noqa: PLR2004 - the length counts itself
            return None
        following = stream.tell() + length - 2
        if code[0] in FRAMES:
            _, height, width = struct.unpack(">BHH", stream.read(5))
            return (height, width) if turned else (width, height)
        if code[0] == EXIF:
            part = stream.read(length - 2)
            exif = part.startswith(b"Exif\0\0")
            turned = turned or (exif and _orientation(part[6:]) >= SIDEWAYS)
        stream.seek(following)
    return None


def _orientation(tiff: bytes) -> int:
    """1 (upright) to 8, of EXIF; 1 if it is damaged."""
    order = "<" if tiff.startswith(b"II") else ">"
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for index in range(count):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * index)
            if tag == ORIENTATION:
                return int(value) if 1 <= value <= 8 else 1  # noqa: PLR2004 - as EXIF counts
    except struct.error:
        pass
    return 1


# --- AVIF and HEIF ---------------------------------------------------------------------------


def _heif(head: bytes) -> Size | None:
    """The largest `ispe` (a grid has one for each tile too); a quarter turn swaps its sides."""
    boxes = dict(_boxes(head, 0, len(head)))
    if b"meta" not in boxes:
        return None
    start, end = boxes[b"meta"]
    for name in (b"iprp", b"ipco"):
        inner = dict(_boxes(head, start + 4 if name == b"iprp" else start, end))
        if name not in inner:
            return None
        start, end = inner[name]
    properties = list(_boxes(head, start, end))
    sizes = [
        struct.unpack_from(">II", head, at + 4) for name, (at, _) in properties if name == b"ispe"
    ]
    turned = any(head[at] & 1 for name, (at, _) in properties if name == b"irot")
    if not sizes:
        return None
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return (height, width) if turned else (width, height)


def _boxes(head: bytes, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Name, beginning and end of the content of each ISO box between two offsets."""
    while start + 8 <= min(end, len(head)):
        length, name = struct.unpack_from(">I4s", head, start)
        if length < 8:  # noqa: PLR2004 - a box holds at least its own head
            return
        yield name, (start + 8, min(start + length, end))
        start += length


# --- SVG -------------------------------------------------------------------------------------

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
ROOT = re.compile(r"<(?:\w+:)?svg\s")
ATTRIBUTES = re.compile(r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*+>")
UNITS = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4}
LENGTH = re.compile(r"\s*\+?(\d{0,9}\.?\d{1,9}|\d{1,9}\.)(px|pt|pc|in|cm|mm)?\s*")


def _svg(head: bytes) -> Size | None:
    """From `width` and `height`, with the `viewBox` for what is missing or relative."""
    text = COMMENT.sub("", head.decode("utf-8", "replace"))
    root = ROOT.search(text)
    written = ATTRIBUTES.match(text, root.end()) if root else None
    if written is None:
        return None
    width, height = _length(written[0], "width"), _length(written[0], "height")
    box = _attribute(written[0], "viewBox").replace(",", " ").split()
    if len(box) == 4:  # noqa: PLR2004 - left, top, width, height
        across, down = float(box[2]), float(box[3])
        if min(across, down) > 0:
            width, height = (
                width or (height * across / down if height else across),
                height or (width * down / across if width else down),
            )
    return (round(width), round(height)) if width and height else None


def _length(attributes: str, name: str) -> float | None:
    found = LENGTH.fullmatch(_attribute(attributes, name))
    return float(found[1]) * UNITS[found[2] or ""] if found else None


def _attribute(attributes: str, name: str) -> str:
    found = re.search(rf"(?:^|\s){name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", attributes)
    return (found[1] or found[2] or "") if found else ""
