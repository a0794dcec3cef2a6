"""Reading GGUF: metadata and weights come back as written; what is not whole is refused."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sitegen.errors import ModelError
from sitegen.transformer.gguf import Gguf, open_gguf
from sitegen.transformer.quantised import FORMATS
from tests.models.files import gguf, padded, row, text, typed

GOLDEN = json.loads((Path(__file__).parents[1] / "models/quantised.json").read_text())

METADATA: dict[str, Any] = {
    "general.name": "Ωμέγα",
    "empty": "",
    "tokens": ("a", "Ġb", ""),
    "nested": (("a",), ("b", "c")),
    "deep": ((np.array([1, 2], "u1"), np.array([3], "u1")),),
    "yes": np.bool_(True),
    "bools": np.array([True, False]),
    **{f"one {kind}": np.array(7, kind)[()] for kind in ("u1", "<u2", "<u4", "<u8", "<f4", "<f8")},
    **{f"less {kind}": np.array(-7, kind)[()] for kind in ("i1", "<i2", "<i4", "<i8")},
    **{f"many {kind}": np.arange(5, dtype=kind) for kind in ("u1", "<i4", "<f8")},
}
MATRIX = np.arange(6, dtype="<f4").reshape(2, 3)
TENSORS = {
    "matrix": ((2, 3), 0, MATRIX.tobytes()),
    "half": ((4,), 1, np.arange(4, dtype="<f2").tobytes()),
    "cube": ((2, 1, 3), 0, MATRIX.tobytes()),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf"


def opened(path: Path, raw: bytes) -> Gguf:
    path.write_bytes(raw)
    return open_gguf(path)


def refused(path: Path, raw: bytes) -> str:
    with pytest.raises(ModelError) as caught:
        opened(path, raw)
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("version", [2, 3])
def test_metadata_come_back_as_they_were_written(path: Path, version: int) -> None:
    found = opened(path, gguf(METADATA, {}, version=version)).metadata
    assert list(found) == list(METADATA)
    for key, value in METADATA.items():
        match value:
            case np.ndarray():
                np.testing.assert_array_equal(found[key], value, strict=True)
            case np.generic():
                assert type(found[key]) is type(value.item())
                assert found[key] == value
            case _ if key != "deep":
                assert found[key] == value
    assert [array.tolist() for array in found["deep"][0]] == [[1, 2], [3]]


@pytest.mark.parametrize("alignment", [1, 8, 32, 256])
def test_tensors_come_back_rows_first(path: Path, alignment: int) -> None:
    metadata = {"general.alignment": np.uint32(alignment)}
    found = opened(path, gguf(metadata, TENSORS, alignment=alignment))
    assert list(found.tensors) == list(TENSORS)
    np.testing.assert_array_equal(found.tensor("matrix"), MATRIX, strict=True)
    np.testing.assert_array_equal(found.tensor("cube"), MATRIX[:, None], strict=True)
    np.testing.assert_array_equal(found.tensor("half"), np.arange(4, dtype=np.float32), strict=True)


def test_without_a_word_on_alignment_it_is_32(path: Path) -> None:
    np.testing.assert_array_equal(opened(path, gguf({}, TENSORS)).tensor("matrix"), MATRIX)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda each: FORMATS[each["type"]].name)
def test_weights_are_what_the_gguf_package_makes_of_them(path: Path, golden: Any) -> None:
    raw, weights = bytes.fromhex(golden["blocks"]), bytes.fromhex(golden["weights"])
    shape = (12, len(weights) // 48)
    found = opened(path, gguf({}, {"a": (shape, golden["type"], raw)}))
    assert found.tensor("a").shape == shape
    assert found.tensor("a").tobytes() == weights
    size = len(weights) // 12
    rows = found.rows("a", [3, 0, 3, 11])
    assert rows.dtype == np.float32
    assert rows.tobytes() == b"".join(weights[i * size :][:size] for i in (3, 0, 3, 11))


def test_every_format_has_golden_weights() -> None:
    assert [each["type"] for each in GOLDEN] == list(FORMATS)


def test_a_row_is_as_many_blocks_as_it_is_long(path: Path) -> None:
    blocks = np.zeros((3, 2), FORMATS[8].dtype)
    blocks["d"], blocks["q"] = 1, np.arange(6).reshape(3, 2, 1)
    found = opened(path, gguf({}, {"a": ((3, 64), 8, blocks.tobytes())}))
    assert found.tensor("a").tolist() == [
        [0] * 32 + [1] * 32,
        [2] * 32 + [3] * 32,
        [4] * 32 + [5] * 32,
    ]
    assert found.rows("a", [1]).tolist() == [[2] * 32 + [3] * 32]
    assert found.rows("a", []).shape == (0, 64)
    assert found.rows("a", [[0, 1], [2, 0]]).shape == (2, 2, 64)


def test_a_number_that_is_no_row_is_refused(path: Path) -> None:
    found = opened(path, gguf({}, TENSORS))
    for number in (-1, 2):
        with pytest.raises(IndexError):
            found.rows("matrix", [0, number])


def test_a_missing_name_is_a_mistake_in_words(path: Path) -> None:
    found = opened(path, gguf({}, TENSORS))
    for read in (found.tensor, lambda name: found.rows(name, [0])):
        with pytest.raises(ModelError, match="has no tensor 'matrices'"):
            read("matrices")
        with pytest.raises(KeyError):
            read("matrices")


HEAD = b"GGUF" + struct.pack("<I", 3)


def said(tensors: int, entries: int, rest: bytes = b"") -> bytes:
    return HEAD + struct.pack("<QQ", tensors, entries) + rest


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"GGML" + bytes(40), 'does not begin with "GGUF"'),
        (b"GGUF" + struct.pack("<I", 1) + bytes(40), "version 1;"),
        (b"GGUF" + struct.pack(">I", 3) + bytes(40), "version 50331648;"),
        (said(2**60, 0), f"{2**60} entries are announced"),
        (said(0, 2**60), f"{2**60} entries are announced"),
        (said(1 << 20, 0), "a string up to byte"),
        (said(0, 1, struct.pack("<Q", 2**63)), "a string up to byte"),
        (said(0, 1, struct.pack("<Q", 2**64 - 1) + bytes(40)), "a string up to byte"),
        (said(0, 1, text(b"\xff") + typed("a")), "can't decode byte 0xff"),
        (said(0, 1, text("a") + struct.pack("<II", 13, 0)), "unknown type 13"),
        (said(0, 1, text("a") + struct.pack("<IIQ", 9, 13, 0)), "unknown type 13"),
        (said(0, 1, text("a") + struct.pack("<IIQ", 9, 12, 2**61)), "bytes are announced"),
        (said(0, 1, text("a") + struct.pack("<IIQ", 9, 8, 2**40)), "entries are announced"),
        (said(0, 1, text("a") + struct.pack("<IIQ", 9, 9, 2**40)), "entries are announced"),
        (said(0, 1, text("a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 9), "arrays in"),
        (said(0, 2, (text("a") + typed("b")) * 2), "'a' is there twice"),
        (said(2, 0, row("a", [1], 0, 0) + row("a", [1], 0, 32)), "'a' is there twice"),
        (said(1, 0, row("a", [], 0, 0)), "has 0 dimensions"),
        (said(1, 0, row("a", [1] * 5, 0, 0)), "has 5 dimensions"),
        (said(1, 0, row("a", [0], 0, 0)), "of shape (0,) cannot be F32"),
        (said(1, 0, row("a", [33, 32], 8, 0)), "of shape (32, 33) cannot be Q8_0"),
        (said(1, 0, row("a", [256], 14, 0)), "unknown type 14; known: F32, F16, Q4_0"),
        (said(1, 0, row("a", [2**63, 2**63], 0, 0)), "cannot be"),
        (said(1, 0, row("a", [2**40], 0, 0)), "need 4398046511104 bytes"),
        (said(1, 0, row("a", [1], 0, 2**63)), "begins at 9223372036854775808 instead of 0"),
    ],
)
def test_what_is_announced_must_be_so(path: Path, raw: bytes, expected: str) -> None:
    assert expected in refused(path, raw)


@pytest.mark.parametrize(
    "alignment", [np.uint32(0), np.uint32(24), np.int32(-32), "32", np.bool_(1)]
)
def test_an_alignment_is_a_power_of_two(path: Path, alignment: Any) -> None:
    assert "an alignment of" in refused(path, gguf({"general.alignment": alignment}, {}))


def test_no_byte_belongs_to_two_tensors_or_to_none(path: Path) -> None:
    for offset, expected in ((0, 32), (16, 32), (64, 32), (4, 32)):
        table = row("a", [4], 0, 0) + row("b", [4], 0, offset)
        message = refused(path, padded(said(2, 0, table), 32) + bytes(128))
        assert f"'b' begins at {offset} instead of {expected}" in message
    table = row("b", [4], 0, 32) + row("a", [4], 0, 0)  # the order of the table is free
    assert opened(path, padded(said(2, 0, table), 32) + bytes(64)).tensor("b").shape == (4,)


def test_every_beginning_of_a_file_is_refused(path: Path) -> None:
    raw = gguf({"a": "b", "c": ("d", "e")}, TENSORS)
    padding = 32 - MATRIX.nbytes % 32  # behind the last tensor, and nobody's
    for end in range(len(raw) - padding):
        refused(path, raw[:end])
    for end in range(len(raw) - padding, len(raw) + 1):
        assert opened(path, raw[:end]).tensor("cube").size == 6
    assert "bytes, it has" in refused(path, raw + bytes(32))


def test_what_is_no_file_is_refused_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, expected in {"fifo": "no file", "": "no file", "x": "No such file"}.items():
        with pytest.raises(ModelError, match=expected):
            open_gguf(tmp_path / name)
