"""A file of weights as read-only memory, and the checks that both formats share.

Comes in: a path. Goes out: the mapped file, arrays that are views of it, and, for whatever is not
as its format says, a `ModelError` that names the file. The readers themselves raise `ValueError`
with what they found; `reading` puts it into words.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sitegen.errors import ModelError

AGAIN = "bring the model again: sitegen models get"
LARGEST_ARRAY = 1 << 62  # bytes, as if no dimension were 0: NumPy refuses more


class NoTensorError(ModelError, KeyError):
    """A tensor that the file does not have; a `KeyError`, as of any mapping."""


@contextmanager
def reading(path: Path, form: str) -> Iterator[mmap.mmap]:
    """The bytes of a file in memory, mapped; every mistake in them becomes a `ModelError`."""
    try:
        yield _map(path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}", hint=AGAIN) from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not a whole {form} file: {error}", hint=AGAIN) from None


def _map(path: Path) -> mmap.mmap:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO must not block
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no file")
        if status.st_size == 0:
            raise ValueError("it is empty")
        return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(handle)


def view(
    memory: mmap.mmap, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int
) -> NDArray[Any]:
    """The array that lies at an offset: read-only, nothing is copied unless it is unaligned."""
    array = np.frombuffer(memory, dtype, prod(shape), offset).reshape(shape)
    return array if array.flags.aligned else array.copy()


def byte_count(shape: tuple[int, ...], itemsize: int) -> int:
    """How long an array of this shape is; ValueError where no machine can hold it."""
    if prod(max(size, 1) for size in shape) * itemsize > LARGEST_ARRAY:
        raise ValueError(f"a tensor of shape {shape} cannot be")
    return prod(shape) * itemsize


def check_tiling(ranges: Mapping[str, tuple[int, int]], size: int, alignment: int = 1) -> None:
    """ValueError unless the tensors fill `size` bytes: no overlap, and no hole but padding."""
    end = 0
    for name, (start, stop) in sorted(ranges.items(), key=lambda each: each[1]):
        expected = padded(end, alignment)
        if start != expected:
            raise ValueError(f"tensor {name!r:.80} begins at {start} instead of {expected}")
        end = stop
    if not end <= size < end + alignment:
        raise ValueError(f"its tensors need {end} bytes, it has {size}")


def padded(end: int, alignment: int) -> int:
    """The first multiple of the alignment that is not before the end."""
    return -(-end // alignment) * alignment
