"""Random numbers that never change: normal deviates from a hash, for toy examples.

Comes in: a seed, a name and a shape. Goes out: float64 arrays that are the same on every machine
and with every NumPy version, which NumPy's own generators don't promise.
"""

from __future__ import annotations

from hashlib import sha256
from math import prod

import numpy as np

from sitegen.attention.core import Array

PER_HASH = 4  # a SHA-256 is four 64-bit integers


def normals(seed: int, name: str, *shape: int) -> Array:
    """Independent N(0, 1) numbers of the given shape, the first ones first in memory.

    u = (top 52 bits + ½) / 2⁵² of SHA-256("seed/name/index"), four to a hash; each pair gives two
    numbers, z = √(-2 ln u₁) · (cos 2πu₂, sin 2πu₂) (Box & Muller 1958). They are rounded to nine
    decimals, since the last bits of ln, cos and sin differ between mathematical libraries.
    """
    size = prod(shape)
    start = f"{seed}/{name}/".encode()
    hashes = [sha256(b"%b%d" % (start, i)).digest() for i in range(-(-size // PER_HASH))]
    words = np.frombuffer(b"".join(hashes), dtype=">u8").astype(np.uint64)
    uniform = ((words >> np.uint64(12)) + 0.5) / 2.0**52
    radius, angle = np.sqrt(-2.0 * np.log(uniform[::2])), 2.0 * np.pi * uniform[1::2]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)  # [size / 2, 2]
    return np.round(pairs.reshape(-1)[:size].reshape(shape), 9)
