"""Reading safetensors: arrays come back as they were written; what is not whole is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sitegen.errors import ModelError
from sitegen.transformer.safetensors import open_safetensors
from tests.models.files import safetensors, with_header

ARRAYS: dict[str, NDArray[Any]] = {
    "weights": np.arange(6, dtype="<f4").reshape(2, 3),
    "positions": np.arange(4, dtype="<i8")[None],
    "half": np.array([0.5, -2], dtype="<f2"),
    "one": np.array(7, dtype="<f8"),
    "none": np.zeros((0, 3), dtype="<f4"),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def opened(path: Path, raw: bytes) -> dict[str, NDArray[Any]]:
    path.write_bytes(raw)
    return dict(open_safetensors(path))


def refused(path: Path, raw: bytes) -> str:
    with pytest.raises(ModelError) as caught:
        opened(path, raw)
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value.message


def test_arrays_come_back_as_they_were_written(path: Path) -> None:
    found = opened(path, safetensors(ARRAYS, __metadata__={"format": "pt"}))
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_an_array_is_a_view_of_the_file_and_cannot_be_written_to(path: Path) -> None:
    text = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})
    raw = with_header(text.ljust(64).encode(), np.ones(2, "<f4").tobytes())
    array = opened(path, raw)["a"]
    assert not array.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        array += 1


def test_an_array_at_an_odd_place_is_copied_to_an_even_one(path: Path) -> None:
    text = json.dumps({"a": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}})
    for spaces in range(8):
        raw = with_header((text + " " * spaces).encode(), np.array([1.5, 2.5]).tobytes())
        array = opened(path, raw)["a"]
        assert array.flags.aligned
        assert array.tolist() == [1.5, 2.5]


def test_bf16_is_the_upper_half_of_a_float32(path: Path) -> None:
    halves = np.array([0x3F80, 0xC000, 0x0001], "<u2")
    text = {"dtype": "BF16", "shape": [3], "data_offsets": [0, 6]}
    array = opened(path, with_header(json.dumps({"a": text}).encode(), halves.tobytes()))["a"]
    assert array.dtype == np.float32
    assert array.tolist() == [1.0, -2.0, 2.0**-133]


def test_a_missing_name_is_a_missing_key_and_a_mistake_in_words(path: Path) -> None:
    path.write_bytes(safetensors(ARRAYS))
    tensors = open_safetensors(path)
    assert "weights" in tensors
    assert "weight" not in tensors
    assert len(tensors) == len(ARRAYS)
    with pytest.raises(ModelError, match="has no tensor 'weight'"):
        tensors["weight"]


A = ARRAYS["weights"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"dtype": "F8", "shape": [2, 3], "data_offsets": [0, 24]}, "unknown type 'F8'"),
        ({"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 24]}, "24 bytes instead of 32"),
        ({"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 24]}, "24 bytes instead of 12"),
        ({"dtype": "F32", "shape": [6], "data_offsets": [1, 25]}, "begins at 1 instead of 0"),
        ({"dtype": "F32", "shape": [5], "data_offsets": [0, 20]}, "need 20 bytes, it has 24"),
        ({"dtype": "F32", "shape": [7], "data_offsets": [0, 28]}, "need 28 bytes, it has 24"),
        ({"dtype": "F32", "shape": [6], "data_offsets": [24, 0]}, "-24 bytes instead of 24"),
        ({"dtype": "F32", "shape": [6], "data_offsets": [-24, 0]}, ">= 0"),
        ({"dtype": "F32", "shape": [-6], "data_offsets": [0, 24]}, ">= 0"),
        ({"dtype": "F32", "shape": [6.0], "data_offsets": [0, 24]}, "Expected `int`"),
        ({"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}, "Expected `int`"),
        ({"dtype": "F32", "shape": [6], "data_offsets": [0, 24, 24]}, "length 2"),
        ({"dtype": "F32", "shape": [1] * 9, "data_offsets": [0, 4]}, "length <= 8"),
        ({"dtype": "F32", "shape": [6]}, "missing required field"),
        ({"dtype": "F32", "shape": [6], "data_offsets": [0, 24], "x": 1}, "unknown field"),
        ({"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 24]}, "cannot be"),
        ({"dtype": "F32", "shape": [0, 2**62], "data_offsets": [0, 0]}, "cannot be"),
        ([], "Expected `object`"),
    ],
)
def test_what_is_said_of_a_tensor_must_be_so(path: Path, said: Any, expected: str) -> None:
    assert expected in refused(path, safetensors({"a": A}, a=said))


def test_no_byte_belongs_to_two_tensors_or_to_none(path: Path) -> None:
    one = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    assert "begins at 0 instead of 4" in refused(path, safetensors({"a": A[0, :1]}, b=one))
    later = {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}
    header = json.dumps({"a": one, "b": later}).encode()
    assert "begins at 8 instead of 4" in refused(path, with_header(header, bytes(12)))


def test_a_name_is_there_once(path: Path) -> None:
    one = b'"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}'
    other = b'"a": {"dtype": "I32", "shape": [1], "data_offsets": [0, 4]}'
    message = refused(path, with_header(b"{%b, %b}" % (one, other), bytes(4)))
    assert "a name is twice" in message
    twice = one.replace(b'"shape"', b'"dtype": "F32", "shape"')
    assert "a name is twice" in refused(path, with_header(b"{%b}" % twice, bytes(4)))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"", "no JSON object"),
        (b" {}", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"{", "Expecting property name"),
        (b"{}{}", "Extra data"),
        (b'{"a": \xff}', "can't decode byte 0xff"),
        (b'{"__metadata__": {"a": 1}}', "Expected `str`"),
        (b'{"a": ' * 100_000, "recursion"),
        (b'{"a": ' + b"[" * 100_000, "recursion"),
        (b'{"a": 1%b}' % (b"0" * 5000), "4300 digits"),
        (b'{"a": {"dtype": "F32", "shape": [NaN], "data_offsets": [0, 4]}}', "Expected `int`"),
    ],
)
def test_the_header_is_a_json_object_of_objects(path: Path, header: bytes, expected: str) -> None:
    assert expected in refused(path, with_header(header))


@pytest.mark.parametrize("length", [3, 2**31, 2**63, 2**64 - 1])
def test_the_header_ends_before_the_file_does(path: Path, length: int) -> None:
    raw = length.to_bytes(8, "little") + b"{}"
    assert f"a header of {length} bytes in a file of 10" in refused(path, raw)


def test_a_header_is_at_most_ten_million_bytes_long(path: Path) -> None:
    assert opened(path, with_header(b"{}" + b" " * 9_999_998)) == {}
    assert "a header of 10000001 bytes" in refused(path, with_header(b"{}" + b" " * 9_999_999))


def test_every_beginning_of_a_file_is_refused(path: Path) -> None:
    raw = safetensors(ARRAYS)
    for end in range(len(raw)):
        refused(path, raw[:end])
    assert "bytes, it has" in refused(path, raw + b"\0")


def test_what_is_no_file_is_refused_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, expected in {"fifo": "no file", "": "no file", "x": "No such file"}.items():
        with pytest.raises(ModelError, match=expected):
            open_safetensors(tmp_path / name)
