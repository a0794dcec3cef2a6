"""Writers of small files of weights, as the descriptions of the formats say; they check nothing."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TYPES = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "u1": "U8", "u2": "U16"}

KINDS = {"u1": 0, "i1": 1, "u2": 2, "i2": 3, "u4": 4, "i4": 5, "f4": 6, "b1": 7, "u8": 10}
KINDS |= {"i8": 11, "f8": 12}


def safetensors(tensors: Mapping[str, NDArray[Any]], **header: Any) -> bytes:
    """A file with these arrays; `header` adds to what is said of them, or says it otherwise."""
    said: dict[str, Any] = {}
    end = 0
    for name, array in tensors.items():
        offsets = [end, end := end + array.nbytes]
        dtype = TYPES[array.dtype.str[1:]]
        said[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
    return with_header(
        json.dumps(said | header).encode(), *(array.tobytes() for array in tensors.values())
    )


def with_header(header: bytes, *tensors: bytes) -> bytes:
    """A safetensors file with this header, be it what it may."""
    return struct.pack("<Q", len(header)) + header + b"".join(tensors)


def text(value: str | bytes) -> bytes:
    """A string of GGUF."""
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def typed(value: Any) -> bytes:
    """A value of GGUF with its type before it: string, tuple, NumPy number or NumPy array."""
    if isinstance(value, str):
        return struct.pack("<I", 8) + text(value)
    if isinstance(value, tuple):
        rows = [typed(each) for each in value]
        kind = struct.unpack("<I", rows[0][:4])[0]
        return struct.pack("<IIQ", 9, kind, len(rows)) + b"".join(row[4:] for row in rows)
    kind = KINDS[value.dtype.str[1:]]
    if isinstance(value, np.ndarray):
        return struct.pack("<IIQ", 9, kind, len(value)) + value.tobytes()
    return struct.pack("<I", kind) + bytes(value.tobytes())


def row(name: str, columns_first: Sequence[int], kind: int, offset: int) -> bytes:
    """A row of the table of tensors."""
    sizes = struct.pack(f"<I{len(columns_first)}Q", len(columns_first), *columns_first)
    return text(name) + sizes + struct.pack("<IQ", kind, offset)


def gguf(
    metadata: Mapping[str, Any],
    tensors: Mapping[str, tuple[Sequence[int], int, bytes]],
    *,
    alignment: int = 32,
    version: int = 3,
) -> bytes:
    """A file with this metadata and these tensors: shape (rows first), type, bytes."""
    entries = b"".join(text(key) + typed(value) for key, value in metadata.items())
    table, stored = b"", b""
    for name, (shape, kind, raw) in tensors.items():
        table += row(name, shape[::-1], kind, len(stored))
        stored += padded(raw, alignment)
    counts = struct.pack("<IQQ", version, len(tensors), len(metadata))
    return padded(b"GGUF" + counts + entries + table, alignment) + stored


def padded(raw: bytes, alignment: int) -> bytes:
    """With zeros up to the next multiple of the alignment."""
    return raw + bytes(-len(raw) % alignment)
