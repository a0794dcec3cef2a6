"""Weights in the GGUF format: metadata, a table of tensors, and the tensors, mostly quantised.

Comes in: a path. Goes out: a `Gguf`: metadata (the tokenizer is in there) as Python values and
NumPy arrays, and float32 arrays that are dequantised when they are asked for, whole or a few rows:
who goes through a model layer by layer never has more than a layer in memory. All counts, lengths
and offsets are checked against the file before anything is made of them.
Source: `docs/gguf.md` of the `ggml` library, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sitegen.transformer.mapped import (
    NoTensorError,
    byte_count,
    check_tiling,
    padded,
    reading,
    view,
)
from sitegen.transformer.quantised import FORMATS, Format, dequantise

VERSIONS = (2, 3)
MOST = 1 << 20  # entries, tensors, strings of an array: more than the largest models have
MOST_DIMENSIONS, DEEPEST = 4, 4  # of a tensor, of arrays in arrays
NUMBERS = dict(enumerate(("u1", "i1", "<u2", "<i2", "<u4", "<i4", "<f4")))
NUMBERS |= {10: "<u8", 11: "<i8", 12: "<f8"}
BOOL, STRING, ARRAY = 7, 8, 9


class Tensor(msgspec.Struct, frozen=True):
    """A row of the table: the shape of the array (rows first), how it is stored, and where.

    `offset` counts from the end of the table, padded.
    """

    shape: tuple[int, ...]
    format: Format
    offset: int

    @property
    def blocks(self) -> tuple[int, ...]:
        """The shape in blocks: `[rows, blocks of a row]`."""
        return (*self.shape[:-1], self.shape[-1] // self.format.block)

    @property
    def end(self) -> int:
        """Where it ends, as `offset` says where it begins."""
        return self.offset + byte_count(self.blocks, self.format.dtype.itemsize)


class Gguf:
    """A file that is as its table says: `metadata`, `tensors` (what is there), and the arrays.

    Metadata are numbers, bools and strings; an array is a NumPy array of numbers or a tuple.
    """

    def __init__(self, path: Path, memory: mmap.mmap) -> None:
        cursor = _Cursor(memory)
        tensor_count, entry_count = _read_head(cursor)
        metadata: dict[str, Any] = {}
        for _ in range(entry_count):
            key = _unseen(cursor.string(), metadata)
            metadata[key] = _read_value(cursor, cursor.number(4))
        alignment = _alignment(metadata)
        tensors: dict[str, Tensor] = {}
        for _ in range(tensor_count):
            name = _unseen(cursor.string(), tensors)
            tensors[name] = _read_tensor(cursor, name)
        self._path, self._memory, self._begin = path, memory, padded(cursor.at, alignment)
        ranges = {name: (tensor.offset, tensor.end) for name, tensor in tensors.items()}
        check_tiling(ranges, len(memory) - self._begin, alignment)
        self.metadata: Mapping[str, Any] = metadata
        self.tensors: Mapping[str, Tensor] = tensors

    def tensor(self, name: str) -> NDArray[np.float32]:
        """The whole tensor. F32 is a read-only view of the file, all else is made anew."""
        tensor = self._find(name)
        return dequantise(self._blocks(tensor), tensor.format)

    def rows(self, name: str, indices: ArrayLike) -> NDArray[np.float32]:
        """Rows `[n, d]` of a matrix by their numbers `[n]`; nothing else is dequantised.

        IndexError for a number that is no row.
        """
        tensor, wanted = self._find(name), np.asarray(indices, dtype=np.intp)
        if wanted.size and wanted.min() < 0:
            raise IndexError(f"row {wanted.min()} of {name}")
        return dequantise(self._blocks(tensor)[wanted], tensor.format)

    def _find(self, name: str) -> Tensor:
        if name not in self.tensors:
            raise NoTensorError(f"{self._path} has no tensor {name!r:.80}")
        return self.tensors[name]

    def _blocks(self, tensor: Tensor) -> NDArray[Any]:
        offset = self._begin + tensor.offset
        return view(self._memory, tensor.format.dtype, tensor.blocks, offset)


def open_gguf(path: Path) -> Gguf:
    """The file at this path. `ModelError` if it cannot be read or is not as the format says."""
    with reading(path, "GGUF") as memory:
        return Gguf(path, memory)


def _read_head(cursor: _Cursor) -> tuple[int, int]:
    """How many tensors and how many entries of metadata there are."""
    if cursor.take(4) != b"GGUF":
        raise ValueError('it does not begin with "GGUF"')
    version = cursor.number(4)
    if version not in VERSIONS:
        raise ValueError(f"it is of version {version}; 2 and 3 are known, little-endian")
    return cursor.count(), cursor.count()


def _unseen(name: str, seen: Mapping[str, Any]) -> str:
    if name in seen:
        raise ValueError(f"{name!r:.80} is there twice")
    return name


def _read_value(cursor: _Cursor, kind: int, depth: int = 0) -> Any:
    if kind == STRING:
        return cursor.string()
    if kind == ARRAY:
        return _read_array(cursor, depth)
    return cursor.numbers(kind, 1)[0].item()


def _read_array(cursor: _Cursor, depth: int) -> tuple[Any, ...] | NDArray[Any]:
    kind = cursor.number(4)
    if kind == STRING:
        return cursor.strings(cursor.count())
    if kind != ARRAY:
        return cursor.numbers(kind, cursor.number(8))
    if depth == DEEPEST:
        raise ValueError("there are arrays in arrays in arrays in arrays")
    return tuple([_read_array(cursor, depth + 1) for _ in range(cursor.count())])


def _alignment(metadata: Mapping[str, Any]) -> int:
    alignment = metadata.get("general.alignment", 32)
    if type(alignment) is not int or alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"an alignment of {alignment!r:.40}")
    return alignment


def _read_tensor(cursor: _Cursor, name: str) -> Tensor:
    dimensions = cursor.number(4)
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise ValueError(f"tensor {name!r:.80} has {dimensions} dimensions")
    shape = tuple(cursor.number(8) for _ in range(dimensions))[::-1]  # in the file, columns first
    kind = cursor.number(4)
    if kind not in FORMATS:
        known = ", ".join(each.name for each in FORMATS.values())
        raise ValueError(f"tensor {name!r:.80} is of the unknown type {kind}; known: {known}")
    if 0 in shape or shape[-1] % FORMATS[kind].block:
        raise ValueError(f"tensor {name!r:.80} of shape {shape} cannot be {FORMATS[kind].name}")
    return Tensor(shape, FORMATS[kind], cursor.number(8))


class _Cursor:
    """A place in the file that only moves forward, and never past the end."""

    def __init__(self, memory: mmap.mmap) -> None:
        self.memory, self.at, self.end = memory, 0, len(memory)

    def take(self, size: int) -> bytes:
        return self.memory[self._move(size) : self.at]

    def number(self, size: int) -> int:
        """An unsigned number of so many bytes."""
        return int.from_bytes(self.take(size), "little")

    def count(self) -> int:
        """How many things follow that are each read by themselves."""
        if (count := self.number(8)) > MOST:
            raise ValueError(f"{count} entries are announced at byte {self.at}")
        return count

    def string(self) -> str:
        return self.strings(1)[0]

    def strings(self, count: int) -> tuple[str, ...]:
        """Strings one behind the other: 100,000 in a vocabulary, so nothing is called for each."""
        memory, at, end, integer = self.memory, self.at, self.end, int.from_bytes
        found = []
        for _ in range(count):
            begin = at + 8
            at = begin + integer(memory[at:begin], "little")
            if at > end:
                raise ValueError(f"a string up to byte {at} of {end}")
            found.append(memory[begin:at].decode("utf-8"))
        self.at = at
        return tuple(found)

    def numbers(self, kind: int, count: int) -> NDArray[Any]:
        """Numbers, or bools, that lie side by side."""
        if kind != BOOL and kind not in NUMBERS:
            raise ValueError(f"a value of the unknown type {kind} at byte {self.at}")
        dtype = np.dtype(NUMBERS.get(kind, "u1"))
        array = view(self.memory, dtype, (count,), self._move(count * dtype.itemsize))
        return array != 0 if kind == BOOL else array

    def _move(self, size: int) -> int:
        """Where the next so many bytes begin."""
        begin = self.at
        if size > self.end - begin:
            raise ValueError(f"{size} bytes are announced at byte {begin} of {self.end}")
        self.at += size
        return begin
