"""Weights in the safetensors format: a length, a JSON header, the tensors one behind the other.

Comes in: a path. Goes out: `Tensors`, arrays by name, read from the mapped file when asked for.
The whole header is checked at once: its length, types and shapes, no name twice, no tensor outside
of the file, on another one or with a hole before it (the format allows none). Nothing is executed.
Source: the description of the format in the `safetensors` package, version 0.8.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from sitegen.transformer.mapped import NoTensorError, byte_count, check_tiling, reading, view

LARGEST_HEADER = 10_000_000  # bytes; the format allows ten times as much, models need some 10,000
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
DTYPES |= {"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1"}
DTYPES |= {"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"}
Count = Annotated[int, msgspec.Meta(ge=0)]


class Tensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the header says of a tensor; offsets count from the end of the header."""

    dtype: str
    shape: Annotated[tuple[Count, ...], msgspec.Meta(max_length=8)]
    data_offsets: tuple[Count, Count]


class Tensors(Mapping[str, NDArray[Any]]):
    """The arrays of a file by name, in the order of its header.

    An array is a read-only view of the file; BF16, which NumPy lacks, is converted to float32
    each time that it is asked for. A name that is not there is a `NoTensorError`.
    """

    def __init__(
        self, path: Path, memory: mmap.mmap, begin: int, header: dict[str, Tensor]
    ) -> None:
        self._path, self._memory, self._begin, self._header = path, memory, begin, header

    def __getitem__(self, name: str) -> NDArray[Any]:
        tensor = self._header.get(name)
        if tensor is None:
            raise NoTensorError(f"{self._path} has no tensor {name!r:.80}")
        offset = self._begin + tensor.data_offsets[0]
        array = view(self._memory, np.dtype(DTYPES[tensor.dtype]), tensor.shape, offset)
        if tensor.dtype == "BF16":
            return (array.astype(np.uint32) << 16).view(np.float32)
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._header)

    def __len__(self) -> int:
        return len(self._header)


def open_safetensors(path: Path) -> Tensors:
    """The tensors of a file. `ModelError` if it cannot be read or is not as the format says."""
    with reading(path, "safetensors") as memory:
        begin, header = _read_header(memory)
        for name, tensor in header.items():
            _check(name, tensor)
        ranges = {name: tensor.data_offsets for name, tensor in header.items()}
        check_tiling(ranges, len(memory) - begin)
        return Tensors(path, memory, begin, header)


def _read_header(memory: mmap.mmap) -> tuple[int, dict[str, Tensor]]:
    """Where the tensors begin, and what they are."""
    length = int.from_bytes(memory[:8], "little")
    if length > min(LARGEST_HEADER, len(memory) - 8):
        raise ValueError(f"a header of {length} bytes in a file of {len(memory)}")
    text = memory[8 : 8 + length].decode("utf-8")
    if not text.startswith("{"):
        raise ValueError("its header is no JSON object")
    header = json.loads(text, object_pairs_hook=_once)
    msgspec.convert(header.pop("__metadata__", {}), dict[str, str])
    return 8 + length, msgspec.convert(header, dict[str, Tensor])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; with a name twice it would mean another thing to another reader."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is twice in its header")
    return found


def _check(name: str, tensor: Tensor) -> None:
    if tensor.dtype not in DTYPES:
        raise ValueError(f"tensor {name!r:.80} is of the unknown type {tensor.dtype!r:.20}")
    start, stop = tensor.data_offsets
    size = byte_count(tensor.shape, np.dtype(DTYPES[tensor.dtype]).itemsize)
    if stop - start != size:
        raise ValueError(f"tensor {name!r:.80} has {stop - start} bytes instead of {size}")
