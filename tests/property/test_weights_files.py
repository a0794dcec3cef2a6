"""Files of weights, true or damaged: what was written comes back, or is refused in words."""

from __future__ import annotations

import json
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sitegen.errors import ModelError
from sitegen.transformer.gguf import open_gguf
from sitegen.transformer.quantised import FORMATS
from sitegen.transformer.safetensors import open_safetensors
from tests.models.files import gguf, padded, row, safetensors, text, typed, with_header

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ABSURD = st.sampled_from([-(2**63), -1, 0, 1, 2**31, 2**32, 2**53, 2**60, 2**63 - 1, 2**63])
SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)
DTYPES = st.sampled_from(["<f8", "<f4", "<f2", "<i8", "<i4", "u1"])
LARGEST = 4_000_000  # bytes that reading any of these small files may need


def array(shape: tuple[int, ...], dtype: str, seed: int) -> NDArray[Any]:
    return np.random.default_rng(seed).integers(0, 100, shape).astype(dtype)


ARRAYS = st.dictionaries(
    NAMES.filter(lambda name: name != "__metadata__"),
    st.builds(array, SHAPES, DTYPES, st.integers(0, 9)),
    max_size=5,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights") / "model"


def read_safetensors(path: Path) -> None:
    dict(open_safetensors(path))


def read_gguf(path: Path) -> None:
    found = open_gguf(path)
    for name in found.tensors:
        found.tensor(name)


def refused_or_read(path: Path, raw: bytes, read: Callable[[Path], None]) -> bool:
    """Whether it was read; otherwise it was refused in words. Neither takes much memory."""
    path.write_bytes(raw)
    tracemalloc.start()
    try:
        read(path)
    except ModelError:
        return False
    else:
        return True
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < LARGEST


@given(ARRAYS)
def test_what_was_written_as_safetensors_comes_back(
    path: Path, arrays: dict[str, NDArray[Any]]
) -> None:
    path.write_bytes(safetensors(arrays))
    found = open_safetensors(path)
    assert list(found) == list(arrays)
    for name, expected in arrays.items():
        np.testing.assert_array_equal(found[name], expected, strict=True)


@given(ARRAYS.filter(bool), st.data())
def test_whatever_the_header_says_each_byte_belongs_to_one_array(
    path: Path, arrays: dict[str, NDArray[Any]], data: st.DataObject
) -> None:
    raw = safetensors(arrays)
    length = int.from_bytes(raw[:8], "little")
    header, rest = json.loads(raw[8 : 8 + length]), raw[8 + length :]
    entry = header[data.draw(st.sampled_from(sorted(header)))]
    numbers = entry[data.draw(st.sampled_from(["shape", "data_offsets"]))]
    at = data.draw(st.integers(0, len(numbers)))
    numbers[at : at + 1] = [data.draw(ABSURD | st.integers(0, 100))]
    if refused_or_read(path, with_header(json.dumps(header).encode(), rest), read_safetensors):
        found = open_safetensors(path)
        assert [list(array.shape) for array in found.values()] == [
            each["shape"] for each in header.values()
        ]
        assert sum(array.nbytes for array in found.values()) == len(rest)


JSON = st.recursive(
    st.none() | st.booleans() | ABSURD | st.floats() | NAMES | st.sampled_from(["F32", "BF16"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["dtype", "shape", "data_offsets", "__metadata__"]) | NAMES, inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(NAMES | st.just("__metadata__"), JSON) | JSON, st.binary(max_size=40))
def test_any_json_as_a_header_is_read_or_refused(path: Path, header: Any, rest: bytes) -> None:
    refused_or_read(path, with_header(json.dumps(header).encode(), rest), read_safetensors)


@given(st.binary(max_size=80), st.sampled_from([b"", b"{}".ljust(10, b"\0"), b"\x08" + bytes(7)]))
def test_any_bytes_are_read_or_refused(path: Path, raw: bytes, head: bytes) -> None:
    refused_or_read(path, head + raw, read_safetensors)
    refused_or_read(path, b"GGUF\3\0\0\0" + raw, read_gguf)


SCALARS = st.builds(
    lambda kind, number: np.array(number).astype(kind)[()],
    st.sampled_from(["u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8", "?"]),
    st.integers(0, 127),
)
VALUES = (
    SCALARS
    | NAMES
    | st.lists(NAMES, min_size=1, max_size=4).map(tuple)
    | st.builds(lambda one, count: np.array([one] * count), SCALARS, st.integers(0, 4))
)


def stored(kind: int, rows: int, blocks: int, seed: int) -> tuple[tuple[int, int], int, bytes]:
    """Random bytes as a matrix of this format."""
    format_ = FORMATS[kind]
    size = rows * blocks * format_.dtype.itemsize
    return (rows, blocks * format_.block), kind, np.random.default_rng(seed).bytes(size)


MATRICES = st.builds(
    stored, st.sampled_from(list(FORMATS)), st.integers(1, 3), st.integers(1, 3), st.integers(0, 9)
)
METADATA = st.dictionaries(NAMES.filter(lambda key: key != "general.alignment"), VALUES, max_size=4)


@given(METADATA, st.dictionaries(NAMES, MATRICES, max_size=4), st.sampled_from([1, 8, 32, 64]))
def test_what_was_written_as_gguf_comes_back(
    path: Path, metadata: dict[str, Any], matrices: dict[str, Any], alignment: int
) -> None:
    written = metadata | {"general.alignment": np.uint32(alignment)}
    path.write_bytes(gguf(written, matrices, alignment=alignment))
    found = open_gguf(path)
    assert list(found.metadata) == list(written)
    for key, value in written.items():
        np.testing.assert_array_equal(found.metadata[key], value)
    for name, (shape, kind, raw) in matrices.items():
        whole = found.tensor(name)
        assert whole.shape == shape
        assert found.tensors[name].format is FORMATS[kind]
        assert found.rows(name, [shape[0] - 1]).tobytes() == whole[-1:].tobytes()
        if kind == 0:
            assert whole.tobytes() == raw


@given(METADATA, st.dictionaries(NAMES, MATRICES, max_size=3), st.data())
@settings(max_examples=200)
def test_a_damaged_gguf_is_read_or_refused(
    path: Path, metadata: dict[str, Any], matrices: dict[str, Any], data: st.DataObject
) -> None:
    raw = bytearray(gguf(metadata, matrices))
    at = data.draw(st.integers(0, len(raw) - 1))
    damage = data.draw(st.binary(max_size=12) | ABSURD.map(lambda n: struct.pack("<Q", n % 2**64)))
    raw[at : at + data.draw(st.integers(0, 12))] = damage
    refused_or_read(path, bytes(raw), read_gguf)


@given(
    *[st.lists(ABSURD.map(lambda n: n % 2**64), min_size=1, max_size=4)] * 2,
    st.sampled_from([0, 1, 2, 3, 8, 30, 31, 2**32 - 1]),
)
def test_absurd_shapes_and_offsets_are_refused(
    path: Path, shape: list[int], offsets: list[int], kind: int
) -> None:
    rows = [row(str(at), shape, kind, offset) for at, offset in enumerate(offsets)]
    counts = struct.pack("<IQQ", 3, len(rows), 1) + text("a") + typed("b")
    raw = padded(b"GGUF" + counts + b"".join(rows), 32) + bytes(32)
    read = refused_or_read(path, raw, read_gguf)
    assert not read or (set(shape) == {1} and offsets == [0])
