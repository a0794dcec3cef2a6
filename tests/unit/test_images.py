"""The size of an image, told by the first bytes of its file."""

from __future__ import annotations

import struct
from pathlib import Path
from time import process_time

import pytest

from sitegen.images import image_size


def size_of(tmp_path: Path, content: bytes) -> tuple[int, int] | None:
    file = tmp_path / "image"
    file.write_bytes(content)
    return image_size(str(file))


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\2\0\0\0"


def segment(code: int, content: bytes) -> bytes:
    return bytes([0xFF, code]) + struct.pack(">H", len(content) + 2) + content


def frame(width: int, height: int, code: int = 0xC0) -> bytes:
    return segment(code, struct.pack(">BHHB", 8, height, width, 3) + bytes(9))


def exif(orientation: int, order: str = ">") -> bytes:
    mark = b"MM\0*" if order == ">" else b"II*\0"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    other = struct.pack(order + "HHII", 0x010F, 2, 4, 0)
    tiff = mark + struct.pack(order + "IH", 8, 2) + other + entry
    return segment(0xE1, b"Exif\0\0" + tiff)


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def avif(*properties: bytes) -> bytes:
    meta = box(b"hdlr", bytes(24)) + box(b"iprp", box(b"ipco", b"".join(properties)))
    return box(b"ftyp", b"avif" + bytes(8)) + box(b"meta", bytes(4) + meta)


def ispe(width: int, height: int) -> bytes:
    return box(b"ispe", struct.pack(">III", 0, width, height))


@pytest.mark.parametrize(("orientation", "size"), [(6, (20, 30)), (3, (30, 20))])
def test_a_png_is_turned_as_browsers_turn_it(
    tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    tiff = exif(orientation)[10:]
    before = struct.pack(">I4s", 3, b"gAMA") + bytes(7)
    chunk = before + struct.pack(">I4s", len(tiff), b"eXIf") + tiff + bytes(4)
    whole = png(30, 20) + bytes(4) + chunk + struct.pack(">I4s", 0, b"IDAT")
    assert size_of(tmp_path, whole) == size
    assert size_of(tmp_path, png(30, 20) + bytes(4) + before) == (30, 20)


@pytest.mark.parametrize(
    "content",
    [
        png(30, 20),
        b"GIF89a" + struct.pack("<HH", 30, 20) + b"\0\0\0",
        b"GIF87a" + struct.pack("<HH", 30, 20) + b"\0\0\0",
        b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 30, 20),
        b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0/" + struct.pack("<I", 29 | 19 << 14),
        b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0" + b"\x1d\0\0\x13\0\0",
        b"\xff\xd8" + segment(0xE0, b"JFIF\0") + frame(30, 20),
        b"\xff\xd8" + frame(30, 20, 0xC2),
        b"\xff\xd8" + segment(0xE2, bytes(65000)) * 8 + b"\xff\xff" + frame(30, 20),
        avif(ispe(30, 20)),
        avif(box(b"pixi", bytes(4)), ispe(8, 8), ispe(30, 20)),
    ],
)
def test_every_format_tells_its_size(tmp_path: Path, content: bytes) -> None:
    assert size_of(tmp_path, content) == (30, 20)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (30, 20)), (3, (30, 20)), (6, (20, 30)), (8, (20, 30))]
)
def test_a_photo_on_its_side_has_the_size_at_which_a_browser_shows_it(
    tmp_path: Path, orientation: int, size: tuple[int, int], order: str
) -> None:
    content = b"\xff\xd8" + exif(orientation, order) + segment(0xE1, b"http://x") + frame(30, 20)
    assert size_of(tmp_path, content) == size


def test_a_picture_turned_in_its_container_is_turned(tmp_path: Path) -> None:
    assert size_of(tmp_path, avif(ispe(30, 20), box(b"irot", b"\1"))) == (20, 30)
    assert size_of(tmp_path, avif(ispe(30, 20), box(b"irot", b"\2"))) == (30, 20)


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="30" height="20"', (30, 20)),
        ("width='30px' height='20.4px'", (30, 20)),
        ('width="1in" height="2.54cm"', (96, 96)),
        ('viewBox="0 0 30 20"', (30, 20)),
        ('viewBox="0,0,30,20" width="100%" height="100%"', (30, 20)),
        ('width="60" viewBox="0 0 30 20"', (60, 40)),
        ('height="40" viewBox="0 0 30 20"', (60, 40)),
        ('data-width="9" stroke-width="9" viewBox="0 0 30 20"', (30, 20)),
        ('aria-label="a > b" width="30" height="20"', (30, 20)),
        ("", None),
        ('width="30"', None),
        ('viewBox="0 0 0 20"', None),
        ('viewBox="0 0 nan 20"', None),
        ('viewBox="0 0 1e999 20"', None),
        ('width="-3" height="20"', None),
    ],
)
def test_a_drawing_tells_its_size_by_its_attributes(
    tmp_path: Path, attributes: str, size: tuple[int, int] | None
) -> None:
    before = '<?xml version="1.0"?><!-- <svg width="1" height="1"> --><!DOCTYPE svg>\n'
    drawing = f'{before}<svg xmlns="http://www.w3.org/2000/svg" {attributes}><svg width="5"/></svg>'
    assert size_of(tmp_path, drawing.encode()) == size


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        png(0, 20),
        png(1 << 31, 20),
        b"GIF89a\1",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"RIFF\0\0\0\0WEBPVP8X",
        b"\xff\xd8",
        b"\xff\xd8\xff\xe0\0\0" + frame(30, 20),
        b"\xff\xd8" + segment(0xDA, b"") + frame(30, 20),
        b"\xff\xd8" + segment(0xE0, b"") * 2000 + frame(30, 20),
        b"\xff\xd8\xff\xe0",
        avif(),
        box(b"ftyp", b"avif"),
        b"\0\0\0\x08ftyp\0\0\0\0meta",
        b"plain text",
        b"<html></html>",
    ],
)
def test_what_is_no_image_or_damaged_has_no_size(tmp_path: Path, content: bytes) -> None:
    assert size_of(tmp_path, content) is None


def test_a_file_that_is_not_there_has_no_size(tmp_path: Path) -> None:
    assert image_size(str(tmp_path / "gone.png")) is None
    assert image_size(str(tmp_path)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"<svg " * 100_000,
        b"<!--" * 100_000,
        b'<svg a="' + b"' " * 200_000,
        b"<svg width=" + b" " * 400_000,
        b"<" + b"a:" * 200_000,
        b"\0\0\0\x10ftypavif" + b"\0\0\0\x08free" * 100_000,
        b"\xff\xd8" + b"\xff" * 1_000_000,
    ],
)
def test_no_file_is_looked_at_for_long(tmp_path: Path, content: bytes) -> None:
    started = process_time()
    assert size_of(tmp_path, content) is None
    assert process_time() - started < 2
