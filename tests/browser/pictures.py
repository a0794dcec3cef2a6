"""Screenshots as arrays: a reader of PNG files as browsers write them (8 bits, no interlacing)."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
CHANNELS = {2: 3, 6: 4}


def read_picture(encoded: str) -> Pixels:
    """The colours of a PNG in base64, `[height, width, 3]`."""
    data, place, parts = base64.b64decode(encoded), 8, []
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert (depth, interlaced) == (8, 0)
        if kind == b"IDAT":
            parts.append(body)
        place += length + 12
    channels = CHANNELS[colour]
    rows = np.frombuffer(zlib.decompress(b"".join(parts)), np.uint8).reshape(height, -1)
    return _unfiltered(rows, width, channels)[..., :3]


def _unfiltered(rows: Pixels, width: int, channels: int) -> Pixels:
    """Undo the filter of each row (PNG, section 9)."""
    out = np.zeros((len(rows) + 1, width + 1, channels), np.int64)
    for y, row in enumerate(rows, 1):
        given = row[1:].reshape(width, channels).astype(np.int64)
        match int(row[0]):
            case 0:
                out[y, 1:] = given
            case 1:
                out[y, 1:] = np.cumsum(given, axis=0) % 256
            case 2:
                out[y, 1:] = (given + out[y - 1, 1:]) % 256
            case kind:
                for x in range(1, width + 1):
                    left, up, corner = out[y, x - 1], out[y - 1, x], out[y - 1, x - 1]
                    guess = (left + up) // 2 if kind == 3 else _paeth(left, up, corner)
                    out[y, x] = (given[x - 1] + guess) % 256
    return out[1:, 1:].astype(np.uint8)


def _paeth(
    left: NDArray[np.int64], up: NDArray[np.int64], corner: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Whichever of the three is nearest to left + up - corner, the first of equal ones."""
    near = [abs(left + up - corner - each) for each in (left, up, corner)]
    first = (near[0] <= near[1]) & (near[0] <= near[2])
    return np.where(first, left, np.where(near[1] <= near[2], up, corner))


def cells(picture: Pixels, rows: int, columns: int) -> NDArray[np.float64]:
    """The colour in the middle of each cell of a grid that fills the picture."""
    height, width, _ = picture.shape
    y = ((np.arange(rows) + 0.5) * height / rows).astype(int)
    x = ((np.arange(columns) + 0.5) * width / columns).astype(int)
    return picture[np.ix_(y, x)].astype(np.float64)


def levels_seen(colours: NDArray[np.float64], paper: Pixels, ink: Pixels) -> NDArray[np.float64]:
    """How far each colour `[..., 3]` is on the way from the paper to full ink, from 0 to 15."""
    way = ink.astype(np.float64) - paper
    return 15 * ((colours - paper) @ way) / (way @ way)
