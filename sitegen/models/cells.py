"""The numbers of a reading: whole ones, so coarse that they are the same on every machine.

Comes in: what a model computed. Goes out: the bytes that a `Reading` carries; and from those the
numbers again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sitegen.attention.core import Array
from sitegen.model import Reading

CELL = "<i4"


def pack_cells(values: Array) -> bytes:
    """The cells of whole numbers, row by row."""
    return values.astype(CELL).tobytes()


def cells_of(reading: Reading) -> NDArray[np.int64]:
    """The cells of a reading, in its shape."""
    return np.frombuffer(reading.cells, CELL).astype(np.int64).reshape(reading.shape)
