"""Pictures of a page as arrays, and the shades of their cells."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def read_picture(shot: Mapping[str, Any]) -> Pixels:
    """The colours of what `drive.mjs` made a picture of, `[height, width, 3]`."""
    flat = np.frombuffer(base64.b64decode(shot["pixels"]), np.uint8)
    return flat.reshape(shot["height"], shot["width"], shot["channels"])[..., :3]


def cells(picture: Pixels, rows: int, columns: int) -> NDArray[np.float64]:
    """The colours of each cell of a grid that fills the picture, `[rows, columns, 9, 3]`.

    Nine places of each, so that a cell that is not of one colour is seen.
    """
    height, width, _ = picture.shape
    inside = np.array([0.3, 0.5, 0.7])
    y = ((np.arange(rows)[:, None] + inside) * height / rows).astype(int)
    x = ((np.arange(columns)[:, None] + inside) * width / columns).astype(int)
    found = picture[y[:, None, :, None], x[None, :, None, :]].astype(np.float64)
    nine: NDArray[np.float64] = found.reshape(rows, columns, -1, 3)
    return nine


def levels_seen(colours: NDArray[np.float64], paper: Pixels, ink: Pixels) -> NDArray[np.float64]:
    """How far each colour `[..., 3]` is on the way from the paper to full ink, from 0 to 15."""
    way = ink.astype(np.float64) - paper
    return 15 * ((colours - paper) @ way) / (way @ way)
